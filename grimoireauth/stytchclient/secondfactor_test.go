package stytchclient_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// home signs Sam in to a class that asks for nothing more.
func (d *fixture) home(class grimoireauth.ClassID) stytchclient.SignedIn {
	d.t.Helper()
	return d.in(byMagicLink(d, class))
}

func factorTypes(s grimoireauth.Session) []string {
	var out []string
	for _, f := range s.Factors() {
		out = append(out, f.Type)
	}
	return out
}

// A phone: enrolled in a live session, asked for at the next sign-in.
func TestSignInPhone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class := d.class("Torts")
		d.stytch.AddStudent(class, sam)
		at := d.home(class)
		ends := at.ExpiresAt()

		require.NoError(t, d.client.SecondFactors.SendSMSCode(t.Context(), stytchclient.OwnerOf(at.Authentication), stytchclient.SMSCode{Phone: phone, Locale: "de-DE"}))
		require.Equal(t, phone, d.message().To)
		signedIn, err := d.client.SecondFactors.WithSMSCode(t.Context(), stytchclient.OwnerOf(at.Authentication), stytchclient.FactorCode{Code: grimoireauth.NewSecret("12x456")})
		d.refused(grimoireauth.ErrWrongCode, signedIn, err)
		require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated, "a wrong code signs nobody out")
		time.Sleep(time.Minute)
		more := d.in(d.client.SecondFactors.WithSMSCode(t.Context(), stytchclient.OwnerOf(at.Authentication), stytchclient.FactorCode{Code: d.code(), AlwaysAsk: true, MakeDefault: true}))
		require.Equal(t, at.ID(), more.ID(), "it is the same session")
		require.Equal(t, []string{"magic_link", "otp"}, factorTypes(more.Session))
		require.True(t, ends.Equal(more.ExpiresAt()), "to strengthen a session does not extend it")
		require.True(t, more.Member.MFAEnrolled)
		require.Equal(t, grimoireauth.SecondFactorSMS, more.Member.DefaultSecondFactor)

		stepUp := d.unfinished(byMagicLink(d, class))
		require.True(t, stepUp.CodeSent, "Stytch sends it by itself")
		require.Equal(t, []grimoireauth.SecondFactor{grimoireauth.SecondFactorSMS}, stepUp.Enrolled)
		code := d.code()
		time.Sleep(2 * time.Minute)
		signedIn, err = d.client.SecondFactors.WithSMSCode(t.Context(), stepUp.Owner(), stytchclient.FactorCode{Code: code})
		d.refused(grimoireauth.ErrTokenSpent, signedIn, err)
		require.ErrorIs(t, d.client.SecondFactors.SendSMSCode(t.Context(), stepUp.Owner(), stytchclient.SMSCode{Phone: "+61400000009"}),
			grimoireauth.ErrConflict, "not to another phone than theirs")
		require.NoError(t, d.client.SecondFactors.SendSMSCode(t.Context(), stepUp.Owner(), stytchclient.SMSCode{}))
		finished := d.in(d.client.SecondFactors.WithSMSCode(t.Context(), stepUp.Owner(), stytchclient.FactorCode{
			Code: d.code(), SessionOptions: stytchclient.SessionOptions{Duration: 8 * time.Hour, CustomClaims: map[string]any{"seat": "12"}},
		}))
		require.WithinDuration(t, time.Now().Add(8*time.Hour), finished.ExpiresAt(), time.Minute)
	})
}

