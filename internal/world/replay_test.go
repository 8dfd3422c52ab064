package world

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A run can be replayed. With one processor it is a function of its seed, except for the
// order of events within one instant; with more, goroutines that an event wakes together
// run in either order, which the oracle allows and this test does not.
func TestReplay(t *testing.T) {
	switch {
	case raced:
		t.Skip("the race detector runs goroutines in an order of its own")
	case runtime.GOMAXPROCS(0) != 1:
		t.Skip("replaying is promised with -cpu 1")
	}
	for i := range 50 {
		seed := Seed(*from + 1000 + uint64(i))
		d := drawDeployment(seed)
		h := draw(seed, d)
		var runs [2]Result
		for n := range runs {
			t.Run(fmt.Sprint(uint64(seed), " ", n), func(t *testing.T) { runs[n] = Run(t, seed, d, h, *faulty) })
		}
		// What one event causes at one instant, such as the ends of several streams, is in
		// the order in which the scheduler runs the goroutines, which depends on the load of
		// the machine. A line of the diary begins with its instant.
		require.Equal(t, slices.Sorted(slices.Values(runs[0].Diary)), slices.Sorted(slices.Values(runs[1].Diary)), "seed %d", seed)
		require.Equal(t, runs[0].Violations, runs[1].Violations, "seed %d", seed)
	}
}
