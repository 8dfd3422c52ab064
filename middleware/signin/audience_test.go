package signin_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/stretchr/testify/require"
)

// audience is the custom audience of the project's JWT template, which every session_jwt of
// these tests names besides the project.
const audience = "urn:example:classes"

// TestW02_SignInWithACustomAudience: the pages sign in, and the guard refreshes, with
// session_jwts that name it.
func TestW02_SignInWithACustomAudience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		b.signIn(w.law.ID, "ada@example.edu")
		named := func() string {
			parts := strings.Split(b.cookie("__Host-stytch_session_jwt"), ".")
			require.Len(t, parts, 3)
			payload, err := base64.RawURLEncoding.DecodeString(parts[1])
			require.NoError(t, err)
			require.Contains(t, string(payload), `"`+w.stytch.ProjectID()+`","`+audience+`"`)
			return string(payload)
		}
		first := named()
		require.Equal(t, string(w.ada), b.who())
		time.Sleep(6 * time.Minute)
		require.Equal(t, string(w.ada), b.who())
		require.NotEqual(t, first, named(), "it was refreshed")
	})
}
