package stytchclient_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
	passwordemail "github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords/email"
)

func (d *fixture) try(class grimoireauth.ClassID, word string) (stytchclient.SignedIn, error) {
	return d.client.SignIn.WithPassword(d.t.Context(), stytchclient.PasswordSignIn{Class: class, Email: sam, Password: grimoireauth.NewSecret(word)})
}

// A first password, by e-mail; then the old sessions are gone.
func TestSignInPasswordReset(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class := d.class("Torts")
		me := d.stytch.AddStudent(class, sam)
		before := d.home(class)
		signedIn, err := d.try(class, password)
		d.refused(grimoireauth.ErrWrongPassword, signedIn, err)

		verifier, err := d.client.Passwords.StartReset(t.Context(), stytchclient.PasswordReset{Class: class, Email: sam, Expires: 5 * time.Minute})
		heard.say(verifier, err)
		require.NoError(t, err)
		finish := func(verifier grimoireauth.Secret, word string) (stytchclient.SignedIn, error) {
			return d.client.Passwords.FinishReset(t.Context(), stytchclient.NewPassword{
				Token: d.token(), Verifier: verifier, Password: grimoireauth.NewSecret(word), Class: class,
			})
		}
		signedIn, err = finish(grimoireauth.Secret{}, password)
		d.refused(grimoireauth.ErrInvalid, signedIn, err)
		signedIn, err = finish(verifier, "Sam12")
		d.refused(grimoireauth.ErrWeakPassword, signedIn, err)
		time.Sleep(time.Second)
		set := d.in(finish(verifier, password))
		require.Equal(t, me, set.Member.Member)
		require.NotEqual(t, before.ID(), set.ID())
		require.Len(t, d.revocations, 1)
		require.Equal(t, me, d.revocations[0].Member, "old session_jwts are stale")
		_, err = d.client.Sessions.Authenticate(t.Context(), before.Credentials)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
		signedIn, err = finish(verifier, password)
		d.refused(grimoireauth.ErrTokenSpent, signedIn, err)

		d.in(d.try(class, password))
		verifier, err = d.client.Passwords.StartReset(t.Context(), stytchclient.PasswordReset{Class: class, Email: sam})
		require.NoError(t, err)
		signedIn, err = finish(stytchclient.NewVerifier(), otherPassword)
		d.refused(grimoireauth.ErrOtherBrowser, signedIn, err)
		time.Sleep(30 * time.Minute)
		signedIn, err = finish(verifier, otherPassword)
		d.refused(grimoireauth.ErrTokenSpent, signedIn, err)
	})
}

func TestSignInPasswordChange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class := d.class("Torts")
		me := d.enroll(class)
		at := d.in(d.try(class, password))
		change := func(old, fresh string) (stytchclient.SignedIn, error) {
			return d.client.Passwords.Change(t.Context(), stytchclient.PasswordChange{
				Class: class, Email: sam, Old: grimoireauth.NewSecret(old), New: grimoireauth.NewSecret(fresh),
			})
		}
		signedIn, err := change(wrongPassword, otherPassword)
		d.refused(grimoireauth.ErrWrongPassword, signedIn, err)
		signedIn, err = change(password, password)
		d.refused(grimoireauth.ErrWeakPassword, signedIn, err)
		require.Empty(t, d.revocations)
		changed := d.in(change(password, otherPassword))
		require.Equal(t, []grimoireauth.Revocation{{Member: me, At: time.Now()}}, d.revocations)
		_, err = d.client.Sessions.Authenticate(t.Context(), at.Credentials)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
		signedIn, err = d.try(class, password)
		d.refused(grimoireauth.ErrWrongPassword, signedIn, err)

		// Somebody who has just signed in needs no old one.
		other := d.in(d.try(class, otherPassword))
		set := d.in(d.client.Passwords.Set(t.Context(), changed.Authentication, grimoireauth.NewSecret(password), stytchclient.SessionOptions{}))
		require.Equal(t, changed.ID(), set.ID(), "this session goes on")
		_, err = d.client.Sessions.Authenticate(t.Context(), other.Credentials)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "the others do not")
		time.Sleep(6 * time.Minute)
		signedIn, err = d.client.Passwords.Set(t.Context(), set.Authentication, grimoireauth.NewSecret(otherPassword), stytchclient.SessionOptions{})
		d.refused(grimoireauth.ErrNotRecent, signedIn, err)
		require.Zero(t, d.alarms)
	})
}

func TestSignInPasswordMustChange(t *testing.T) {
	d := newFixture(t, &mock.Stytch{CrossOrgPasswords: true})
	class := d.class("Torts")
	d.enroll(class)
	_, err := d.client.Stytch().Passwords.Email.RequireReset(t.Context(), &passwordemail.RequireResetParams{EmailAddress: sam})
	require.NoError(t, err)
	signedIn, err := d.try(class, password)
	d.refused(grimoireauth.ErrPasswordMustChange, signedIn, err)
	signedIn, err = d.try(class, wrongPassword)
	d.refused(grimoireauth.ErrWrongPassword, signedIn, err)
}

