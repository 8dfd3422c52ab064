package stytchclient

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
)

// call runs one call of the SDK and turns its error into ours.
func call[Answer any](ctx context.Context, c *Client, op string, do func(context.Context) (*Answer, error)) (*Answer, error) {
	ctx, got := stytchhttp.WithAnswer(ctx)
	out, err := do(ctx)
	if err != nil {
		return nil, c.failure(ctx, op, err, got)
	}
	return out, nil
}

// failure explains an error of the SDK, and tells the operator about what only they can
// put right.
func (c *Client) failure(ctx context.Context, op string, err error, got *stytchhttp.Answer) error {
	failed := stytchhttp.Explain(op, err, got)
	switch {
	case stytchhttp.ProjectFault(failed.Type):
		c.alarm(ctx, "Stytch refuses the project's id, secret or configuration: check ProjectID and Secret, and look the error_type up", failed)
	case failed.Status == http.StatusTooManyRequests && failed.Kind != grimoireauth.ErrLocked && sends(op):
		c.alarm(ctx, alarmThrottled, failed)
	}
	return failed
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
		c.observe(ctx, grimoireauth.OperatorAlarm{Problem: problem, Err: err, Count: count})
	}
}

// durationFaults are refusals of session_duration_minutes: the project allows
// less than was asked for.
var durationFaults = map[string]bool{
	"invalid_session_duration":         true,
	"invalid_session_duration_minutes": true,
}

// invalid is the error for input that is refused before anything is sent.
func invalid(op string, faults ...error) error {
	if err := errors.Join(faults...); err != nil {
		return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrInvalid, Detail: err.Error()}
	}
	return nil
}

// incomplete is the error for an answer that lacks what it must have, or that is
// about another member than was asked for. Nothing may be concluded from it.
func incomplete(op, requestID, what string) error { return stytchhttp.Incomplete(op, requestID, what) }
