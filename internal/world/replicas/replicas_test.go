package replicas

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/contract"
)

var (
	seeds = flag.Int("replicas.seeds", 0, "how many seeds to run; 0: those of the suite")
	from  = flag.Uint64("replicas.from", 1, "the first seed")
)

func TestMain(m *testing.M) { os.Exit(contract.Run(m, contract.Other)) }

// A fixed number of seeds runs with the suite; -replicas.seeds and -replicas.from run more.
func TestP02_Schedules(t *testing.T) {
	n := *seeds
	if n == 0 {
		n = 60
	}
	events := make(map[string]int)
	failed := 0
	for i := range n {
		s := Draw(*from + uint64(i))
		t.Run(fmt.Sprint(s.Seed), func(t *testing.T) {
			r := Run(t, s)
			for e, k := range r.Events {
				events[e] += k
			}
			if len(r.Violations) > 0 {
				failed++
				for _, v := range r.Violations[:min(5, len(r.Violations))] {
					t.Error(v)
				}
				t.Logf("%v\nto replay: go test ./internal/world/replicas -replicas.from=%d -replicas.seeds=1 -v", s, s.Seed)
			}
		})
	}
	for _, e := range slices.Sorted(maps.Keys(events)) {
		t.Logf("%7d %s", events[e], e)
	}
	t.Logf("%d seeds, %d failed", n, failed)
	if n < 50 {
		return
	}
	for _, a := range acts {
		require.NotZero(t, events[a.name], a.name)
	}
	for _, e := range []string{"served", "refused", "unavailable", "grimoireauth.SilenceBegan", "grimoireauth.SilenceEnded", "grimoireauth.RevocationsLost"} {
		require.NotZero(t, events[e], e)
	}
}
