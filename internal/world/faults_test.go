package world

import (
	"fmt"
	"testing"
	"time"
)

// An oracle that finds nothing proves nothing. Each of these faults is put into
// every process in turn, outside the library, and must be found: within so many
// seeds, in a seed that shows nothing without it.
func TestFaultsAreFound(t *testing.T) {
	most := Seed(*faults)
	if most == 0 {
		t.Skip("it takes a minute: give -world.faults, the number of seeds to look at")
	}
	for _, fault := range Sabotages {
		t.Run(fault, func(t *testing.T) {
			begin := time.Now()
			for seed := Seed(*from); seed < Seed(*from)+most; seed++ {
				d := drawDeployment(seed)
				h := draw(seed, d)
				var with, without Result
				t.Run(fmt.Sprint(uint64(seed)), func(t *testing.T) { with = Run(t, seed, d, h, fault) })
				if len(with.Violations) == 0 {
					continue
				}
				t.Run(fmt.Sprint(uint64(seed), " without"), func(t *testing.T) { without = Run(t, seed, d, h, "") })
				if len(without.Violations) == 0 {
					t.Logf("found by seed %d in %v: %v", seed, time.Since(begin).Round(time.Millisecond), with.Violations[0])
					return
				}
			}
			t.Errorf("no seed of %d finds it", most)
		})
	}
}