// An app: enrolled on the way in, confirmed, used again, lost, replaced by a
// recovery code.
func TestSignInApp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class := d.class("Torts & Delicts", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
		me := d.stytch.AddStudent(class, sam)
		stepUp := d.unfinished(byMagicLink(d, class))
		app, err := d.client.SecondFactors.EnrollApp(t.Context(), stepUp.Owner())
		heard.say(app, err)
		require.NoError(t, err)
		require.Len(t, app.RecoveryCodes, 10)
		uri, err := url.Parse(app.URI.Reveal())
		require.NoError(t, err)
		require.Equal(t, app.Secret.Reveal(), uri.Query().Get("secret"))
		require.Equal(t, "Torts & Delicts", uri.Query().Get("issuer"))
		require.Equal(t, "/Torts & Delicts:"+sam, uri.Path)

		_, err = d.client.SecondFactors.EnrollApp(t.Context(), stepUp.Owner())
		require.ErrorIs(t, err, grimoireauth.ErrConflict)
		code := d.stytch.TOTPCode(me)
		first := d.in(d.client.SecondFactors.WithAppCode(t.Context(), stepUp.Owner(), stytchclient.FactorCode{Code: grimoireauth.NewSecret(code)}))
		require.Equal(t, []string{"magic_link", "totp"}, factorTypes(first.Session))
		require.True(t, first.Member.App)

		stepUp = d.unfinished(byMagicLink(d, class))
		signedIn, err := d.client.SecondFactors.WithAppCode(t.Context(), stepUp.Owner(), stytchclient.FactorCode{Code: grimoireauth.NewSecret(code)})
		d.refused(grimoireauth.ErrTokenSpent, signedIn, err)
		signedIn, err = d.client.SecondFactors.WithAppCode(t.Context(), stepUp.Owner(), stytchclient.FactorCode{Code: app.RecoveryCodes[0]})
		d.refused(grimoireauth.ErrWrongCode, signedIn, err)
		signedIn, err = d.client.SecondFactors.WithRecoveryCode(t.Context(), stepUp.Owner(), stytchclient.FactorCode{Code: grimoireauth.NewSecret("zzzz-yyyy-xxxx")})
		d.refused(grimoireauth.ErrWrongCode, signedIn, err)
		lost := d.in(d.client.SecondFactors.WithRecoveryCode(t.Context(), stepUp.Owner(), stytchclient.FactorCode{Code: app.RecoveryCodes[0]}))
		require.Equal(t, []string{"magic_link", "recovery_codes"}, factorTypes(lost.Session))

		left, err := d.client.SecondFactors.RecoveryCodes(t.Context(), lost.Authentication)
		heard.say(left, err)
		require.NoError(t, err)
		require.Len(t, left, 9, "each works once")
		fresh, err := d.client.SecondFactors.RotateRecoveryCodes(t.Context(), lost.Authentication)
		heard.say(fresh, err)
		require.NoError(t, err)
		require.Len(t, fresh, 10)
		for _, code := range fresh {
			require.False(t, code.Equal(left[0]))
		}
		signedIn, err = d.client.SecondFactors.WithRecoveryCode(t.Context(), stytchclient.OwnerOf(lost.Authentication), stytchclient.FactorCode{Code: left[0]})
		d.refused(grimoireauth.ErrWrongCode, signedIn, err)
		d.in(d.client.SecondFactors.WithRecoveryCode(t.Context(), stytchclient.OwnerOf(lost.Authentication), stytchclient.FactorCode{Code: fresh[0]}))

		time.Sleep(time.Minute)
		again := d.in(d.client.SecondFactors.WithAppCode(t.Context(), stytchclient.OwnerOf(first.Authentication), stytchclient.FactorCode{Code: grimoireauth.NewSecret(d.stytch.TOTPCode(me))}))
		require.Equal(t, first.ID(), again.ID())
		require.Contains(t, factorTypes(again.Session), "totp")
	})
}

// Which factor is asked for first is the member's choice.
func TestSignInDefaultFactor(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	class := d.class("Torts")
	d.giveApp(class, d.stytch.AddStudent(class, sam))
	at := d.home(class)
	for _, choose := range []bool{false, true} {
		require.NoError(t, d.client.SecondFactors.SendSMSCode(t.Context(), stytchclient.OwnerOf(at.Authentication), stytchclient.SMSCode{Phone: phone}))
		got := d.in(d.client.SecondFactors.WithSMSCode(t.Context(), stytchclient.OwnerOf(at.Authentication), stytchclient.FactorCode{Code: d.code(), MakeDefault: choose}))
		want := map[bool]grimoireauth.SecondFactor{false: grimoireauth.SecondFactorApp, true: grimoireauth.SecondFactorSMS}[choose]
		require.Equal(t, want, got.Member.DefaultSecondFactor)
		require.False(t, got.Member.MFAEnrolled, "to have a factor is not to be asked for it each time")
	}
}

// An enrollment that nobody confirms ends by itself.
func TestSignInAppNotConfirmed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class := d.class("Torts")
		me := d.stytch.AddStudent(class, sam)
		at := d.home(class)
		_, err := d.client.SecondFactors.EnrollApp(t.Context(), stytchclient.OwnerOf(at.Authentication))
		require.NoError(t, err)
		at.Authentication, err = d.client.Sessions.Extend(t.Context(), at.Credentials, 8*time.Hour)
		require.NoError(t, err)
		time.Sleep(time.Hour)
		signedIn, err := d.client.SecondFactors.WithAppCode(t.Context(), stytchclient.OwnerOf(at.Authentication), stytchclient.FactorCode{Code: grimoireauth.NewSecret(d.stytch.TOTPCode(me))})
		d.refused(grimoireauth.ErrTokenSpent, signedIn, err)
		_, err = d.client.SecondFactors.RecoveryCodes(t.Context(), at.Authentication)
		heard.say(err)
		if err != nil {
			require.ErrorIs(t, err, grimoireauth.ErrNotFound)
		}
		signedIn, err = d.client.SecondFactors.WithRecoveryCode(t.Context(), stytchclient.OwnerOf(at.Authentication), stytchclient.FactorCode{Code: grimoireauth.NewSecret("zzzz-yyyy-xxxx")})
		d.refused(grimoireauth.ErrNotFound, signedIn, err)
	})
}

