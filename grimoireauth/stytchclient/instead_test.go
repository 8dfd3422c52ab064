package stytchclient_test

import (
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/stretchr/testify/require"
)

// way signs Sam in to a class by one method, from the first page to the last.
type way func(d *fixture, class grimoireauth.ClassID) (stytchclient.SignedIn, error)

const sam = "sam@example.edu"

func byMagicLink(d *fixture, class grimoireauth.ClassID) (stytchclient.SignedIn, error) {
	if err := d.client.SignIn.SendMagicLink(d.t.Context(), stytchclient.MagicLink{Class: class, Email: sam}); err != nil {
		return stytchclient.SignedIn{}, err
	}
	return d.client.SignIn.WithMagicLink(d.t.Context(), stytchclient.MagicLinkSignIn{Token: d.token()})
}

func byEmailCode(d *fixture, class grimoireauth.ClassID) (stytchclient.SignedIn, error) {
	if err := d.client.SignIn.SendEmailCode(d.t.Context(), stytchclient.EmailCode{Class: class, Email: sam}); err != nil {
		return stytchclient.SignedIn{}, err
	}
	return d.client.SignIn.WithEmailCode(d.t.Context(), stytchclient.EmailCodeSignIn{Class: class, Email: sam, Code: d.code()})
}

func byPassword(d *fixture, class grimoireauth.ClassID) (stytchclient.SignedIn, error) {
	return d.client.SignIn.WithPassword(d.t.Context(), stytchclient.PasswordSignIn{
		Class: class, Email: sam, Password: grimoireauth.NewSecret(password),
	})
}

func byProvider(provider grimoireauth.SignInMethod) way {
	return func(d *fixture, class grimoireauth.ClassID) (stytchclient.SignedIn, error) {
		start, err := d.client.SignIn.StartOAuth(stytchclient.OAuthStart{Provider: provider, Class: class})
		if err != nil {
			return stytchclient.SignedIn{}, err
		}
		back := d.browse(start, sam)
		require.Equal(d.t, "oauth", back.Get("stytch_token_type"))
		out, err := d.client.SignIn.WithOAuth(d.t.Context(), stytchclient.OAuthSignIn{
			Token: grimoireauth.NewSecret(back.Get("token")), Verifier: start.Verifier, Class: class,
		})
		heard.say(out)
		if err == nil {
			require.Equal(d.t, provider, out.Provider.Method)
			require.False(d.t, out.Provider.Access.IsZero())
		}
		return out.SignedIn, err
	}
}

func byConnection(kind string) way {
	return func(d *fixture, class grimoireauth.ClassID) (stytchclient.SignedIn, error) {
		connections, err := d.client.Connections.List(d.t.Context(), class)
		require.NoError(d.t, err)
		var id stytchclient.ConnectionID
		for _, n := range connections {
			if string(n.Kind) == kind {
				id = n.ID
			}
		}
		start, err := d.client.SignIn.StartSSO(stytchclient.SSOStart{Connection: id})
		if err != nil {
			return stytchclient.SignedIn{}, err
		}
		back := d.browse(start, sam)
		require.Equal(d.t, "sso", back.Get("stytch_token_type"))
		return d.client.SignIn.WithSSO(d.t.Context(), stytchclient.SSOSignIn{
			Token: grimoireauth.NewSecret(back.Get("token")), Verifier: start.Verifier, Class: class,
		})
	}
}
