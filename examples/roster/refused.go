package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// refused returns the error of a rejected list, with the line and the fault of every bad
// row, so that the person who made the file can correct all of them at once.
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

// partlyError is the error of an incomplete import.
type partlyError struct {
	report  classlist.Report
	err     error
	stopped bool // by Ctrl-C
}

// Error has the number of changes that are made, the rows that failed with their errors,
// and advice. It does not list the rows that were not tried, since the next run does.
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

// Unwrap returns the error of the import.
func (e *partlyError) Unwrap() error { return e.err }
