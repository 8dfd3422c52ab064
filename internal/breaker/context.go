package breaker

import "context"

// Refresh is what a caller that refreshes a session, and shares the call among requests,
// tells the transport that makes the call.
type Refresh struct {
	// Session is the id of the session that the call is about, by a genuine session_jwt or by
	// an earlier answer. Empty: the credentials may be invented.
	Session string
	// GiveUp is called at most once, by another goroutine, if the call goes on as a probe
	// during an outage. Its error is for the requests that share the call, which do not wait
	// for it.
	GiveUp func(error)
}

type refreshKey struct{}

// With returns a context that holds r.
func With(ctx context.Context, r Refresh) context.Context {
	return context.WithValue(ctx, refreshKey{}, r)
}

// From returns the Refresh of the context, or the zero Refresh.
func From(ctx context.Context) Refresh {
	r, _ := ctx.Value(refreshKey{}).(Refresh)
	return r
}
