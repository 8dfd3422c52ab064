package grpcguard

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// refusals is read from the top, as the guard's own table for HTTP is: temporary errors
// stand before every rejection. The messages are fixed, since an error's own text is
// for the log.
var refusals = []struct {
	err     error
	code    codes.Code
	message string
}{
	{middleware.ErrMisconfigured, codes.Internal, "something is wrong here, and has been noted"},
	{grimoireauth.ErrUnavailable, codes.Unavailable, "signing in does not work at the moment; you are not signed out"},
	{grimoireauth.ErrOverShare, codes.ResourceExhausted, "too many requests from your network; you are not signed out"},
	{grimoireauth.ErrRateLimited, codes.Unavailable, "signing in does not work at the moment; you are not signed out"},
	{grimoireauth.ErrSessionEnded, codes.Unauthenticated, "the session has ended"},
	{grimoireauth.ErrExpired, codes.Unauthenticated, "the session_jwt has expired"},
	{grimoireauth.ErrUnauthenticated, codes.Unauthenticated, "sign in first"},
	{grimoireauth.ErrNotRecent, codes.Unauthenticated, "this needs a sign-in a short while ago"},
	{grimoireauth.ErrForbidden, codes.PermissionDenied, "not permitted"},
	{grimoireauth.ErrNotFound, codes.NotFound, "not found"},
	// The server stops, and ends its streams by Guard.EndWatches.
	{http.ErrServerClosed, codes.Unavailable, "the server is about to stop"},
	{context.Canceled, codes.Canceled, "the call was cancelled"},
	{context.DeadlineExceeded, codes.DeadlineExceeded, "the call took too long"},
}

// retryAfter is how long a client waits if the error does not say.
const retryAfter = 5 * time.Second

// refusal returns the status for an error of the guard. Unavailable and
// ResourceExhausted say when to try again, by the detail google.rpc.RetryInfo.
func refusal(ctx context.Context, method string, err error) error {
	s := status.New(codes.Internal, refusals[0].message)
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			s = status.New(r.code, r.message)
			break
		}
	}
	switch s.Code() {
	case codes.Internal:
		slog.ErrorContext(ctx, "call refused: the guard is misconfigured", "method", method, "error", err)
	case codes.Unavailable, codes.ResourceExhausted:
		wait, ok := grimoireauth.RetryAfter(err)
		if !ok {
			wait = retryAfter
		}
		if detailed, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}); err == nil {
			s = detailed
		}
	}
	return s.Err()
}
