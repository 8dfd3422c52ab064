package stytchkeys_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/jwtlocal/stytchkeys"
)

// TestOtherTokens: the service of the Example takes M2M tokens of its project and nothing
// else that the same keys have signed, and the Verifier takes none of those.
func TestOtherTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const scope = "write:marks"
		stytch := &project{keys: []string{"one"}}
		verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: projectID, Audiences: []string{"urn:example:classes"}, Transport: stytch, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		defer func() { require.NoError(t, verifier.Wait(t.Context())) }()
		keys, err := stytchkeys.New(verifier)
		require.NoError(t, err)
		service := forServices(keys, projectID, scope, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		status := func(text string) int {
			r := httptest.NewRequest("POST", "/", nil)
			r.Header.Set("Authorization", "Bearer "+text)
			w := httptest.NewRecorder()
			service.ServeHTTP(w, r)
			return w.Code
		}
		now := time.Now()
		good := m2m(scope)
		member := with(good, "sub", "member-test-11111111-2222-4333-8444-555555555555")
		session := with(with(member, "https://stytch.com/session", map[string]any{"id": "member-session-test-1", "roles": []string{"stytch_member"}}),
			"https://stytch.com/organization", map[string]any{"organization_id": "organization-test-1"})
		session["exp"] = now.Add(5 * time.Minute).Unix()
		for name, row := range map[string]struct {
			claims jwt.MapClaims
			want   int
		}{
			"an M2M token":                       {good, 200},
			"of more scopes":                     {m2m("read:users " + scope), 200},
			"of another scope":                   {m2m("read:users"), 403},
			"of a longer scope":                  {m2m(scope + ":all"), 403},
			"without a scope":                    {with(good, "scope", nil), 403},
			"of another project":                 {with(with(good, "iss", "stytch.com/project-test-2"), "aud", "project-test-2"), 401},
			"of another issuer":                  {with(good, "iss", "stytch.com/project-test-2"), 401},
			"of another audience":                {with(good, "aud", "project-test-2"), 401},
			"of the live environment":            {with(good, "sub", "m2m-client-live-1"), 401},
			"expired":                            {with(good, "exp", now.Add(-time.Minute).Unix()), 401},
			"without an end":                     {with(good, "exp", nil), 401},
			"not valid yet":                      {with(good, "nbf", now.Add(time.Hour).Unix()), 401},
			"a session_jwt":                      {with(session, "scope", nil), 401},
			"a session_jwt with a scope":         {session, 401},
			"a session_jwt of a custom audience": {with(session, "aud", []string{projectID, "urn:example:classes"}), 401},
			"a session claim beside a client":    {with(session, "sub", good["sub"]), 401},
			"an access token of an app":          {with(member, "client_id", "connected-app-test-1"), 401},
			"an ID token":                        {with(with(member, "aud", "connected-app-test-1"), "scope", nil), 401},
		} {
			text := signed("one", row.claims)
			require.Equal(t, row.want, status(text), name)
			_, err := verifier.Verify(t.Context(), grimoireauth.NewSecret(text))
			if name == "a session_jwt" || name == "a session_jwt with a scope" || name == "a session_jwt of a custom audience" {
				require.NoError(t, err, name)
			} else {
				require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated, name)
			}
		}
		require.Equal(t, 1, stytch.count(), "one key set for both")

		down := &project{down: true}
		keys, err = stytchkeys.New(newVerifier(t, down))
		require.NoError(t, err)
		service = forServices(keys, projectID, scope, http.NotFoundHandler())
		require.Equal(t, http.StatusServiceUnavailable, status(signed("one", good)))
	})
}
