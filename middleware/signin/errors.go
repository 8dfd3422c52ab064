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

// applicationError is an error from a function of the application. Its text is the
// application's own, so the log contains it whole, and no page shows any of it.
//
// An error that matches ErrForbidden is final. Every other error is temporary, whatever
// it wraps: it says nothing about the person or their link, so the same can be tried
// again.
type applicationError struct {
	function string // its name in Config
	err      error
}

func (e *applicationError) Error() string { return e.function + ": " + e.err.Error() }

// refuses reports whether the application rejects the person.
func (e *applicationError) refuses() bool {
	return errors.Is(e.err, grimoireauth.ErrForbidden) && !isUndecided(e.err)
}

// Is matches what a rejection matches, and ErrUnavailable for all other errors.
func (e *applicationError) Is(target error) bool {
	if e.refuses() {
		return errors.Is(e.err, target)
	}
	return target == grimoireauth.ErrUnavailable
}

// isUndecided reports whether the error leaves open what the answer is. It is checked
// before all other kinds.
func isUndecided(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited)
}

// isTemporary reports whether the same can succeed in a moment. A locked member has an
// answer, and another page.
func isTemporary(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited) && !errors.Is(err, grimoireauth.ErrLocked)
}

// stytchErrorType returns the error_type of Stytch's answer, and false if there was no
// answer, so that the input was rejected here.
func stytchErrorType(err error) (errorType string, yes bool) {
	var explained *grimoireauth.Error
	if !errors.As(err, &explained) || explained.Status == 0 {
		return "", false
	}
	return explained.Type, true
}

// defaultRetry is used if an error does not say when to try again.
const defaultRetry = 5 * time.Second

// retryAfter sets the header Retry-After.
func retryAfter(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", strconv.Itoa(retrySeconds(err)))
}

// retryIn returns how long to wait before the same is tried again.
func retryIn(err error) time.Duration {
	if wait, ok := grimoireauth.RetryAfter(err); ok {
		return wait
	}
	return defaultRetry
}

func retrySeconds(err error) int {
	return int((min(retryIn(err), time.Hour) + time.Second - 1) / time.Second)
}

// untilNext is the end of a sentence: when to try again.
func untilNext(err error) string {
	if seconds := retrySeconds(err); seconds > 1 {
		return strconv.Itoa(seconds) + " seconds."
	}
	return "a second."
}

// inWords returns the duration in words, rounded up.
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

// causeOf returns what errors of one cause have in common: no ids, which differ each
// time.
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

// safeText returns the text of errors that contain no secret and no address, the whole
// text of those of the application, and the type of all others.
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