// Where passwords belong to addresses.
func TestSignInPasswordDiscovery(t *testing.T) {
	d := newFixture(t, &mock.Stytch{CrossOrgPasswords: true})
	class := d.class("Torts")
	me := d.stytch.AddStudent(class, sam)
	discover := func(word string) (stytchclient.Discovered, error) {
		return d.client.Discovery.ByPassword(t.Context(), sam, grimoireauth.NewSecret(word))
	}
	found, err := discover(password)
	d.refused(grimoireauth.ErrWrongPassword, found, err)
	verifier, err := d.client.Discovery.StartPasswordReset(t.Context(), stytchclient.PasswordReset{Email: sam})
	heard.say(verifier, err)
	require.NoError(t, err)
	reset := d.token()
	found = d.discovered(d.client.Discovery.FinishPasswordReset(t.Context(), reset, verifier, grimoireauth.NewSecret(password)))
	require.Len(t, found.Classes, 1)
	require.Len(t, d.revocations, 1)
	require.Equal(t, me, d.revocations[0].Member)
	found, err = d.client.Discovery.FinishPasswordReset(t.Context(), reset, verifier, grimoireauth.NewSecret(password))
	d.refused(grimoireauth.ErrTokenSpent, found, err)

	found = d.discovered(discover(password))
	d.in(d.client.Discovery.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: class, Intermediate: found.Intermediate}))

	apart := newFixture(t, new(mock.Stytch))
	found, err = apart.client.Discovery.ByPassword(t.Context(), sam, grimoireauth.NewSecret(password))
	apart.refused(grimoireauth.ErrUnavailable, found, err)
	require.Equal(t, 1, apart.alarms, "the project is set up otherwise, which is the operator's business")
}

// A wrong password and a wrong project secret have the same words at Stytch. Only
// the second is an outage, and only then is the operator told.
func TestSignInWrongPasswordOrWrongProject(t *testing.T) {
	tests := map[string]struct {
		password, policy http.HandlerFunc // the answers to the two calls
		want             error
		alarm            bool
	}{
		"wrong password":        {envelope(401, "unauthorized_credentials"), body(200, `{"policy":{}}`), grimoireauth.ErrWrongPassword, false},
		"unknown address":       {envelope(404, "member_not_found"), body(200, `{"policy":{}}`), grimoireauth.ErrWrongPassword, false},
		"no password":           {envelope(404, "member_password_not_found"), body(200, `{"policy":{}}`), grimoireauth.ErrWrongPassword, false},
		"wrong project secret":  {envelope(401, "unauthorized_credentials"), envelope(401, "unauthorized_credentials"), grimoireauth.ErrUnavailable, true},
		"cannot be found out":   {envelope(401, "unauthorized_credentials"), envelope(500, "internal_server_error"), grimoireauth.ErrUnavailable, false},
		"not even that":         {envelope(401, "unauthorized_credentials"), body(403, "a proxy says no"), grimoireauth.ErrUnavailable, false},
		"too fast to find out":  {envelope(401, "unauthorized_credentials"), envelope(429, "too_many_requests"), grimoireauth.ErrRateLimited, false},
		"refused without a why": {envelope(401, "unauthorized_credentials"), envelope(400, "something_new"), grimoireauth.ErrUnavailable, false},
		"another outage":        {envelope(503, "server_unavailable"), nil, grimoireauth.ErrUnavailable, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for call, do := range map[string]func(context.Context, *stytchclient.Client) (stytchclient.SignedIn, error){
				"sign in": nineteen(t)["passwords/authenticate"].do, "change": nineteen(t)["passwords/existing_password/reset"].do,
			} {
				alarms := 0
				client := clientOf(t, func(_ context.Context, e grimoireauth.Event) {
					heard.say(e)
					if _, ok := e.(grimoireauth.OperatorAlarm); ok {
						alarms++
					}
				}, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/v1/b2b/rbac/policy" {
						test.policy(w, r)
						return
					}
					test.password(w, r)
				})
				signedIn, err := do(t.Context(), client)
				heard.say(err)
				require.True(t, signedIn.IsZero())
				require.ErrorIs(t, err, test.want, call)
				require.Equal(t, test.want == grimoireauth.ErrWrongPassword, grimoireauth.ErrWrongPassword == asKind(err))
				require.Equal(t, test.alarm, alarms > 0, call)
			}
		})
	}
}

func asKind(err error) error {
	var e *grimoireauth.Error
	if !errors.As(err, &e) {
		return nil
	}
	return e.Kind
}

func TestSignInCheckPassword(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	good, err := d.client.Passwords.Check(t.Context(), grimoireauth.NewSecret(password), sam)
	require.NoError(t, err)
	require.True(t, good.OK)
	require.GreaterOrEqual(t, good.Score, 3)
	weak, err := d.client.Passwords.Check(t.Context(), grimoireauth.NewSecret("Sam12"), sam)
	require.NoError(t, err)
	require.False(t, weak.OK)
	require.NotEmpty(t, weak.Suggestions)
	_, err = d.client.Passwords.Check(t.Context(), grimoireauth.Secret{}, sam)
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)

	leaked, err := clientOf(t, nil, body(200, `{"valid_password":true,"score":4,"breached_password":true,"strength_policy":"luds","luds_feedback":{"missing_characters":2}}`)).
		Passwords.Check(t.Context(), token, "")
	require.NoError(t, err)
	require.False(t, leaked.OK, "whatever else is said about it")
	require.Equal(t, 2, leaked.MissingCharacters)
	_, err = clientOf(t, nil, body(200, "{}")).Passwords.Check(t.Context(), token, "")
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
}
