package middleware

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
)

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
