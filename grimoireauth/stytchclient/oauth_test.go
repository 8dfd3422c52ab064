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

func TestSignInStartURLs(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	const back = "https://app.example.edu/auth/callback?next=%2Froster"
	tests := map[string]struct {
		start func(*stytchclient.Client) (stytchclient.Start, error)
		path  string
		want  url.Values // besides public_token and pkce_code_challenge
	}{
		"Google, by id": {func(c *stytchclient.Client) (stytchclient.Start, error) {
			return c.SignIn.StartOAuth(stytchclient.OAuthStart{
				Provider: grimoireauth.MethodGoogle, Class: someone.Class, RedirectURL: back,
				Scopes: []string{"https://www.googleapis.com/auth/calendar", "openid"}, Provided: map[string]string{"hd": "example.edu"},
			})
		}, "/v1/b2b/public/oauth/google/start", url.Values{
			"organization_id": {"organization-test-1"}, "login_redirect_url": {back}, "signup_redirect_url": {back},
			"custom_scopes": {"https://www.googleapis.com/auth/calendar openid"}, "provider_hd": {"example.edu"},
		}},
		"Microsoft, by slug": {func(c *stytchclient.Client) (stytchclient.Start, error) {
			return c.SignIn.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodMicrosoft, Class: "torts"})
		}, "/v1/b2b/public/oauth/microsoft/start", url.Values{"slug": {"torts"}}},
		"Slack, discovery": {func(c *stytchclient.Client) (stytchclient.Start, error) {
			return c.Discovery.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodSlack, RedirectURL: back})
		}, "/v1/b2b/public/oauth/slack/discovery/start", url.Values{"discovery_redirect_url": {back}}},
		"single sign-on": {func(c *stytchclient.Client) (stytchclient.Start, error) {
			return c.SignIn.StartSSO(stytchclient.SSOStart{Connection: "saml-connection-test-1", RedirectURL: back})
		}, "/v1/public/sso/start", url.Values{"connection_id": {"saml-connection-test-1"}, "login_redirect_url": {back}, "signup_redirect_url": {back}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			start, err := test.start(d.client)
			heard.say(start)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(start.URL, d.stytch.BaseURL()+test.path+"?"), start.URL)
			u, err := url.Parse(start.URL)
			require.NoError(t, err)
			got := u.Query()
			require.Equal(t, d.stytch.PublicToken(), got.Get("public_token"))
			require.Len(t, got.Get("pkce_code_challenge"), 43)
			require.NotContains(t, start.URL, start.Verifier.Reveal())
			got.Del("public_token")
			got.Del("pkce_code_challenge")
			require.Equal(t, test.want, got)
			again, err := test.start(d.client)
			require.NoError(t, err)
			require.False(t, start.Verifier.Equal(again.Verifier), "each has a verifier of its own")
		})
	}
	require.Empty(t, d.stytch.Journal(), "nobody was asked")
}

