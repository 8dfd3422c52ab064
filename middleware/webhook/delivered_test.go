package webhook

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// However many genuine messages there are, the memory is bounded, it refuses none, and the
// latest are known.
func TestP08_TheMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d delivered
		handle := func(id string) claim {
			c := d.begin(id)
			if c == claimed {
				d.finish(id, true)
			}
			return c
		}
		for i := range 3*maxDelivered + 5 {
			require.Equal(t, claimed, handle(strconv.Itoa(i)))
			require.LessOrEqual(t, len(d.newer)+len(d.older), 2*maxDelivered)
		}
		require.Equal(t, claimedPast, handle(strconv.Itoa(3*maxDelivered)))
		require.Equal(t, claimedPast, handle(strconv.Itoa(2*maxDelivered)))
		require.Empty(t, d.pending)

		// A message is known for as long as its signature can be accepted, and no longer
		// than it has to.
		for range 20 {
			require.Equal(t, claimed, handle("first "+time.Now().String()))
			time.Sleep(generation / 3)
		}
		require.LessOrEqual(t, len(d.newer)+len(d.older), 8)
		for i := range 20 {
			id := "message " + strconv.Itoa(i)
			require.Equal(t, claimed, handle(id))
			time.Sleep(generation - time.Second)
			require.Equal(t, claimedPast, handle(id))
		}

		// An attempt that comes when the message is about to be forgotten has a signature of
		// its own, which can be copied as well.
		require.Equal(t, claimed, handle("again"))
		for i := range 5 {
			time.Sleep(generation + time.Second)
			require.Equal(t, claimed, handle("another "+strconv.Itoa(i)))
			require.Equal(t, claimedPast, handle("again"))
		}
	})
}
