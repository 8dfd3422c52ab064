package breaker

import "context"

type giveUpKey struct{}

// WithGiveUp returns a context that says whom to tell if a call that is made with it
// waits as a probe: those who share the call need not wait with it. GiveUp may be called
// while the call is in flight, once, by another goroutine, with the error that they get.
func WithGiveUp(ctx context.Context, giveUp func(error)) context.Context {
	return context.WithValue(ctx, giveUpKey{}, giveUp)
}

// GiveUp tells those who wait for a call with this context why they need not.
func GiveUp(ctx context.Context, err error) {
	if giveUp, ok := ctx.Value(giveUpKey{}).(func(error)); ok {
		giveUp(err)
	}
}
