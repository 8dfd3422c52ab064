package stytchhttp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/quiet"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"
)

// Explain explains an error of the SDK. Whatever is not a clear answer of Stytch
// is ErrUnavailable: it says nothing about the user.
func Explain(op string, err error, got *Answer) *grimoireauth.Error {
	failed := &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: err, Unanswered: got.unanswered, Outage: got.outage}
	var fromStytch stytcherror.Error // the SDK returns it by value
	var broken *notStytch
	var refused *overShare
	switch {
	case errors.As(err, &refused):
		failed.Kind, failed.RetryAfter, failed.Err = grimoireauth.ErrOverShare, refused.wait, refused
	case errors.As(err, &fromStytch):
		failed.Status = fromStytch.StatusCode
		failed.Type = string(fromStytch.ErrorType)
		failed.RequestID = fromStytch.RequestID
		failed.RetryAfter = got.RetryAfter
		failed.Kind = kindOf(failed.Status, failed.Type)
		failed.Err = Refusal(err, fromStytch)
	case errors.As(err, &broken):
		failed.Status, failed.RetryAfter = broken.status, broken.RetryAfter
		if broken.status == http.StatusTooManyRequests {
			failed.Kind = grimoireauth.ErrRateLimited
		}
	}
	if got.outage != nil {
		failed.RetryAfter = max(failed.RetryAfter, got.outage.RetryAfter)
	}
	return failed
}

// Refusal is the cause of an Error: Stytch's refusal, without its prose, which may
// quote the input.
func Refusal(err error, refusal stytcherror.Error) error {
	return quiet.Wrap(err, fmt.Sprintf("Stytch answered %d %.100q", refusal.StatusCode, refusal.ErrorType))
}

// incompleteAnswer is our own word, in the place of an error_type, for an answer
// that lacks something.
const incompleteAnswer = "incomplete_answer"

// Incomplete is the error for an answer that lacks what it must have, or that is
// about another member than was asked for. Nothing may be concluded from it.
func Incomplete(op, requestID, what string) error {
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Status: http.StatusOK, Type: incompleteAnswer, RequestID: requestID, Detail: "Stytch's answer " + what}
}

// kindOf maps Stytch's answer to a sentinel: by its error_type where we know it,
// by the class of its status otherwise.
// Source: https://stytch.com/docs/b2b/api/errors
func kindOf(status int, errorType string) error {
	if kind, ok := kinds[errorType]; ok {
		return kind
	}
	switch {
	case projectFaults[errorType]:
		return grimoireauth.ErrUnavailable
	case strings.HasPrefix(errorType, "organization_search_"), strings.HasPrefix(errorType, "member_search_"):
		return grimoireauth.ErrInvalid // one type for every filter and every way to write it wrongly
	case status == http.StatusTooManyRequests:
		return grimoireauth.ErrRateLimited
	case status == http.StatusForbidden:
		return grimoireauth.ErrForbidden
	case strings.HasSuffix(errorType, "_not_found"):
		return grimoireauth.ErrNotFound
	case status == http.StatusBadRequest:
		return grimoireauth.ErrInvalid
	}
	// Also an unknown 401: to conclude "signed out" from a word we have never
	// seen would log a class out the day Stytch adds one.
	return grimoireauth.ErrUnavailable
}

// Known reports whether this version knows what an error_type means.
func Known(errorType string) bool {
	_, ok := kinds[errorType]
	return ok || projectFaults[errorType] || errorType == incompleteAnswer
}

// MayBeDone reports whether a call that failed may have been carried out all the
// same. It is false for a definite no: Stytch's refusal, its 429, and what was never
// sent, such as invalid input and a call during an outage. A refusal of a repetition is no definite no if an earlier
// attempt remained without an answer.
func MayBeDone(err error) bool {
	var e *grimoireauth.Error
	switch {
	case !errors.As(err, &e):
		return true
	case errors.Is(err, errNotEnforced):
		return false
	case e.Unanswered:
		return true
	case e.Outage != nil && e.Outage.Unsent:
		return false
	case e.Status == 0:
		return errors.Is(e.Kind, grimoireauth.ErrUnavailable)
	case e.Status == http.StatusTooManyRequests:
		return false
	case e.Status < 300, e.Status >= 500, e.Status == http.StatusRequestTimeout:
		return true
	}
	// The error page of a proxy says nothing about Stytch.
	var broken *notStytch
	return errors.As(err, &broken)
}
