package grimoireauth_test

import (
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// way signs Sam in to a class by one method, from the first page to the last.
type way func(d *desk, class grimoireauth.ClassID) (grimoireauth.SignedIn, error)

const sam = "sam@example.edu"

func byMagicLink(d *desk, class grimoireauth.ClassID) (grimoireauth.SignedIn, error) {
	if err := d.client.SignIn.SendMagicLink(d.t.Context(), grimoireauth.MagicLink{Class: class, Email: sam}); err != nil {
		return grimoireauth.SignedIn{}, err
	}
	return d.client.SignIn.RedeemMagicLink(d.t.Context(), d.token())
}

func byEmailCode(d *desk, class grimoireauth.ClassID) (grimoireauth.SignedIn, error) {
	if err := d.client.SignIn.SendEmailCode(d.t.Context(), grimoireauth.EmailCode{Class: class, Email: sam}); err != nil {
		return grimoireauth.SignedIn{}, err
	}
	return d.client.SignIn.WithEmailCode(d.t.Context(), grimoireauth.EmailCodeSignIn{Class: class, Email: sam, Code: d.code()})
}

func byPassword(d *desk, class grimoireauth.ClassID) (grimoireauth.SignedIn, error) {
	return d.client.SignIn.WithPassword(d.t.Context(), grimoireauth.PasswordSignIn{
		Class: class, Email: sam, Password: grimoireauth.NewSecret(password),
	})
}

func byProvider(provider grimoireauth.SignInMethod) way {
	return func(d *desk, class grimoireauth.ClassID) (grimoireauth.SignedIn, error) {
		start, err := d.client.SignIn.StartOAuth(grimoireauth.OAuthStart{Provider: provider, Class: class})
		if err != nil {
			return grimoireauth.SignedIn{}, err
		}
		back := d.browse(start, sam)
		require.Equal(d.t, "oauth", back.Get("stytch_token_type"))
		out, err := d.client.SignIn.WithOAuth(d.t.Context(), grimoireauth.OAuthSignIn{
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
	return func(d *desk, class grimoireauth.ClassID) (grimoireauth.SignedIn, error) {
		connections, err := d.client.SignIn.Connections.List(d.t.Context(), class)
		require.NoError(d.t, err)
		var id grimoireauth.ConnectionID
		for _, n := range connections {
			if string(n.Kind) == kind {
				id = n.ID
			}
		}
		start, err := d.client.SignIn.StartSSO(grimoireauth.SSOStart{Connection: id})
		if err != nil {
			return grimoireauth.SignedIn{}, err
		}
		back := d.browse(start, sam)
		require.Equal(d.t, "sso", back.Get("stytch_token_type"))
		return d.client.SignIn.WithSSO(d.t.Context(), grimoireauth.SSOSignIn{
			Token: grimoireauth.NewSecret(back.Get("token")), Verifier: start.Verifier, Class: class,
		})
	}
}
