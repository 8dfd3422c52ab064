package signin

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
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
	return errors.Is(e.err, grimoireauth.ErrForbidden) && !isUndecided(e.err)
}

// Is matches what a refusal is a case of, and ErrUnavailable for all others.
func (e *applicationError) Is(target error) bool {
	if e.refuses() {
		return errors.Is(e.err, target)
	}
	return target == grimoireauth.ErrUnavailable
}

// unknown reports that nobody could find out, which is asked before all else.
func isUndecided(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited)
}

// outage reports that the same may go well in a moment. Somebody who is locked out
// has an answer, and a different one.
func isTemporary(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited) && !errors.Is(err, grimoireauth.ErrLocked)
}

// answered returns the error_type of Stytch's answer, and whether there is one:
// otherwise the input was refused here.
func stytchErrorType(err error) (errorType string, yes bool) {
	var explained *grimoireauth.Error
	if !errors.As(err, &explained) || explained.Status == 0 {
		return "", false
	}
	return explained.Type, true
}

// defaultRetry is when to come back if no error says it.
const defaultRetry = 5 * time.Second

// retryAfter says when to come back.
func retryAfter(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", strconv.Itoa(retrySeconds(err)))
}

func retrySeconds(err error) int {
	wait, ok := grimoireauth.RetryAfter(err)
	if !ok {
		wait = defaultRetry
	}
	return int((min(wait, time.Hour) + time.Second - 1) / time.Second)
}

// untilNext ends a sentence with when to try again.
func untilNext(err error) string {
	if seconds := retrySeconds(err); seconds > 1 {
		return strconv.Itoa(seconds) + " seconds."
	}
	return "a second."
}

// inWords returns a time that is not shorter than wait.
func inWords(wait time.Duration) string {
	seconds := int((wait + time.Second - 1) / time.Second)
	switch minutes := (seconds + 59) / 60; {
	case seconds <= 1:
		return "a second"
	case seconds <= 90:
		return strconv.Itoa(seconds) + " seconds"
	default:
		return strconv.Itoa(minutes) + " minutes"
	}
}

// causeOf is what errors of one cause have in common; ids that differ each time are not.
func causeOf(err error) string {
	var own *applicationError
	if errors.As(err, &own) {
		return own.function
	}
	var explained *grimoireauth.Error
	if errors.As(err, &explained) {
		return fmt.Sprint(explained.Kind, explained.Status, explained.Type)
	}
	return fmt.Sprintf("%T", err)
}

// safeText is the text of the errors that promise to hold no secret and no
// address, the whole text of those that the application returned, and the type of
// all others.
func safeText(err error) string {
	var own *applicationError
	if errors.As(err, &own) {
		return own.Error()
	}
	var explained *grimoireauth.Error
	if errors.As(err, &explained) {
		return explained.Error()
	}
	if errors.Is(err, middleware.ErrMisconfigured) {
		return err.Error()
	}
	return fmt.Sprintf("%T", err)
}
