package classlist

import (
	"fmt"
	"log/slog"
	"strings"
)

// Result is how a step ended. The zero Result is NotTried.
type Result uint8

// The results of a step.
const (
	NotTried  Result = iota // the import ended before it
	Done                    // changed, and Stytch said so
	AlreadySo               // an earlier run, or another program, had done it
	Failed                  // see the error
)

// String returns the result in words.
func (r Result) String() string {
	switch r {
	case NotTried:
		return "not tried"
	case Done:
		return "done"
	case AlreadySo:
		return "already so"
	case Failed:
		return "failed"
	}
	return fmt.Sprintf("result(%d)", uint8(r))
}

// Outcome is what became of one step.
type Outcome struct {
	Step     Step
	Result   Result
	Attempts int   // how often Stytch was asked to do it
	Err      error // why it failed; nil otherwise
}

// Report tells what became of every change of a plan, in the plan's order.
type Report struct{ Outcomes []Outcome }

// Count returns how many steps ended like this.
func (r Report) Count(result Result) int {
	n := 0
	for _, outcome := range r.Outcomes {
		if outcome.Result == result {
			n++
		}
	}
	return n
}

// String returns the counts, and a line for each step that failed or was not
// tried. It names people, so it is not for logs; a logger gets the counts.
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(r.counts() + "\n")
	for _, outcome := range r.Outcomes {
		switch outcome.Result {
		case Failed:
			fmt.Fprintf(&b, "failed: %v: %v\n", outcome.Step, outcome.Err)
		case NotTried:
			fmt.Fprintf(&b, "not tried: %v\n", outcome.Step)
		}
	}
	return b.String()
}

func (r Report) counts() string {
	parts := make([]string, 0, 4)
	for _, result := range []Result{Done, AlreadySo, Failed, NotTried} {
		parts = append(parts, fmt.Sprintf("%v %d", result, r.Count(result)))
	}
	return strings.Join(parts, ", ")
}

// LogValue shows the counts. It implements [slog.LogValuer].
func (r Report) LogValue() slog.Value { return slog.StringValue(r.counts()) }

// Progress tells how far an import is.
type Progress struct {
	Done    int // changes that are finished, also those that failed
	Failed  int // of them
	Total   int // changes of the plan
	Outcome Outcome
}