func TestSignInStartURLFaults(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	tests := map[string]struct {
		start func() (stytchclient.Start, error)
		want  []string
	}{
		"nothing": {func() (stytchclient.Start, error) { return d.client.SignIn.StartOAuth(stytchclient.OAuthStart{}) },
			[]string{"the provider is none of", "class id is missing"}},
		"no provider of OAuth": {func() (stytchclient.Start, error) {
			return d.client.Discovery.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodPassword})
		}, []string{"the provider is none of"}},
		"a discovery with a class": {func() (stytchclient.Start, error) {
			return d.client.Discovery.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodGoogle, Class: "torts"})
		}, []string{"without a class"}},
		"odd parameters": {func() (stytchclient.Start, error) {
			return d.client.SignIn.StartOAuth(stytchclient.OAuthStart{
				Provider: grimoireauth.MethodGoogle, Class: "torts", RedirectURL: "/callback",
				Scopes: []string{"a b"}, Provided: map[string]string{"x&public_token": "1"},
			})
		}, []string{"RedirectURL", "Scopes", "Provided"}},
		"no connection": {func() (stytchclient.Start, error) { return d.client.SignIn.StartSSO(stytchclient.SSOStart{}) },
			[]string{"connection id is missing"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			start, err := test.start()
			require.Zero(t, start)
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestSignInPublicToken(t *testing.T) {
	config := func(token string) stytchclient.Config {
		return stytchclient.Config{ProjectID: testProject, Secret: grimoireauth.NewSecret(testSecret), PublicToken: token}
	}
	for name, test := range map[string]struct{ token, want string }{
		"form":                   {"token", "PublicToken is not of the form"},
		"environment":            {"public-token-live-00000000-0000-4000-8000-000000000000", "PublicToken is a live token, ProjectID is a test project"},
		"the secret, by mistake": {testSecret, "PublicToken is not of the form"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := stytchclient.New(config(test.token))
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), testSecret[12:20])
		})
	}
	client, err := stytchclient.New(config(""))
	require.NoError(t, err, "most programs need none")
	_, err = client.SignIn.StartSSO(stytchclient.SSOStart{Connection: "saml-connection-test-1"})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	require.ErrorContains(t, err, "Config.PublicToken is missing")
	live, err := stytchclient.New(stytchclient.Config{
		ProjectID: liveProject, Secret: grimoireauth.NewSecret(liveSecret), PublicToken: "public-token-live-00000000-0000-4000-8000-000000000000",
		BaseURL: "https://login.example.edu",
	})
	require.NoError(t, err)
	start, err := live.SignIn.StartSSO(stytchclient.SSOStart{Connection: "saml-connection-live-1"})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(start.URL, "https://login.example.edu/v1/public/sso/start?"))
}

// What a browser brings back counts once, with its own verifier, for its own class.
func TestSignInBroughtBack(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	class, other := d.class("Torts"), d.class("Equity")
	d.stytch.AddStudent(class, sam)
	d.stytch.AddStudent(other, sam)
	connection := stytchclient.ConnectionID(d.stytch.AddSSO(class, "oidc", nil))
	ways := map[string]struct {
		start func() (stytchclient.Start, error)
		end   func(token, verifier grimoireauth.Secret, class grimoireauth.ClassID) (stytchclient.SignedIn, error)
	}{
		"provider": {
			func() (stytchclient.Start, error) {
				return d.client.SignIn.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodGoogle, Class: class})
			},
			func(token, verifier grimoireauth.Secret, class grimoireauth.ClassID) (stytchclient.SignedIn, error) {
				out, err := d.client.SignIn.WithOAuth(t.Context(), stytchclient.OAuthSignIn{Token: token, Verifier: verifier, Class: class})
				if err != nil {
					require.Zero(t, out)
				}
				return out.SignedIn, err
			},
		},
		"single sign-on": {
			func() (stytchclient.Start, error) {
				return d.client.SignIn.StartSSO(stytchclient.SSOStart{Connection: connection})
			},
			func(token, verifier grimoireauth.Secret, class grimoireauth.ClassID) (stytchclient.SignedIn, error) {
				return d.client.SignIn.WithSSO(t.Context(), stytchclient.SSOSignIn{Token: token, Verifier: verifier, Class: class})
			},
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			bring := func() (token, verifier grimoireauth.Secret) {
				start, err := way.start()
				require.NoError(t, err)
				return grimoireauth.NewSecret(d.browse(start, sam).Get("token")), start.Verifier
			}
			token, _ := bring()
			signedIn, err := way.end(token, grimoireauth.Secret{}, class)
			d.refused(grimoireauth.ErrInvalid, signedIn, err)
			signedIn, err = way.end(token, stytchclient.NewVerifier(), class)
			d.refused(grimoireauth.ErrOtherBrowser, signedIn, err)

			token, verifier := bring()
			d.in(way.end(token, verifier, class))
			signedIn, err = way.end(token, verifier, class)
			heard.say(err)
			require.True(t, signedIn.IsZero())
			require.True(t, asKind(err) == grimoireauth.ErrTokenUnknown || asKind(err) == grimoireauth.ErrTokenSpent, "it counts once: %v", err)
			signedIn, err = way.end(grimoireauth.NewSecret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), verifier, class)
			d.refused(grimoireauth.ErrTokenUnknown, signedIn, err)

			token, verifier = bring()
			signedIn, err = way.end(token, verifier, other)
			d.refused(grimoireauth.ErrOtherClass, signedIn, err)
		})
	}
}
