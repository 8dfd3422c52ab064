package connectguard

import (
	"context"
	"fmt"
	"sync/atomic"

	"connectrpc.com/connect"
	"github.com/promptgrimoire/auth/middleware"
)

// WrapStreamingHandler decides about a stream and watches it. If the client streams, it
// decides before the handler runs. Otherwise it decides when it has the one message of
// the client, which connect receives before it calls the application's function; until
// then the stream has no caller and nothing can be sent.
//
// A handler that waits for its client's message returns when the decision ends, over
// HTTP/2 at once. A handler that waits because its client reads nothing stays until the
// server's write time-out; nothing more is sent.
func (i Interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		access := i.Procedures[conn.Spec().Procedure]
		if access.public {
			return next(ctx, conn)
		}
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil) // the watch ends with the handler
		g := &guardedConn{StreamingHandlerConn: conn, i: i, access: access, ctx: &decided{Context: ctx}, cancel: cancel}
		if conn.Spec().StreamType&connect.StreamTypeClient != 0 || access.rules == nil {
			if err := g.decide(nil); err != nil {
				return err
			}
		}
		err := next(g.ctx, g)
		if ended := g.ended(); ended != nil {
			return ended // whatever the handler returned
		}
		return err
	}
}

// guardedConn is a stream that ends when the decision about it no longer holds.
type guardedConn struct {
	connect.StreamingHandlerConn
	i      Interceptor
	access Access
	ctx    *decided
	cancel context.CancelCauseFunc
}

// decided is the context of a stream, with the caller as soon as the decision is made.
// The handler may have the context before. It ends when the decision no longer holds:
// context.Cause says why.
type decided struct {
	context.Context
	with atomic.Pointer[context.Context] // the same, with the caller
}

func (d *decided) Value(key any) any {
	if with := d.with.Load(); with != nil {
		return (*with).Value(key)
	}
	return d.Context.Value(key)
}

func (g *guardedConn) decide(request any) error {
	ctx := g.ctx.Context
	rules, err := g.access.rulesFor(g.RequestHeader(), request)
	if err != nil {
		return g.refusal(err)
	}
	credentials, err := bearer(g.RequestHeader())
	if err != nil {
		return g.refusal(err)
	}
	watched, decision, err := g.i.Guard.DecideAndWatch(ctx, credentials, rules...)
	if err != nil {
		return g.refusal(err)
	}
	context.AfterFunc(watched, func() { g.cancel(context.Cause(watched)) })
	with := contextOf(ctx, decision)
	g.ctx.with.Store(&with)
	return nil
}

func (g *guardedConn) refusal(err error) error { return refusal(g.ctx, g.Spec().Procedure, err) }

// ended returns the error of a stream whose decision no longer holds.
func (g *guardedConn) ended() error {
	if g.ctx.Err() == nil {
		return nil
	}
	return g.refusal(context.Cause(g.ctx))
}

// Receive receives a message and, if it is the first of a server stream, decides about
// it. A Receive that waits when the decision ends, ends with the request.
func (g *guardedConn) Receive(message any) error {
	if err := g.ended(); err != nil {
		return err
	}
	received := make(chan error, 1)
	go func() { received <- g.StreamingHandlerConn.Receive(message) }()
	select {
	case err := <-received:
		if ended := g.ended(); ended != nil {
			return ended
		}
		if err != nil {
			return err
		}
	case <-g.ctx.Done():
		return g.ended()
	}
	if g.ctx.with.Load() == nil {
		return g.decide(message)
	}
	return nil
}

var errUndecided = fmt.Errorf("%w: the handler sends before it has received the request", middleware.ErrMisconfigured)

// Send sends nothing before the decision is made, and nothing after it has ended.
func (g *guardedConn) Send(message any) error {
	if g.ctx.with.Load() == nil {
		return g.refusal(errUndecided)
	}
	if err := g.ended(); err != nil {
		return err
	}
	return g.StreamingHandlerConn.Send(message)
}
