package classlist_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

// crowd is a file of this many students with two groups each.
func crowd(n int) string {
	var b strings.Builder
	b.WriteString("First name,Last name,ID number,Email address,Groups\n")
	for i := range n {
		fmt.Fprintf(&b, "Given%d,Family%d,%08d,s%d@example.edu,\"[Tutorial %d], [Lab %d]\"\n", i, i, i, i, i%40, i%7)
	}
	return b.String()
}

// The largest list is read, planned and applied. The times are logged, and the plan of a
// list of twice the size takes little more than twice the time.
func TestTwentyThousand(t *testing.T) {
	sizes := []int{1_000, 2_000}
	if os.Getenv("GRIMOIRE_LONG") != "" {
		sizes = []int{5_000, 10_000, 20_000}
	}
	for _, n := range sizes {
		text := crowd(n)
		c := newClass(t)
		var before, after runtime.MemStats
		var list classlist.List
		reading, read := time.Hour, uint64(1<<62)
		for range 3 { // what else runs in this process allocates, too
			runtime.ReadMemStats(&before)
			began := time.Now()
			var err error
			list, err = classlist.Read(strings.NewReader(text), classlist.Config{})
			require.NoError(t, err)
			reading = min(reading, time.Since(began))
			runtime.ReadMemStats(&after)
			read = min(read, after.TotalAlloc-before.TotalAlloc)
		}

		plan := c.plan(list, classlist.Config{})
		began := time.Now()
		report, err := plan.Apply(t.Context(), c.client.Roster)
		require.NoError(t, err)
		require.Equal(t, n, report.Count(classlist.Done))
		applying := time.Since(began)

		members := c.members()
		runtime.ReadMemStats(&before)
		began = time.Now()
		again, err := classlist.NewPlan(c.id, list, members, classlist.Config{})
		require.NoError(t, err)
		planning := time.Since(began)
		runtime.ReadMemStats(&after)
		require.Empty(t, again.Changes())
		t.Logf("%d rows, %d kB: read %v (%d kB), planned %v (%d kB), applied %v", n, len(text)>>10, reading, read>>10, planning, (after.TotalAlloc-before.TotalAlloc)>>10, applying)
		require.Less(t, read, uint64(100*len(text)), "memory in proportion to the file")
	}
}
