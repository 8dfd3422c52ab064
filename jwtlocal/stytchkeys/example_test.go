package stytchkeys_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/jwtlocal/stytchkeys"
)

// serviceClaims are the claims of an M2M client's access token.
type serviceClaims struct {
	jwt.RegisteredClaims
	Scope   string `json:"scope"`
	Session any    `json:"https://stytch.com/session"`
}

// Validate is called by golang-jwt. A session_jwt has the same issuer, audience and keys,
// and a JWT template may give it a scope; it is no M2M token.
func (c serviceClaims) Validate() error {
	if !strings.HasPrefix(c.Subject, "m2m-client-test-") || c.Session != nil {
		return errors.New("not the token of an M2M client of this environment")
	}
	return nil
}

// forServices lets only services call that have a scope.
func forServices(keys keyfunc.Keyfunc, project, scope string, next http.Handler) http.Handler {
	parser := jwt.NewParser(
		jwt.WithIssuer("stytch.com/"+project), jwt.WithAudience(project), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithStrictDecoding(),
	)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		var claims serviceClaims
		_, err := parser.ParseWithClaims(text, &claims, keys.KeyfuncCtx(r.Context()))
		switch {
		case errors.Is(err, grimoireauth.ErrUnavailable): // says nothing about the token
			http.Error(w, "try again", http.StatusServiceUnavailable)
		case err != nil:
			http.Error(w, "not a token for this service", http.StatusUnauthorized)
		case !slices.Contains(strings.Fields(claims.Scope), scope):
			http.Error(w, "the scope "+scope+" is missing", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// Another service writes marks. It comes with an M2M token, which the verifier of the
// session_jwts cannot check, and shares its keys.
func Example() {
	stytch := &project{keys: []string{"one"}} // in production Transport is nil
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: projectID, Transport: stytch})
	if err != nil {
		panic(err)
	}
	keys, err := stytchkeys.New(verifier)
	if err != nil {
		panic(err)
	}
	marks := forServices(keys, projectID, "write:marks", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "written")
	}))

	call := func(token string) {
		r := httptest.NewRequestWithContext(context.Background(), "POST", "/marks", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		marks.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	call(signed("one", m2m("read:marks write:marks")))
	call(signed("one", m2m("read:marks")))

	session := with(m2m("write:marks"), "sub", "member-test-11111111-2222-4333-8444-555555555555")
	call(signed("one", with(session, "https://stytch.com/session", map[string]any{"id": "member-session-test-1"})))
	call(signed("one", with(m2m("write:marks"), "aud", "https://another.example.edu")))
	call(signed("forger", m2m("write:marks")))
	// Output:
	// 200 written
	// 403 the scope write:marks is missing
	// 401 not a token for this service
	// 401 not a token for this service
	// 401 not a token for this service
}
