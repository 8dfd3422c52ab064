package middleware_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A handler may log its context, or somebody's struct with the context in it, with
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
