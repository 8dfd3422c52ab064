package grimoireauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/internal/quiet"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"
)

// call runs one call of the SDK and turns its error into ours.
func call[Answer any](ctx context.Context, c *Client, op string, do func(context.Context) (*Answer, error)) (*Answer, error) {
	ctx, got := withAnswer(ctx)
	out, err := do(ctx)
	if err != nil {
		return nil, c.failure(ctx, op, err, got)
	}
	return out, nil
}

// failure explains an error of the SDK. Whatever is not a clear answer of Stytch
// is ErrUnavailable: it says nothing about the user.
func (c *Client) failure(ctx context.Context, op string, err error, got *answer) error {
	failed := &Error{Op: op, Kind: ErrUnavailable, Err: err, Unanswered: got.unanswered, Outage: got.outage}
	var fromStytch stytcherror.Error // the SDK returns it by value
	var broken *notStytch
	var refused *overShare
	switch {
	case errors.As(err, &refused):
		failed.Kind, failed.RetryAfter, failed.Err = ErrOverShare, refused.wait, refused
	case errors.As(err, &fromStytch):
		failed.Status = fromStytch.StatusCode
		failed.Type = string(fromStytch.ErrorType)
		failed.RequestID = fromStytch.RequestID
		failed.RetryAfter = got.retryAfter
		failed.Kind = kindOf(failed.Status, failed.Type)
		failed.Err = refusedBy(err, fromStytch)
		if projectFaults[failed.Type] {
			c.alarm(ctx, "Stytch refuses the project's id, secret or configuration: check ProjectID and Secret, and look the error_type up", failed)
		}
	case errors.As(err, &broken):
		failed.Status, failed.RetryAfter = broken.status, broken.retryAfter
		if broken.status == http.StatusTooManyRequests {
			failed.Kind = ErrRateLimited
		}
	}
	if failed.Status == http.StatusTooManyRequests && failed.Kind != ErrLocked && sends(op) {
		c.alarm(ctx, alarmThrottled, failed)
	}
	if got.outage != nil {
		failed.RetryAfter = max(failed.RetryAfter, got.outage.RetryAfter)
	}
	return failed
}

// refusedBy is the cause of an Error: Stytch's refusal, without its prose, which may
// quote the input.
func refusedBy(err error, refusal stytcherror.Error) error {
	return quiet.Wrap(err, fmt.Sprintf("Stytch answered %d %.100q", refusal.StatusCode, refusal.ErrorType))
}

// alarmThrottled: package signin does not have two messages sent to one address at once,
// so Stytch's refusal is about the project, and people wait for messages in vain.
const alarmThrottled = "Stytch sends no message, because of a rate limit or its protection against abuse: look the error_type up"

// sends reports whether an operation has Stytch send something.
func sends(op string) bool { return strings.HasPrefix(op, "send ") || op == opPasswordReset }

func (c *Client) alarm(ctx context.Context, problem string, err error) {
	if c.observe == nil {
		return
	}
	if count := c.alarms.Met(problem); count > 0 {
		c.observe(ctx, OperatorAlarm{Problem: problem, Err: err, Count: count})
	}
}

// incompleteAnswer is our own word, in the place of an error_type, for an answer
// that lacks something.
const incompleteAnswer = "incomplete_answer"

// incomplete is the error for an answer that lacks what it must have, or that is
// about somebody else than was asked for. Nothing may be concluded from it.
func incomplete(op, requestID, what string) error {
	return &Error{Op: op, Kind: ErrUnavailable, Status: http.StatusOK, Type: incompleteAnswer, RequestID: requestID, Detail: "Stytch's answer " + what}
}

// invalid is the error for input that is refused before anything is sent.
func invalid(op string, faults ...error) error {
	if err := errors.Join(faults...); err != nil {
		return &Error{Op: op, Kind: ErrInvalid, Detail: err.Error()}
	}
	return nil
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
		return ErrUnavailable
	case strings.HasPrefix(errorType, "organization_search_"), strings.HasPrefix(errorType, "member_search_"):
		return ErrInvalid // one type for every filter and every way to write it wrongly
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusForbidden:
		return ErrForbidden
	case strings.HasSuffix(errorType, "_not_found"):
		return ErrNotFound
	case status == http.StatusBadRequest:
		return ErrInvalid
	}
	// Also an unknown 401: to conclude "signed out" from a word we have never
	// seen would log a class out the day Stytch adds one.
	return ErrUnavailable
}

// durationFaults are refusals of session_duration_minutes: the project allows
// less than was asked for.
var durationFaults = map[string]bool{
	"invalid_session_duration":         true,
	"invalid_session_duration_minutes": true,
}

// known reports whether this version knows what an error_type means.
func known(errorType string) bool {
	_, ok := kinds[errorType]
	return ok || projectFaults[errorType] || errorType == incompleteAnswer
}
