package alarm

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Limit
		require.Equal(t, 1, l.Met("a"))
		require.Equal(t, 1, l.Met("b"))
		for range 250 {
			require.Zero(t, l.Met("a"))
			time.Sleep(80 * time.Millisecond)
		}
		time.Sleep(Every)
		require.Equal(t, 251, l.Met("a"))
		require.Zero(t, l.Met("a"))

		_, largest := l.Measured("c", -time.Second)
		require.Equal(t, -time.Second, largest)
		for _, size := range []time.Duration{2, -7, 3} {
			l.Measured("c", size*time.Second)
		}
		time.Sleep(Every)
		count, largest := l.Measured("c", time.Second)
		require.Equal(t, 4, count)
		require.Equal(t, -7*time.Second, largest)

		passed := 0
		for n := range 10 * maxProblems {
			passed += l.Met(fmt.Sprint("invented ", n))
		}
		require.LessOrEqual(t, passed, maxProblems)
		require.LessOrEqual(t, len(l.problems), maxProblems+1)
	})
}
