package world

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	seeds   = flag.Int("world.seeds", 0, "how many seeds to run; 0: those of the suite")
	from    = flag.Uint64("world.from", 1, "the first seed")
	shrink  = flag.Bool("world.shrink", true, "look for the shortest history that fails")
	verbose = flag.Bool("world.diary", false, "print what happened")
	faults  = flag.Int("world.faults", 0, "how many seeds may be needed to find a fault that was put in")
	faulty  = flag.String("world.sabotage", "", "put a fault into every process")
)

// median returns the middle one.
func median(all []int) int {
	slices.Sort(all)
	return all[len(all)/2]
}

// A fixed number of seeds runs with the suite; -world.seeds and -world.from run more.
func TestWorld(t *testing.T) {
	n := *seeds
	if n == 0 {
		n = 24
		if raced {
			n = 5
		}
	}
	events := make(map[string]int)
	var requests, processes, computers, tabs, actors, operated []int
	begin, failed := time.Now(), 0
	for i := range n {
		seed := Seed(*from + uint64(i))
		d := drawDeployment(seed)
		h := draw(seed, d)
		t.Run(fmt.Sprint(uint64(seed)), func(t *testing.T) {
			r := Run(t, seed, d, h, *faulty)
			for e, k := range r.Events {
				events[e] += k
			}
			requests, processes, computers = append(requests, r.Requests), append(processes, d.Processes), append(computers, d.Computers)
			tabs, actors, operated = append(tabs, d.Tabs), append(actors, len(r.Actors)), append(operated, r.Operated)
			if *verbose {
				t.Log("\n" + strings.Join(r.Diary, "\n"))
			}
			if len(r.Violations) > 0 {
				failed++
				report(t, seed, d, h, r)
			}
		})
	}
	if n == 0 || len(requests) == 0 {
		return // -run has selected some of the seeds
	}
	for _, e := range slices.Sorted(maps.Keys(events)) {
		t.Logf("%7d %s", events[e], e)
	}
	t.Logf("%d seeds in %v, %d failed; at the median %d requests, %d processes, %d computers, %d tabs, %d kinds of actors, %d acts of an operator",
		n, time.Since(begin).Round(time.Millisecond), failed, median(requests), median(processes), median(computers), median(tabs), median(actors), median(operated))
	if n < 20 {
		return
	}
	require.Empty(t, missing(events), "never happened: a world in which nothing happens would pass")
	require.GreaterOrEqual(t, median(requests), 200)
	require.GreaterOrEqual(t, median(processes), 2)
	require.GreaterOrEqual(t, median(computers), 2)
	require.GreaterOrEqual(t, median(tabs), 2)
	require.GreaterOrEqual(t, median(actors), 5)
	require.GreaterOrEqual(t, median(operated), 1)
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
