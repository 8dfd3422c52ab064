package stytchclient_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// bubble runs f in virtual time, once the mock has its key.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	warm := new(mock.Stytch)
	warm.SignIn(warm.AddStudent(warm.AddClass("warm").ID, "warm@example.edu"))
	synctest.Test(t, f)
}

func TestSignInEmailCode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class := d.class("Torts")
		d.stytch.AddStudent(class, sam)
		send := func() {
			require.NoError(t, d.client.SignIn.SendEmailCode(t.Context(), stytchclient.EmailCode{Class: class, Email: sam, Expires: 2 * time.Minute}))
		}
		check := func(code grimoireauth.Secret) (stytchclient.SignedIn, error) {
			return d.client.SignIn.WithEmailCode(t.Context(), stytchclient.EmailCodeSignIn{Class: class, Email: sam, Code: code})
		}

		send()
		older := d.code()
		send()
		newer := d.code()
		for newer.Equal(older) { // one chance in a million
			send()
			newer = d.code()
		}
		signedIn, err := check(grimoireauth.NewSecret("12345"))
		d.refused(grimoireauth.ErrWrongCode, signedIn, err)
		signedIn, err = check(older)
		require.True(t, signedIn.IsZero())
		require.Error(t, err, "only the newest works")
		d.in(check(newer))
		signedIn, err = check(newer)
		d.refused(grimoireauth.ErrTokenSpent, signedIn, err)

		send()
		time.Sleep(2 * time.Minute)
		signedIn, err = check(d.code())
		d.refused(grimoireauth.ErrTokenSpent, signedIn, err)
	})
}

func TestSignInEmailCodeInput(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	err := d.client.SignIn.SendEmailCode(t.Context(), stytchclient.EmailCode{Expires: time.Hour, Locale: "tlh"})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	for _, fault := range []string{"class id", "e-mail address", "Expires 1h0m0s", "Locale"} {
		require.ErrorContains(t, err, fault)
	}
	require.ErrorIs(t, d.client.Discovery.SendCode(t.Context(), stytchclient.EmailCode{}), grimoireauth.ErrInvalid)
	_, err = d.client.SignIn.WithEmailCode(t.Context(), stytchclient.EmailCodeSignIn{})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	_, err = d.client.Discovery.ByCode(t.Context(), "", grimoireauth.Secret{})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	require.Empty(t, d.stytch.Journal(), "nothing was sent")
}

// Whoever is suspended, and everybody in an archived class, is told so at once.
func TestSignInEmailCodeBarred(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	class := d.class("Torts")
	d.stytch.AddInstructor(class, "ada@example.edu")
	member := d.stytch.AddStudent(class, sam)
	_, err := d.client.Roster.Suspend(t.Context(), class, member)
	require.NoError(t, err)
	code := stytchclient.EmailCode{Class: class, Email: sam}
	require.ErrorIs(t, d.client.SignIn.SendEmailCode(t.Context(), code), grimoireauth.ErrSuspended)
	signedIn, err := d.client.SignIn.WithEmailCode(t.Context(), stytchclient.EmailCodeSignIn{Class: class, Email: sam, Code: d.code()})
	d.refused(grimoireauth.ErrSuspended, signedIn, err)
	_, err = d.client.Classes.Archive(t.Context(), class)
	require.NoError(t, err)
	code.Email = "ada@example.edu"
	require.ErrorIs(t, d.client.SignIn.SendEmailCode(t.Context(), code), grimoireauth.ErrClassArchived)
}

// A link that is tied to the browser works there only.
func TestSignInSameBrowser(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	class, other := d.class("Torts"), d.class("Equity")
	d.stytch.AddStudent(class, sam)
	verifier := stytchclient.NewVerifier()
	heard.say(verifier)
	send := func(verifier grimoireauth.Secret) error {
		return d.client.SignIn.SendMagicLink(t.Context(), stytchclient.MagicLink{Class: class, Email: sam, SameBrowser: verifier})
	}
	redeem := func(in stytchclient.MagicLinkSignIn) (stytchclient.SignedIn, error) {
		in.Token = d.token()
		return d.client.SignIn.WithMagicLink(t.Context(), in)
	}
	for _, wrong := range []grimoireauth.Secret{{}, stytchclient.NewVerifier()} {
		require.NoError(t, send(verifier))
		signedIn, err := redeem(stytchclient.MagicLinkSignIn{Verifier: wrong})
		d.refused(grimoireauth.ErrOtherBrowser, signedIn, err)
	}
	require.NoError(t, send(verifier))
	d.in(redeem(stytchclient.MagicLinkSignIn{Verifier: verifier, Class: class}))

	require.ErrorIs(t, send(grimoireauth.NewSecret("short")), grimoireauth.ErrInvalid)

	// A link to another class than it is presented for leaves no session.
	require.NoError(t, send(grimoireauth.Secret{}))
	signedIn, err := redeem(stytchclient.MagicLinkSignIn{Class: other})
	d.refused(grimoireauth.ErrOtherClass, signedIn, err)
	sessions, err := d.client.Sessions.Of(t.Context(), class, d.stytch.AddStudent(class, "noor@example.edu"))
	require.NoError(t, err)
	require.Empty(t, sessions)
	require.Len(t, d.revocations, 1, "the session that Stytch had made was ended")
}
