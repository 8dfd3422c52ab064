package grimoireauth

import (
	"context"
	"errors"
	"net/http"
	"strings"

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
	failed := &Error{Op: op, Kind: ErrUnavailable, Err: err}
	var fromStytch stytcherror.Error // the SDK returns it by value
	var broken *notStytch
	switch {
	case errors.As(err, &fromStytch):
		failed.Status = fromStytch.StatusCode
		failed.Type = string(fromStytch.ErrorType)
		failed.RequestID = fromStytch.RequestID
		failed.RetryAfter = got.retryAfter
		failed.Kind = kindOf(failed.Status, failed.Type)
		if projectFaults[failed.Type] {
			c.alarm(ctx, "Stytch refuses the project's id or secret: check ProjectID and Secret", failed)
		}
	case errors.As(err, &broken):
		failed.Status, failed.RetryAfter = broken.status, broken.retryAfter
		if broken.status == http.StatusTooManyRequests {
			failed.Kind = ErrRateLimited
		}
	}
	return failed
}

func (c *Client) alarm(ctx context.Context, problem string, err error) {
	if c.observe != nil {
		c.observe(ctx, OperatorAlarm{Problem: problem, Err: err})
	}
}

// incomplete is the error for an answer that lacks what it must have, or that is
// about somebody else than was asked for. Nothing may be concluded from it.
func incomplete(op, requestID, what string) error {
	return &Error{Op: op, Kind: ErrUnavailable, Status: http.StatusOK, Type: "incomplete_answer", RequestID: requestID, Err: detail("Stytch's answer " + what)}
}

// invalid is the error for input that is refused before anything is sent.
func invalid(op string, faults ...error) error {
	if err := errors.Join(faults...); err != nil {
		return &Error{Op: op, Kind: ErrInvalid, Err: detail(err.Error())}
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

// projectFaults are refusals of our own credentials. Users can do nothing about
// them, and they say nothing about any session. Stytch answers a wrong password
// with unauthorized_credentials, too; the password calls look before they come
// here.
var projectFaults = map[string]bool{
	"unauthorized_credentials":           true,
	"invalid_project_id_authentication":  true,
	"invalid_secret_authentication":      true,
	"invalid_authorization_header":       true,
	"unauthorized_project_id_live":       true,
	"unauthorized_project_id_test":       true,
	"wrong_stack_live":                   true,
	"wrong_stack_test":                   true,
	"invalid_b2b_endpoint":               true,
	"live_id_used_in_test_environment":   true,
	"test_id_used_in_live_environment":   true,
	"project_not_found":                  true,
	"use_https":                          true,
	"route_not_found":                    true,
	"no_login_redirect_urls_set":         true,
	"no_signup_redirect_urls_set":        true,
	"no_invite_redirect_urls_set":        true,
	"no_default_login_redirect_url_set":  true,
	"no_default_signup_redirect_url_set": true,
	"no_default_invite_redirect_url_set": true,
}

// durationFaults are refusals of session_duration_minutes: the project allows
// less than was asked for.
var durationFaults = map[string]bool{
	"invalid_session_duration":         true,
	"invalid_session_duration_minutes": true,
}

// passing are faults of Stytch's that pass by themselves, or of the network's.
var passing = map[string]bool{
	"internal_server_error": true,
	"server_unavailable":    true,
	"client_closed_request": true,
	"incomplete_answer":     true, // our own word for an answer that lacks something
}

// known reports whether this version knows what an error_type means.
func known(errorType string) bool {
	_, ok := kinds[errorType]
	return ok || projectFaults[errorType] || passing[errorType] || durationFaults[errorType]
}

var kinds = map[string]error{
	"session_not_found":           ErrSessionEnded,
	"invalid_session_token":       ErrUnauthenticated,
	"unable_to_parse_session_jwt": ErrUnauthenticated,
	"jwt_invalid_audience":        ErrUnauthenticated,
	"jwt_invalid_issuer":          ErrUnauthenticated,
	"jwt_invalid_claims":          ErrUnauthenticated,

	"unable_to_auth_magic_link": ErrTokenSpent,
	"magic_link_not_found":      ErrTokenUnknown,
	"invalid_token":             ErrTokenUnknown,

	"operation_restricted_by_organization_auth_methods": ErrMethodNotAllowed,
	"email_jit_provisioning_not_allowed":                ErrNotInvited,
	"invalid_email_for_jit_provisioning":                ErrNotInvited,
	"invalid_email_for_invites":                         ErrForbidden,
	"session_authorization_error":                       ErrForbidden,
	"session_authorization_tenancy_error":               ErrForbidden,
	"organization_suspended":                            ErrForbidden,

	"organization_slug_already_used":        ErrConflict,
	"organization_external_id_already_used": ErrConflict,
	"duplicate_organization":                ErrConflict,
	"duplicate_member_email":                ErrConflict,
	"duplicate_member_external_id":          ErrConflict,
	"retired_member_email":                  ErrConflict,

	"organization_not_found":                ErrNotFound,
	"member_not_found":                      ErrNotFound,
	"member_does_not_exist_in_organization": ErrNotFound,

	"too_many_requests":            ErrRateLimited,
	"too_few_tokens_authenticated": ErrRateLimited,
	"user_lock_limit_reached":      ErrRateLimited,
}
