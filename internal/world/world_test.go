package world

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	seeds   = flag.Int("world.seeds", 0, "how many seeds to run; 0: those of the suite")
	from    = flag.Uint64("world.from", 1, "the first seed")
	shrink  = flag.Bool("world.shrink", true, "look for the shortest history that fails")
	verbose = flag.Bool("world.diary", false, "print what happened")
	faults  = flag.Int("world.faults", 0, "how many seeds may be needed to find a fault that was put in")
	faulty  = flag.String("world.sabotage", "", "put a fault into every process")
)

// unkept are the promises that are not kept yet: what breaks them is logged.
var unkept = []string{"tabs"}

// counting returns the violations that count.
func counting(all []violation) []violation {
	return slices.DeleteFunc(slices.Clone(all), func(v violation) bool { return slices.Contains(unkept, v.Promise) })
}

func TestWorld(t *testing.T) {
	n := *seeds
	if n == 0 {
		n = 20
	}
	events := make(map[string]int)
	kinds := make(map[string]int)
	var requests []int
	begin := time.Now()
	failed := 0
	for i := range n {
		seed := Seed(*from + uint64(i))
		d := drawDeployment(seed)
		h := draw(seed, d)
		t.Run(fmt.Sprint(uint64(seed)), func(t *testing.T) {
			r := Run(t, seed, d, h, *faulty)
			for e, k := range r.Events {
				events[e] += k
			}
			for a := range r.Actors {
				kinds[a]++
			}
			requests = append(requests, r.Requests)
			if *verbose {
				t.Log("\n" + strings.Join(r.Diary, "\n"))
			}
			if len(r.Violations) > 0 && len(counting(r.Violations)) == 0 {
				t.Log(r.Violations[0])
			} else if len(r.Violations) > 0 {
				failed++
				report(t, seed, d, h, r)
			}
		})
	}
	slices.Sort(requests)
	t.Logf("%d seeds in %v, %d failed; requests at the median: %d; actors: %v", n, time.Since(begin).Round(time.Millisecond), failed, requests[len(requests)/2], kinds)
	for _, e := range slices.Sorted(maps.Keys(events)) {
		t.Logf("%6d %s", events[e], e)
	}
	if absent := missing(events); len(absent) > 0 {
		t.Log("did not happen:", absent)
	}
}

func report(t *testing.T, seed Seed, d Deployment, h History, r Result) {
	t.Helper()
	promise := r.Violations[0].Promise
	t.Errorf("seed %d: %v: %d violations", seed, d, len(r.Violations))
	for _, v := range r.Violations[:min(len(r.Violations), 4)] {
		t.Log(v)
	}
	if *shrink {
		n := 0
		h = Shrink(h, func(h History) bool {
			n++
			ok := true
			t.Run(fmt.Sprint("shorter", n), func(t *testing.T) {
				ok = len(h) > 0 && slices.ContainsFunc(Run(t, seed, d, h, *faulty).Violations, func(v violation) bool { return v.Promise == promise })
			})
			return ok
		}, 200)
		t.Logf("the shortest history found that breaks %q has %d steps:\n%s", promise, len(h), h)
	}
	t.Logf("to replay: go test ./internal/world -cpu 1 -run TestWorld -world.from=%d -world.seeds=1 -v", seed)
}
