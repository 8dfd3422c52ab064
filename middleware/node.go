package middleware

import (
	"context"
	"fmt"
	"io"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/ctxkey"
)

// node is the place in the request's context where a Guard leaves what it found. It
// is a type of its own, and not [found], so that whatever prints a context finds an
// address here and not the credentials: where fmt may not call the methods of a
// value, in a private field, it prints what a pointer leads to, once.
type node struct {
	context.Context
	found *found
}

// Value implements [context.Context].
//
// It answers for itself who is signed in, and what they are in the class that a guard
// has decided about. What another Guard, or another middleware, has left around this one
// does not shine through: a role belongs to the authentication that it was decided for.
func (n *node) Value(key any) any {
	switch key := key.(type) {
	case foundKey:
		if key.guard == n.found.guard {
			return n.found
		}
	case ctxkey.Authentication:
		return &n.found.authentication
	case ctxkey.Place:
		return (*inClass)(n.found)
	}
	return n.Context.Value(key)
}

// inClass is a found as package grimoireauth reads it.
type inClass found

// InClass returns who is in which class, and as what. The role is RoleNone if no guard of
// a class has decided.
func (f *inClass) InClass() (grimoireauth.Person, grimoireauth.Role) {
	return (*found)(f).person(f.place), f.place.role
}

// Format writes a name, whatever the verb. It implements [fmt.Formatter].
func (n *node) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "middleware.Guard's context") }

// String is for the names that package context puts together.
func (n *node) String() string { return fmt.Sprint(n) }

// publish makes f known in a context below ctx, which is the one that f was asked in if it
// was asked.
func (f *found) publish(ctx context.Context) context.Context {
	if f.node.found == nil {
		f.node = node{Context: ctx, found: f}
	}
	if f.own == nil {
		f.own = &noChecks
	}
	return &f.node
}

var noChecks []check

// published reports whether f is in a context already, and must not be changed.
func (f *found) published() bool { return f.own != nil }
