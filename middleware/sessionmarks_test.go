package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/asker"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// The guard marks what it gives to a browser and recognises it later. A mark that is
// missing or wrong is like none, and refuses nothing.
func TestX01_TheGuardRecognisesWhatItGaveOut(t *testing.T) {
	stytch := new(mock.Stytch)
	client := clientOf(t, stytch)
	class := stytch.AddClass("LAWS1100")
	credentials := stytch.SignIn(stytch.AddStudent(class.ID, "ada@example.edu"))
	authenticated, err := client.Sessions.Authenticate(t.Context(), credentials)
	require.NoError(t, err)
	var said asker.Asker
	auth := func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		said, _ = asker.From(ctx)
		return authenticated, nil
	}
	guard := newGuard(t, auth, middleware.Config{SessionMarks: client.SessionMarks()})
	w := httptest.NewRecorder()
	require.NoError(t, guard.SetCookies(w, nil, authenticated))
	value := ""
	for _, cookie := range w.Result().Cookies() {
		if cookie.Name == "__Host-stytch_session" {
			value = cookie.Value
		}
	}
	parts := strings.Split(value, "~")
	require.Len(t, parts, 3)
	require.Equal(t, credentials.Token.Reveal(), parts[0])
	require.Equal(t, string(authenticated.ID()), parts[1])

	foreign, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: rotated(stytch.Secret())})
	require.NoError(t, err)
	for _, tt := range []struct {
		name, cookie string
		marks        grimoireauth.SessionMarks
		known        bool
	}{
		{"as it was written", value, client.SessionMarks(), true},
		{"without a mark, as before", parts[0] + "~" + parts[1], client.SessionMarks(), false},
		{"without a name, as long before", parts[0], client.SessionMarks(), false},
		{"with a wrong mark", parts[0] + "~" + parts[1] + "~" + strings.Repeat("A", 22), client.SessionMarks(), false},
		{"after a rotation of the secret", value, foreign.SessionMarks(), false},
		{"by a guard without marks", value, grimoireauth.SessionMarks{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said = asker.Asker{}
			guard := newGuard(t, auth, middleware.Config{SessionMarks: tt.marks})
			r := request("GET", "/", "")
			r.Header.Set("Cookie", "__Host-stytch_session="+tt.cookie)
			h := guard.Require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, ok := asker.From(r.Context())
				require.False(t, ok, "a handler inherits nothing")
			}))
			require.Equal(t, 200, serve(h, r).StatusCode)
			require.Equal(t, tt.known, said.Known)
			require.Equal(t, "192.0.2.1", textOf(said.Address))
		})
	}
	t.Run("another token with this mark", func(t *testing.T) {
		r := request("GET", "/", "")
		r.Header.Set("Cookie", "__Host-stytch_session="+strings.Repeat("A", 44)+"~"+parts[1]+"~"+parts[2])
		require.Equal(t, 200, serve(guard.Require(nothing), r).StatusCode)
		require.False(t, said.Known)
	})
}

func rotated(secret grimoireauth.Secret) grimoireauth.Secret {
	text := secret.Reveal()
	last := "A"
	if strings.HasSuffix(text, last) {
		last = "B"
	}
	return grimoireauth.NewSecret(text[:len(text)-1] + last)
}

func clientOf(t testing.TB, stytch *mock.Stytch) *stytchclient.Client {
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch})
	require.NoError(t, err)
	return client
}
