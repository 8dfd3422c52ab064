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

// authContext is the context in which a Guard publishes a requestAuth. It is a type of its
// own, so that printing a context prints an address and not the credentials: in a private
// field fmt calls no methods, and follows a pointer once.
type authContext struct {
	context.Context
	auth *requestAuth
}

// Value implements [context.Context].
//
// It returns who is signed in and their role in the class, also if there are none, and so
// hides what another Guard or middleware has put around it: a role belongs to the
// authentication that it was decided for.
func (n *authContext) Value(key any) any {
	switch key := key.(type) {
	case requestAuthKey:
		if key.guard == n.auth.guard {
			return n.auth
		}
	case ctxkey.Authentication:
		return &n.auth.authentication
	case ctxkey.Place:
		return (*classRoleValue)(n.auth)
	}
	return n.Context.Value(key)
}

// classRoleValue is a requestAuth in the form in which package grimoireauth reads a role.
type classRoleValue requestAuth

// InClass returns who is in which class, and as what. The role is RoleNone if no guard of
// a class has decided.
func (v *classRoleValue) InClass() (grimoireauth.Person, grimoireauth.Role) {
	return (*requestAuth)(v).person(v.classRole), v.classRole.role
}

// Format writes a name, whatever the verb. It implements [fmt.Formatter].
func (n *authContext) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "middleware.Guard's context")
}

// String is for the names that package context puts together.
func (n *authContext) String() string { return fmt.Sprint(n) }

// publish returns a context below ctx in which a is found. If an AuthFunc was called, ctx is
// the context that askContext got.
func (a *requestAuth) publish(ctx context.Context) context.Context {
	if a.authContext.auth == nil {
		a.authContext = authContext{Context: ctx, auth: a}
	}
	if a.checks == nil {
		a.checks = &noChecks
	}
	return &a.authContext
}

var noChecks []check

// published reports whether a is in a context already, so that it must not be changed.
func (a *requestAuth) published() bool { return a.checks != nil }

// askContext is the context that a Guard gives to its AuthFuncs. It adds to the request's
// own the address from which the request came, and whether the session_token has a mark of
// this deployment. It computes both when they are read, which does not happen for a request
// that is verified locally. Handlers do not get it: a call to Stytch by an instructor's
// handler draws on no client's share.
//
// It is the [authContext] under another name, so that it prints no credentials either and
// needs no allocation. An AuthFunc may keep it for longer than the request takes: what it
// reads is written before the AuthFunc is called, and never again.
type askContext authContext

// askContext returns the context for the AuthFuncs. It is ctx if there is neither a request
// nor a mark; the caller may then have put a client address into ctx.
func (a *requestAuth) askContext(ctx context.Context, r *http.Request) context.Context {
	if r == nil && a.credentials.mark == "" {
		return ctx
	}
	a.authContext, a.request = authContext{Context: ctx, auth: a}, r
	return (*askContext)(&a.authContext)
}

// Value implements [context.Context].
func (c *askContext) Value(key any) any {
	if _, ok := key.(asker.Key); ok {
		return c
	}
	return c.Context.Value(key)
}

// Asker implements [asker.Teller].
func (c *askContext) Asker() asker.Asker {
	a := c.auth
	rc := &a.credentials
	said := asker.Asker{Known: a.guard.config.SessionMarks.Recognise(rc.mark, grimoireauth.NewSecret(rc.token), grimoireauth.SessionID(rc.session))}
	if a.request != nil {
		said.Address = a.guard.ClientAddress(a.request)
	} else {
		said.Address = grimoireauth.ClientAddressFromContext(c.Context)
	}
	return said
}

// Format writes a name, whatever the verb. It implements [fmt.Formatter].
func (c *askContext) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "middleware.Guard's context for an AuthFunc")
}

// String is for the names that package context puts together.
func (c *askContext) String() string { return fmt.Sprint(c) }
