//go:build unix

package classlist_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// cost returns the processor time of reading a text, the least of three tries.
func cost(text string) time.Duration {
	best := time.Duration(1 << 62)
	for range 3 {
		began := processorTime()
		_, _ = classlist.Read(strings.NewReader(text), anyRole)
		best = min(best, processorTime()-began)
	}
	return best
}

// processorTime returns the processor time that this process has used.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// The time to read a file grows in proportion to its size, also for files that are made
// to be slow: a file of four times the size takes at most ten times as long, where
// quadratic growth would be sixteen times. It is measured as processor time, to which a
// busy machine adds little.
func TestReadTakesNoLongerThanTheFile(t *testing.T) {
	header := "Email,Name,ID number,Role,Groups,Status\n"
	for name, make := range map[string]func(n int) string{
		"quotes":           func(n int) string { return header + strings.Repeat(`"",`, n) },
		"text formulas":    func(n int) string { return header + strings.Repeat(`="",=""x,`, n) },
		"one open quote":   func(n int) string { return header + `="` + strings.Repeat(`""x,=""y,`, n) },
		"separators":       func(n int) string { return strings.Repeat(",", n) + header },
		"blank lines":      func(n int) string { return strings.Repeat("\n", n) + header },
		"sep lines":        func(n int) string { return strings.Repeat("sep=;\n", n) + header },
		"a wide header":    func(n int) string { return strings.Repeat("Email,", n) + "\na@b.cd\n" },
		"one person":       func(n int) string { return header + strings.Repeat("a@b.cd,A,1,,G,\n", n/8) },
		"many groups":      func(n int) string { return header + "a@b.cd,A,1,,\"" + strings.Repeat("G,", n) + "\"\n" },
		"many roles":       func(n int) string { return header + "a@b.cd,A,1,\"" + strings.Repeat("student,", n) + "\"\n" },
		"sections":         func(n int) string { return sections(n / 4) },
		"nested sections":  func(n int) string { return nested(n) },
		"different groups": func(n int) string { return differentGroups(n) },
		"faults":           func(n int) string { return header + strings.Repeat("x,A,1 2,wizard,[,asleep\n", n/8) },
		"different faults": func(n int) string {
			var b strings.Builder
			b.WriteString(header)
			for i := range n / 8 {
				fmt.Fprintf(&b, "x%d,A,1 2,wizard%d,[,asleep%d\n", i, i, i)
			}
			return b.String()
		},
	} {
		t.Run(name, func(t *testing.T) {
			small, large := cost(make(20_000)), cost(make(80_000))
			if large > 200*time.Millisecond && large > 10*small {
				t.Errorf("four times the file costs %v instead of %v", large, small)
			}
			t.Logf("%v, four times the file %v", small, large)
		})
	}
}
