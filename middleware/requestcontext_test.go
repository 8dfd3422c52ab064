package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// A handler may log its context, or a struct with the context in it, with
// any verb: fmt follows one pointer where a verb does not fit, also in a private field.
func TestC14_TheContextPrintsNoCredentials(t *testing.T) {
	for _, tt := range handlers {
		t.Run(tt.name, func(t *testing.T) {
			guard, r := warm(t)
			served := false
			h := tt.wrap(guard, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				served = true
				type open struct{ V any }
				type hidden struct{ v any }
				for _, v := range []any{r.Context(), open{r.Context()}, hidden{r.Context()}, &hidden{r.Context()}, []any{r.Context()}} {
					for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%c", "%t", "%e"} {
						printed := fmt.Sprintf(verb, v)
						require.NotContains(t, printed, strings.Repeat("t", 44), "the session_token, with %s", verb)
						require.NotContains(t, printed, strings.Repeat("a", 44), "the session_jwt, with %s", verb)
						require.NotContains(t, printed, strings.Repeat("74", 44), "the session_token in hexadecimal, with %s", verb)
					}
				}
			}))
			h.ServeHTTP(discard{http.Header{}}, r)
			require.True(t, served)
		})
	}
}

// A Guard that watches connections holds what proves their sessions, and prints none of it.
func TestC14_AGuardThatWatchesPrintsNoCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where no timer runs while fmt reads without locks
		guard, r := warm(t)
		inClass := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var watched context.Context
		inClass(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { watched = guard.Watch(r) })).ServeHTTP(discard{http.Header{}}, r.WithContext(ctx))
		require.NoError(t, watched.Err())
		type hidden struct{ v any }
		for _, v := range []any{guard, hidden{guard}, &hidden{guard}, [1]any{guard}, watched, hidden{watched}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%c", "%t", "%e", "%z"} {
				printed := fmt.Sprintf(verb, v)
				require.NotContains(t, printed, strings.Repeat("t", 44), "the session_token, with %s", verb)
				require.NotContains(t, printed, strings.Repeat("a", 44), "the session_jwt, with %s", verb)
			}
		}
	})
}
