package signin

import (
	"errors"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// applicationError is an error that a function of the application returned. Its text
// is the application's own, so the log gets it whole; a page never does.
//
// A refusal is final, as the application says. Every other error is temporary,
// whatever it wraps: it says nothing about the person or their link, so the same can
// be tried again.
type applicationError struct {
	function string // its name in Config
	err      error
}

func (e *applicationError) Error() string { return e.function + ": " + e.err.Error() }

// refuses reports whether the application refuses the person.
func (e *applicationError) refuses() bool {
	return errors.Is(e.err, grimoireauth.ErrForbidden) && !unknown(e.err)
}

// Is matches what a refusal is a case of, and ErrUnavailable for all others.
func (e *applicationError) Is(target error) bool {
	if e.refuses() {
		return errors.Is(e.err, target)
	}
	return target == grimoireauth.ErrUnavailable
}
