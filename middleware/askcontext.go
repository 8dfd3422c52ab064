package middleware

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/promptgrimoire/auth/internal/asker"
)

// askContext is the context that a Guard gives to its AuthFuncs: the request's own, which says
// besides from which address the request came. It finds that out when it is asked, which
// does not happen for a request that is answered locally. Handlers do not get it: what an
// instructor's handler asks Stytch for draws on no client's share.
//
// Like [node] it prints no credentials. It is a part of the found, so that it costs no
// allocation.
type askContext struct {
	context.Context
	guard   *Guard
	request *http.Request
}

// asking returns the context for the AuthFuncs. Without a request it is ctx, in which the
// caller may have said where the credentials came from.
func (f *found) asking(ctx context.Context, r *http.Request) context.Context {
	if r == nil {
		return ctx
	}
	f.askedIn = askContext{Context: ctx, guard: f.guard, request: r}
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
	return asker.Asker{Address: a.guard.ClientAddress(a.request)}
}

// Format writes a name, whatever the verb. It implements [fmt.Formatter].
func (a *askContext) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "middleware.Guard's context for an AuthFunc")
}

// String is for the names that package context puts together.
func (a *askContext) String() string { return fmt.Sprint(a) }
