// Package asker says for whom a call to Stytch is made, from the request that causes
// it down to the transport that carries it.
package asker

import (
	"context"
	"net/netip"
)

// Asker is for whom a call is made. A context without one belongs to the program
// itself, which draws on no stranger's share.
type Asker struct {
	// Address is where the request came from. Zero: not known, or a proxy's.
	Address netip.Addr
	// Known says that the credentials are known to belong to a session of this
	// deployment, so that the call draws on no address's share. False: a stranger's.
	Known bool
}

// Key is the context key. A context of another package's own answers to it with an
// Asker or, if it is worth finding out only when it is needed, with a Teller.
type Key struct{}

// Teller finds out for whom a call is made.
type Teller interface{ Asker() Asker }

// With returns a context that says it.
func With(ctx context.Context, a Asker) context.Context { return context.WithValue(ctx, Key{}, a) }

// From returns what the context says. ok is false if it says nothing.
func From(ctx context.Context) (a Asker, ok bool) {
	switch said := ctx.Value(Key{}).(type) {
	case Asker:
		return said, true
	case Teller:
		return said.Asker(), true
	}
	return Asker{}, false
}
