package connectguard

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"connectrpc.com/connect"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/durationpb"
)

// refusals is read from the top, as the guard's own table for HTTP is: temporary errors
// stand before every rejection. The messages are fixed, since an error's own text is
// for the log.
var refusals = []struct {
	err     error
	code    connect.Code
	message string
}{
	{middleware.ErrMisconfigured, connect.CodeInternal, "something is wrong here, and has been noted"},
	{grimoireauth.ErrUnavailable, connect.CodeUnavailable, "signing in does not work at the moment; you are not signed out"},
	{grimoireauth.ErrOverShare, connect.CodeResourceExhausted, "too many requests from your network; you are not signed out"},
	{grimoireauth.ErrRateLimited, connect.CodeUnavailable, "signing in does not work at the moment; you are not signed out"},
	{grimoireauth.ErrSessionEnded, connect.CodeUnauthenticated, "the session has ended"},
	{grimoireauth.ErrExpired, connect.CodeUnauthenticated, "the session_jwt has expired"},
	{grimoireauth.ErrUnauthenticated, connect.CodeUnauthenticated, "sign in first"},
	{grimoireauth.ErrNotRecent, connect.CodeUnauthenticated, "this needs a sign-in a short while ago"},
	{grimoireauth.ErrForbidden, connect.CodePermissionDenied, "not permitted"},
	{grimoireauth.ErrNotFound, connect.CodeNotFound, "not found"},
	// The server stops, and ends its streams by Guard.EndWatches.
	{http.ErrServerClosed, connect.CodeUnavailable, "the server is about to stop"},
	{context.Canceled, connect.CodeCanceled, "the call was cancelled"},
	{context.DeadlineExceeded, connect.CodeDeadlineExceeded, "the call took too long"},
}

// retryAfter is how long a client waits if the error does not say.
const retryAfter = 5 * time.Second

// refusal returns connect's error for an error of the guard. Unavailable and
// ResourceExhausted say when to try again, by the detail google.rpc.RetryInfo and by
// Retry-After.
func refusal(ctx context.Context, procedure string, err error) error {
	code, message := connect.CodeInternal, refusals[0].message
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			code, message = r.code, r.message
			break
		}
	}
	refused := connect.NewError(code, errors.New(message))
	switch code {
	case connect.CodeInternal:
		slog.ErrorContext(ctx, "call refused: the guard is misconfigured", "procedure", procedure, "error", err)
	case connect.CodeUnavailable, connect.CodeResourceExhausted:
		wait, ok := grimoireauth.RetryAfter(err)
		if !ok {
			wait = retryAfter
		}
		refused.Meta().Set("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
		if detail, err := connect.NewErrorDetail(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}); err == nil {
			refused.AddDetail(detail)
		}
	}
	return refused
}
