package stytchclient_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestSignInFetch(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	class := d.class("Torts")
	d.stytch.AddInstructor(class, sam)
	at := d.home(class)
	got := d.in(d.client.Sessions.Fetch(t.Context(), at.Credentials))
	require.Equal(t, at.Member.Person, got.Member.Person)
	require.Equal(t, grimoireauth.RoleInstructor, got.Member.Role)
	require.Equal(t, "Torts", got.Class.Name)
	require.True(t, at.ExpiresAt().Equal(got.ExpiresAt()), "asking does not extend")
	d.stytch.EndSession(at.Credentials)
	signedIn, err := d.client.Sessions.Fetch(t.Context(), at.Credentials)
	d.refused(grimoireauth.ErrSessionEnded, signedIn, err)
	signedIn, err = d.client.Sessions.Fetch(t.Context(), grimoireauth.Credentials{})
	d.refused(grimoireauth.ErrNoCredentials, signedIn, err)
}

func TestSignInSetClaims(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	class := d.class("Torts")
	d.stytch.AddStudent(class, sam)
	at := d.home(class)
	claims := func(a grimoireauth.Authentication) map[string]string {
		var out map[string]string
		require.NoError(t, a.CustomClaims(&out))
		return out
	}
	one, err := d.client.Sessions.SetClaims(t.Context(), at.Credentials, map[string]any{"seat": "12", "group": "a"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"seat": "12", "group": "a"}, claims(one))
	two, err := d.client.Sessions.SetClaims(t.Context(), at.Credentials, map[string]any{"seat": nil})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"group": "a"}, claims(two))
	require.True(t, at.ExpiresAt().Equal(two.ExpiresAt()))
	same, err := d.client.Sessions.SetClaims(t.Context(), at.Credentials, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"group": "a"}, claims(same))

	sent := len(d.stytch.Journal())
	_, err = d.client.Sessions.SetClaims(t.Context(), at.Credentials, map[string]any{"exp": 1})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	require.Len(t, d.stytch.Journal(), sent)
	_, err = clientOf(t, nil, envelope(400, "custom_claims_too_large")).Sessions.SetClaims(t.Context(), at.Credentials, map[string]any{"x": 1})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid, "an answer to what was asked")
	_, err = clientOf(t, nil, envelope(400, "custom_claims_too_large")).Sessions.Authenticate(t.Context(), at.Credentials)
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable, "and to nothing else")
}

func TestSignInAuthorize(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	class, other := d.class("Torts"), d.class("Equity")
	d.stytch.AddMember(class, sam, "stytch_admin")
	at := d.home(class)
	ask := func(permission stytchclient.Permission) error {
		got, err := d.client.Sessions.Authorize(t.Context(), at.Credentials, permission)
		heard.say(got, err)
		require.Equal(t, err == nil, !got.IsZero())
		return err
	}
	require.NoError(t, ask(stytchclient.Permission{Class: class, Resource: "stytch.member", Action: "search"}))
	require.ErrorIs(t, ask(stytchclient.Permission{Class: other, Resource: "stytch.member", Action: "search"}), grimoireauth.ErrForbidden)
	require.ErrorIs(t, ask(stytchclient.Permission{Class: class, Resource: "essay", Action: "grade"}), grimoireauth.ErrForbidden)
	require.ErrorIs(t, ask(stytchclient.Permission{}), grimoireauth.ErrInvalid)
	d.stytch.EndSession(at.Credentials)
	require.ErrorIs(t, ask(stytchclient.Permission{Class: class, Resource: "stytch.member", Action: "search"}), grimoireauth.ErrSessionEnded)

	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"permitted":     {body(200, edited(t, "verdict", `{"authorized":true,"granting_roles":["tutor"]}`)), nil},
		"no verdict":    {body(200, edited(t)), grimoireauth.ErrUnavailable},
		"not permitted": {body(200, edited(t, "verdict", `{"authorized":false,"granting_roles":["tutor"]}`)), grimoireauth.ErrUnavailable},
		"refused":       {envelope(403, "session_authorization_error"), grimoireauth.ErrForbidden},
		"another no":    {envelope(403, "something_new"), grimoireauth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := clientOf(t, nil, test.answer).Sessions.Authorize(t.Context(), live(t).Credentials,
				stytchclient.Permission{Class: someone.Class, Resource: "essay", Action: "grade"})
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, test.want)
			require.True(t, got.IsZero())
		})
	}
}

// Sessions that begin somewhere else.
func TestSignInFromElsewhere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class, other := d.class("Torts"), d.class("Equity")
		me := d.stytch.AddStudent(class, sam)
		trusted := stytchclient.TrustedToken{Token: d.stytch.ForeignToken(me, mock.TrustedAuthToken), Profile: mock.TrustedProfile, Class: class}
		at := d.in(d.client.SignIn.WithTrustedToken(t.Context(), trusted))
		trusted.To = at.Credentials
		more := d.in(d.client.SignIn.WithTrustedToken(t.Context(), trusted))
		require.Equal(t, at.ID(), more.ID())
		trusted.Token = grimoireauth.NewSecret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		signedIn, err := d.client.SignIn.WithTrustedToken(t.Context(), trusted)
		d.refused(grimoireauth.ErrUnauthenticated, signedIn, err)

		d.in(d.client.SignIn.WithOtherSession(t.Context(), stytchclient.OtherSession{
			Token: d.stytch.ForeignToken(me, mock.ExternalSession), Class: class, SessionOptions: stytchclient.SessionOptions{Duration: time.Hour},
		}))

		access := stytchclient.AccessToken{Token: d.stytch.ForeignToken(me, mock.AccessToken), Class: class}
		d.in(d.client.SignIn.WithAccessToken(t.Context(), access))
		signedIn, err = d.client.SignIn.WithAccessToken(t.Context(), access)
		d.refused(grimoireauth.ErrTokenUnknown, signedIn, err)
		access = stytchclient.AccessToken{Token: d.stytch.ForeignToken(me, mock.AccessToken), Class: other}
		signedIn, err = d.client.SignIn.WithAccessToken(t.Context(), access)
		d.refused(grimoireauth.ErrOtherClass, signedIn, err)
		access.Token = d.stytch.ForeignToken(me, mock.AccessToken)
		time.Sleep(5 * time.Minute)
		signedIn, err = d.client.SignIn.WithAccessToken(t.Context(), access)
		d.refused(grimoireauth.ErrTokenSpent, signedIn, err)
	})
}
