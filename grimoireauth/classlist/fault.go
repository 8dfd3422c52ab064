package classlist

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// ErrTooManyRemoved: the list would remove a larger share of the class than
// [Config.MostRemoved] allows. Look at the file: is it whole? A list that would
// take the last instructor away is [grimoireauth.ErrLastInstructor].
var ErrTooManyRemoved = errors.New("the list would remove more people than it may")

// Fault is one reason for refusing a list.
type Fault struct {
	Line    int    // the line of the file, from 1; 0 if it is about the list as a whole
	Problem string // a sentence for whoever made the file
	Kind    error  // ErrTooManyRemoved, grimoireauth.ErrLastInstructor or nil
}

// String returns "line 7: …", or the problem alone.
func (f Fault) String() string {
	if f.Line == 0 {
		return f.Problem
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Problem)
}

// Faults is the error of a list that is refused as a whole: all its faults, in
// the order of the file. It matches [grimoireauth.ErrInvalid]. It names lines and
// columns, and quotes headers and spellings of roles; show it to the person who
// made the file.
type Faults []Fault

// Error returns all faults, one on each line.
func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "classlist: the list is refused, %d faults", len(f))
	if len(f) == 1 {
		b.Reset()
		b.WriteString("classlist: the list is refused")
	}
	for _, fault := range f {
		b.WriteString("\n" + fault.String())
	}
	return b.String()
}

// Unwrap returns ErrInvalid and the kinds of the faults.
func (f Faults) Unwrap() []error {
	errs := []error{grimoireauth.ErrInvalid}
	for _, fault := range f {
		if fault.Kind != nil {
			errs = append(errs, fault.Kind)
		}
	}
	return errs
}

// orNil returns the faults in the order of the file, or nil if there are none: a
// Faults of length zero in an error would not be nil.
func (f Faults) orNil() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return f
}
