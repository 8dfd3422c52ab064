package contract

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/promptgrimoire/auth/internal/wiretap"
)

// Run runs the tests and returns the exit status for os.Exit: not 0 if a test
// failed, or if an exchange differed from the description in a way that the ledger
// does not have. Benchmarks and fuzzing are not watched, since they measure and
// since a fuzzed request is rarely a right one.
func Run(m *testing.M, suite Suite) int {
	if !flag.Parsed() {
		flag.Parse()
	}
	if set("test.bench") || set("test.fuzz") || set("test.list") {
		return m.Run()
	}
	w := NewWatch(suite)
	wiretap.Listen(w.See)
	code := m.Run()
	wiretap.Listen(nil)
	all := code == 0 && !testing.Short() && !set("test.run") && !set("test.skip")
	failures := w.Failures(all)
	for _, f := range failures {
		fmt.Fprintln(os.Stderr, "FAIL: contract:", f)
	}
	if len(failures) > 0 {
		code = max(code, 1)
	}
	fmt.Println(w.Summary())
	return code
}

func set(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != ""
}
