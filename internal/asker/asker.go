// Package asker carries the client of a request in the context, from the guard that
// authenticates the request to the transport that calls Stytch.
package asker

import (
	"context"
	"net/netip"
)

// Asker is the client that a call to Stytch is counted for. A context without one belongs
// to the program itself, whose calls count for no client.
type Asker struct {
	// Address is the client address. Zero: it is not known, or is a proxy's.
	Address netip.Addr
	// Known says that the credentials belong to a session of this deployment, so the call
	// draws on no address's share. False: they may be invented.
	Known bool
}

// Key is the context key. A context of another package answers to it with an Asker or, if
// finding it out costs something, with a Teller.
type Key struct{}

// Teller finds out the Asker when it is needed.
type Teller interface{ Asker() Asker }

// With returns a context that holds a.
func With(ctx context.Context, a Asker) context.Context { return context.WithValue(ctx, Key{}, a) }

// From returns the Asker of the context. ok is false if there is none.
func From(ctx context.Context) (a Asker, ok bool) {
	switch said := ctx.Value(Key{}).(type) {
	case Asker:
		return said, true
	case Teller:
		return said.Asker(), true
	}
	return Asker{}, false
}
