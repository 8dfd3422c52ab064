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
// Like [node] it prints no credentials. It is a part of the found, so that it costs no
// allocation.
type askContext struct {
	context.Context
	found   *found
	request *http.Request // nil: there is none any more, or there never was
}

// asking returns the context for the AuthFuncs. Where there is neither a request nor a
// mark it is ctx, in which the caller may have said where the credentials came from.
func (f *found) asking(ctx context.Context, r *http.Request) context.Context {
	if r == nil && f.presented.mark == "" {
		return ctx
	}
	f.askedIn = askContext{Context: ctx, found: f, request: r}
	return &f.askedIn
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
	guard, p := a.found.guard, &a.found.presented
	said := asker.Asker{Known: guard.config.SessionMarks.Recognise(p.mark, grimoireauth.NewSecret(p.token), grimoireauth.SessionID(p.session))}
	if a.request != nil {
		said.Address = guard.ClientAddress(a.request)
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
