package connectguard

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"connectrpc.com/connect"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// Interceptor is a connect.Interceptor that decides about the calls of a server. It
// does nothing in a client.
type Interceptor struct {
	// Guard decides. Its Config.Watch should be verifier.Watch, so that streams end
	// when their session does. Missing: every call that is not public is rejected as
	// internal.
	Guard *middleware.Guard
	// Procedures says who may call each procedure, by its full name, such as
	// "/school.Classes/Roster". A procedure that is not listed is rejected as internal.
	Procedures map[string]Access
}

// WrapUnary decides about unary calls.
func (i Interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		procedure := request.Spec().Procedure
		access := i.Procedures[procedure]
		if request.Spec().IsClient || access.public {
			return next(ctx, request)
		}
		rules, err := access.rulesFor(request.Header(), request.Any())
		if err != nil {
			return nil, refusal(ctx, procedure, err)
		}
		credentials, err := bearer(request.Header())
		if err != nil {
			return nil, refusal(ctx, procedure, err)
		}
		decision, err := i.Guard.Decide(ctx, credentials, rules...)
		if err != nil {
			return nil, refusal(ctx, procedure, err)
		}
		return next(contextOf(ctx, decision), request)
	}
}

// WrapStreamingClient does nothing.
func (Interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// contextOf returns a context with the caller, for grimoireauth's accessors.
func contextOf(ctx context.Context, d middleware.Decision) context.Context {
	if d.Role == grimoireauth.RoleNone {
		return grimoireauth.ContextWithAuthentication(ctx, d.Authentication)
	}
	return grimoireauth.ContextWithRole(grimoireauth.ContextWithAuthentication(ctx, d.Authentication), d.Person, d.Role)
}

var errBadAuthorization = fmt.Errorf("the Authorization header is no bearer token: %w", grimoireauth.ErrUnauthenticated)

// bearer reads the session_jwt from the Authorization header. It is never refreshed:
// after it has expired, the client sends another one.
func bearer(header http.Header) (grimoireauth.Credentials, error) {
	values := header.Values("Authorization")
	if len(values) == 0 {
		return grimoireauth.Credentials{}, grimoireauth.ErrNoCredentials
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return grimoireauth.Credentials{}, errBadAuthorization
	}
	return grimoireauth.NewCredentials(token, ""), nil
}
