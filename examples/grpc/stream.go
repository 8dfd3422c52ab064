package grpcguard

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/promptgrimoire/auth/middleware"
	"google.golang.org/grpc"
)

// stream decides about a stream and watches it. If the client streams, it decides
// before the handler runs. Otherwise it decides when the handler receives the one
// message of the client, which generated code does before it calls the application's
// method; until then the stream has no caller and nothing can be sent.
func (i Interceptor) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	access := i.Methods[info.FullMethod]
	if access.public {
		return next(srv, stream)
	}
	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil) // the watch ends with the handler
	g := &guardedStream{ServerStream: stream, i: i, access: access, method: info.FullMethod, ctx: &decided{Context: ctx}, cancel: cancel}
	if info.IsClientStream || access.rules == nil {
		if err := g.decide(nil); err != nil {
			return err
		}
	}
	err := next(srv, g)
	if ended := g.ended(); ended != nil {
		return ended // whatever the handler returned
	}
	return err
}

// guardedStream is a stream that ends when the decision about it no longer holds.
type guardedStream struct {
	grpc.ServerStream
	i      Interceptor
	access Access
	method string
	ctx    *decided
	cancel context.CancelCauseFunc
}

// decided is the context of a stream, with the caller as soon as the decision is made.
// The handler may have the context before.
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

// Context ends when the decision no longer holds: context.Cause says why.
func (g *guardedStream) Context() context.Context { return g.ctx }

func (g *guardedStream) decide(request any) error {
	ctx := g.ctx.Context
	rules, err := g.access.rulesFor(ctx, request)
	if err != nil {
		return refusal(ctx, g.method, err)
	}
	credentials, err := bearer(ctx)
	if err != nil {
		return refusal(ctx, g.method, err)
	}
	watched, decision, err := g.i.Guard.DecideAndWatch(ctx, credentials, rules...)
	if err != nil {
		return refusal(ctx, g.method, err)
	}
	context.AfterFunc(watched, func() { g.cancel(context.Cause(watched)) })
	with := contextOf(ctx, decision)
	g.ctx.with.Store(&with)
	return nil
}

// ended returns the status of a stream whose decision no longer holds.
func (g *guardedStream) ended() error {
	if g.ctx.Err() == nil {
		return nil
	}
	return refusal(g.ctx, g.method, context.Cause(g.ctx))
}

// while runs what can wait for the client, for as long as the decision holds. A call
// that still waits then ends with the stream, which gRPC ends when the handler returns.
func (g *guardedStream) while(do func() error) error {
	if err := g.ended(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		if ended := g.ended(); ended != nil {
			return ended
		}
		return err
	case <-g.ctx.Done():
		return g.ended()
	}
}

// RecvMsg receives a message and, if it is the first of a server stream, decides about it.
func (g *guardedStream) RecvMsg(message any) error {
	if err := g.while(func() error { return g.ServerStream.RecvMsg(message) }); err != nil {
		return err
	}
	if g.ctx.with.Load() == nil {
		return g.decide(message)
	}
	return nil
}

// SendMsg sends nothing before the decision is made, and nothing after it has ended.
func (g *guardedStream) SendMsg(message any) error {
	if g.ctx.with.Load() == nil {
		return refusal(g.ctx, g.method, errUndecided)
	}
	return g.while(func() error { return g.ServerStream.SendMsg(message) })
}

var errUndecided = fmt.Errorf("%w: the handler sends before it has received the request", middleware.ErrMisconfigured)
