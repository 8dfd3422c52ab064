package stytchclient_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// Several starts of one browser can share a verifier, and without one each has its own.
func TestC06StartsThatShareAVerifier(t *testing.T) {
	s := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{ProjectID: s.ProjectID(), Secret: s.Secret(), PublicToken: s.PublicToken(), Transport: s})
	require.NoError(t, err)
	for name, start := range map[string]func(grimoireauth.Secret) (stytchclient.Start, error){
		"OAuth": func(v grimoireauth.Secret) (stytchclient.Start, error) {
			return client.SignIn.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodGoogle, Class: "laws1100", Verifier: v})
		},
		"discovery": func(v grimoireauth.Secret) (stytchclient.Start, error) {
			return client.Discovery.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodGoogle, Verifier: v})
		},
		"SSO": func(v grimoireauth.Secret) (stytchclient.Start, error) {
			return client.SignIn.StartSSO(stytchclient.SSOStart{Connection: "saml-connection-test-1", Verifier: v})
		},
	} {
		t.Run(name, func(t *testing.T) {
			challenge := func(v grimoireauth.Secret) string {
				got, err := start(v)
				require.NoError(t, err)
				require.True(t, v.IsZero() || got.Verifier.Equal(v))
				u, err := url.Parse(got.URL)
				require.NoError(t, err)
				return u.Query().Get("pkce_code_challenge")
			}
			shared := stytchclient.NewVerifier()
			require.Equal(t, challenge(shared), challenge(shared))
			require.NotEqual(t, challenge(shared), challenge(stytchclient.NewVerifier()))
			require.NotEqual(t, challenge(grimoireauth.Secret{}), challenge(grimoireauth.Secret{}))
			for _, bad := range []string{"short", strings.Repeat("v", 129), strings.Repeat("v", 42) + "%"} {
				_, err := start(grimoireauth.NewSecret(bad))
				require.ErrorIs(t, err, grimoireauth.ErrInvalid)
				require.NotContains(t, err.Error(), bad)
			}
		})
	}
}
