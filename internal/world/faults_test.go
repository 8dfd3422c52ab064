package world

import (
	"fmt"
	"testing"
	"time"
)

// foundBy is a seed that finds each fault, so that the suite need not search. If the
// world changes so that one does not find its fault any more, search for another:
//
//	go test ./internal/world -run TestFaultsAreFound -world.faults=500 -v
var foundBy = map[string]Seed{
	"cookies after sign-out": 11, "no tombstone": 6, "no revocation": 11, "a role kept": 70,
	"short cookies": 1, "no class": 3, "clear on 503": 2, "print tokens": 1,
	"stale answers": 1, "shared answers": 5, "late cookies": 1, "deaf after an outage": 3,
	"one pending sign-in": 1, "any class": 1, "nervous streams": 1, "deaf streams": 0, "revoked when refused": 0,
	"a clock ends sessions": 6, "no look at the clock": 23, "deaf replicas": 2, "trust in silence": 69,
}

// The oracle finds each of the faults: each is put into every process, outside the
// library, and is found by a seed that has no violation without it.
func TestFaultsAreFound(t *testing.T) {
	if raced {
		t.Skip("what is found does not depend on the race detector, and takes five times as long with it")
	}
	for _, fault := range Sabotages {
		t.Run(fault, func(t *testing.T) {
			begin, first, n := time.Now(), foundBy[fault], Seed(8)
			if *faults > 0 {
				first, n = Seed(*from), Seed(*faults)
			}
			for seed := first; seed < first+n; seed++ {
				if with := runs(t, seed, fault); len(with) > 0 && len(runs(t, seed, "")) == 0 {
					t.Logf("%q: found by seed %d in %v: %v", fault, seed, time.Since(begin).Round(time.Millisecond), with[0])
					return
				}
			}
			t.Errorf("not found by %d seeds from %d on", n, first)
		})
	}
}

// runs returns the violations of one run.
func runs(t *testing.T, seed Seed, fault string) (found []violation) {
	t.Helper()
	d := drawDeployment(seed)
	t.Run(fmt.Sprintf("%d%.1s", seed, fault), func(t *testing.T) { found = Run(t, seed, d, draw(seed, d), fault).Violations })
	return found
}
