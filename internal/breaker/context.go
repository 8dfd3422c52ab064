package breaker

import "context"

// Refresh is what whoever refreshes a session, and shares the call among requests, tells
// the transport that carries the call.
type Refresh struct {
	// Session is the id of the session that the call is about, by a genuine session_jwt or
	// by an earlier answer. Empty: nothing vouches for the credentials.
	Session string
	// GiveUp is called while the call is in flight, at most once and by another goroutine,
	// if the call waits as a probe: with the error that those who share it get, since they
	// need not wait with it.
	GiveUp func(error)
}

type refreshKey struct{}

// With returns a context that says it.
func With(ctx context.Context, r Refresh) context.Context {
	return context.WithValue(ctx, refreshKey{}, r)
}

// From returns what the context says, or the zero Refresh.
func From(ctx context.Context) Refresh {
	r, _ := ctx.Value(refreshKey{}).(Refresh)
	return r
}
