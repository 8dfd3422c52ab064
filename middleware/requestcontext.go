package middleware

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
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

// askContext is the context that a Guard gives to its AuthFuncs: the request's own, which
// says besides from which address the request came, and whether the session_token is one
// that this deployment gave out. It finds both out when it is asked, which does not happen
// for a request that is answered locally. Handlers do not get it: what an instructor's
// handler asks Stytch for draws on no client's share.
//
// It is the found's [node] by another name, so that it prints no credentials either, and
// costs neither an allocation nor room. An AuthFunc may keep it for longer than the request
// takes: what it reads is written before the AuthFunc is called, and never again.
type askContext node

// asking returns the context for the AuthFuncs. Where there is neither a request nor a
// mark it is ctx, in which the caller may have said where the credentials came from.
func (f *found) asking(ctx context.Context, r *http.Request) context.Context {
	if r == nil && f.presented.mark == "" {
		return ctx
	}
	f.node, f.on = node{Context: ctx, found: f}, r
	return (*askContext)(&f.node)
}

// Value implements [context.Context].
func (a *askContext) Value(key any) any {
	if _, ok := key.(asker.Key); ok {
		return a
	}
	return a.Context.Value(key)
}

// Asker implements [asker.Teller].
func (a *askContext) Asker() asker.Asker {
	f := a.found
	p := &f.presented
	said := asker.Asker{Known: f.guard.config.SessionMarks.Recognise(p.mark, grimoireauth.NewSecret(p.token), grimoireauth.SessionID(p.session))}
	if f.on != nil {
		said.Address = f.guard.ClientAddress(f.on)
	} else {
		said.Address = grimoireauth.ClientAddressFromContext(a.Context)
	}
	return said
}

// Format writes a name, whatever the verb. It implements [fmt.Formatter].
func (a *askContext) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "middleware.Guard's context for an AuthFunc")
}

// String is for the names that package context puts together.
func (a *askContext) String() string { return fmt.Sprint(a) }