// A class that accepts one second factor only says which.
func TestSignInSecondFactorRestricted(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	class := d.class("Torts", mock.Settings{
		"mfa_policy": "REQUIRED_FOR_ALL", "mfa_methods": "RESTRICTED", "allowed_mfa_methods": []string{"totp"}, "email_invites": "ALL_ALLOWED",
	})
	d.stytch.AddStudent(class, sam)
	stepUp := d.unfinished(byMagicLink(d, class))
	require.Equal(t, []grimoireauth.SecondFactor{grimoireauth.SecondFactorApp}, stepUp.Allowed)
	err := d.client.SecondFactors.SendSMSCode(t.Context(), stepUp.Owner(), stytchclient.SMSCode{Phone: phone})
	heard.say(err)
	require.ErrorIs(t, err, grimoireauth.ErrMethodNotAllowed)
	var instead *stytchclient.NotAllowedError
	require.ErrorAs(t, err, &instead)
	require.Equal(t, stepUp.Allowed, instead.SecondFactors)
	require.ErrorContains(t, instead, "as a second factor totp")
}

// Guessing ends in a lock, which is not the same as a limit on requests.
func TestSignInLocked(t *testing.T) {
	d := newFixture(t, &mock.Stytch{LockAfter: 3})
	class := d.class("Torts")
	d.enroll(class)
	guess := func() (stytchclient.SignedIn, error) {
		return d.client.SignIn.WithPassword(t.Context(), stytchclient.PasswordSignIn{Class: class, Email: sam, Password: grimoireauth.NewSecret(wrongPassword)})
	}
	for range 3 {
		signedIn, err := guess()
		d.refused(grimoireauth.ErrWrongPassword, signedIn, err)
	}
	signedIn, err := guess()
	d.refused(grimoireauth.ErrLocked, signedIn, err)
	require.ErrorIs(t, err, grimoireauth.ErrRateLimited)
	signedIn, err = byPassword(d, class)
	d.refused(grimoireauth.ErrLocked, signedIn, err)
}

// Somebody else's proof finishes nothing.
func TestSignInSecondFactorOfSomebodyElse(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	class := d.class("Torts", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
	d.stytch.AddStudent(class, sam)
	noor := d.stytch.AddStudent(class, "noor@example.edu")
	d.giveApp(class, noor)
	mine := d.unfinished(byMagicLink(d, class)).Owner()
	mine.Person.Member = noor
	signedIn, err := d.client.SecondFactors.WithAppCode(t.Context(), mine, stytchclient.FactorCode{Code: grimoireauth.NewSecret(d.stytch.TOTPCode(noor))})
	heard.say(err)
	require.Error(t, err)
	require.True(t, signedIn.IsZero())
	require.Error(t, d.client.SecondFactors.SendSMSCode(t.Context(), mine, stytchclient.SMSCode{Phone: phone}))

	// Stytch compares the member with the proof.
	others := stytchclient.FactorOwner{Person: mine.Person, Proof: d.stytch.SignIn(d.stytch.AddStudent(class, "bob@example.edu"))}
	_, err = d.client.SecondFactors.EnrollApp(t.Context(), others)
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	require.ErrorIs(t, d.client.SecondFactors.SendSMSCode(t.Context(), others, stytchclient.SMSCode{Phone: "+61400000000"}), grimoireauth.ErrInvalid)

	asked := len(d.stytch.Journal())
	for name, unfinished := range map[string]stytchclient.FactorOwner{
		"nobody":   {},
		"no proof": {Person: mine.Person},
		"no class": {Person: grimoireauth.Person{Member: noor}, Proof: mine.Proof},
		"a slug":   {Person: grimoireauth.Person{Member: noor, Class: "torts"}, Proof: mine.Proof},
	} {
		code := stytchclient.FactorCode{Code: grimoireauth.NewSecret("739154")}
		_, err := d.client.SecondFactors.WithSMSCode(t.Context(), unfinished, code)
		require.ErrorIs(t, err, grimoireauth.ErrInvalid, name)
		_, err = d.client.SecondFactors.WithRecoveryCode(t.Context(), unfinished, code)
		require.ErrorIs(t, err, grimoireauth.ErrInvalid, name)
		_, err = d.client.SecondFactors.EnrollApp(t.Context(), unfinished)
		require.ErrorIs(t, err, grimoireauth.ErrInvalid, name)
	}
	_, err = d.client.SecondFactors.WithAppCode(t.Context(), stytchclient.OwnerOf(grimoireauth.Authentication{}), stytchclient.FactorCode{})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	_, err = d.client.SecondFactors.RecoveryCodes(t.Context(), grimoireauth.Authentication{})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	_, err = d.client.SecondFactors.RotateRecoveryCodes(t.Context(), grimoireauth.Authentication{})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	require.ErrorIs(t, d.client.SecondFactors.SendSMSCode(t.Context(), stytchclient.OwnerOf(live(t)), stytchclient.SMSCode{Phone: "0400 000 000"}), grimoireauth.ErrInvalid)
	require.Len(t, d.stytch.Journal(), asked, "nothing was sent")
}
