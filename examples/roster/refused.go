package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// refused says why nothing was changed, with the line and the fault of every row
// that is wrong: whoever made the file mends all of them at once.
func refused(name string, err error) error {
	var faults classlist.Faults
	if !errors.As(err, &faults) {
		return fmt.Errorf("%s: nothing was changed: %w", name, err)
	}
	return &refusedError{name, faults}
}

// refusedError prints Faults for a terminal.
type refusedError struct {
	name   string
	faults classlist.Faults
}

// Error has one fault on each line.
func (e *refusedError) Error() string {
	var b strings.Builder
	printWrapped(&b, e.name+" is refused, and nothing was changed:", "", "  ")
	for _, fault := range e.faults {
		printWrapped(&b, printable(fault.String()), "  ", "    ")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Unwrap returns the faults.
func (e *refusedError) Unwrap() error { return e.faults }

// partlyError is an import that ended before everything was done.
type partlyError struct {
	report  classlist.Report
	err     error
	stopped bool // by whoever started it
}

// Error says what is done, what failed and why, and what to do. Rows that were not
// tried are only counted: the next run lists them.
func (e *partlyError) Error() string {
	var b strings.Builder
	done := e.report.Count(classlist.Done) + e.report.Count(classlist.AlreadySo)
	fmt.Fprintf(&b, "%d of %d changes are made", done, len(e.report.Outcomes))
	for _, outcome := range e.report.Outcomes {
		if outcome.Result == classlist.Failed {
			fmt.Fprintf(&b, "\n  %v: %v", outcome.Step, outcome.Err)
		}
	}
	switch {
	case e.stopped:
		b.WriteString("\nThe import was interrupted.")
	case e.report.Count(classlist.Failed) == 0:
		fmt.Fprintf(&b, ": %v", e.err)
	}
	b.WriteString("\nRun the same command again: who is there already stays as they are, and the rest is done.")
	return b.String()
}

// Unwrap returns what stood in the way.
func (e *partlyError) Unwrap() error { return e.err }
