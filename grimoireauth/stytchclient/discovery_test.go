package stytchclient_test

import (
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// discoveries are the ways to begin without a class.
var discoveries = map[string]func(d *fixture) (stytchclient.Discovered, error){
	"link": func(d *fixture) (stytchclient.Discovered, error) {
		verifier := stytchclient.NewVerifier()
		require.NoError(d.t, d.client.Discovery.SendLink(d.t.Context(), stytchclient.MagicLink{Email: sam, SameBrowser: verifier}))
		return d.client.Discovery.ByLink(d.t.Context(), d.token(), verifier)
	},
	"code": func(d *fixture) (stytchclient.Discovered, error) {
		require.NoError(d.t, d.client.Discovery.SendCode(d.t.Context(), stytchclient.EmailCode{Email: sam}))
		return d.client.Discovery.ByCode(d.t.Context(), sam, d.code())
	},
	"Google": func(d *fixture) (stytchclient.Discovered, error) {
		start, err := d.client.Discovery.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodGoogle})
		require.NoError(d.t, err)
		back := d.browse(start, sam)
		require.Equal(d.t, "discovery_oauth", back.Get("stytch_token_type"))
		return d.client.Discovery.ByOAuth(d.t.Context(), grimoireauth.NewSecret(back.Get("token")), start.Verifier)
	},
}

func TestSignInDiscovery(t *testing.T) {
	for name, discover := range discoveries {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t, new(mock.Stytch))
			member, invited, open := d.class("Torts"), d.class("Equity", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"}),
				d.class("Open day", mock.Settings{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}})
			closed, archived, suspended := d.class("Closed"), d.class("Last year"), d.class("Elsewhere")
			me := d.stytch.AddStudent(member, sam)
			_, err := d.client.Roster.Invite(t.Context(), invited, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: sam}})
			require.NoError(t, err)
			// Joining by domain needs somebody there who has proven an address of it.
			d.stytch.SignIn(d.stytch.AddStudent(open, "ada@example.edu"))
			d.stytch.AddStudent(archived, sam)
			_, err = d.client.Classes.Archive(t.Context(), archived)
			require.NoError(t, err)
			d.stytch.AddInstructor(suspended, "ada@example.edu")
			_, err = d.client.Roster.Suspend(t.Context(), suspended, d.stytch.AddStudent(suspended, sam))
			require.NoError(t, err)

			first := d.discovered(discover(d))
			require.Equal(t, sam, first.Email)
			found := make(map[grimoireauth.ClassID]stytchclient.DiscoveredClass)
			for _, c := range first.Classes {
				found[c.Class.ID] = c
			}
			require.Len(t, found, 3, "not the closed, the archived and that of the suspension")
			require.Equal(t, stytchclient.MembershipActive, found[member].Membership)
			require.Equal(t, me, found[member].Member.Member)
			require.True(t, found[member].Ready)
			require.Equal(t, stytchclient.MembershipInvited, found[invited].Membership)
			require.False(t, found[invited].Ready)
			require.True(t, found[invited].MFA)
			require.Equal(t, stytchclient.MembershipByDomain, found[open].Membership)
			require.Zero(t, found[open].Member)

			again, err := d.client.Discovery.List(t.Context(), first.Intermediate)
			require.NoError(t, err)
			require.True(t, again.Intermediate.Token.Equal(first.Intermediate.Token))
			require.Equal(t, first.Classes, again.Classes, "looking uses nothing up")

			for class, want := range map[grimoireauth.ClassID]error{closed: grimoireauth.ErrNotInvited, archived: grimoireauth.ErrClassArchived, suspended: grimoireauth.ErrSuspended} {
				discovered := d.discovered(discover(d))
				signedIn, err := d.client.Discovery.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: class, Intermediate: discovered.Intermediate})
				d.refused(want, signedIn, err)
			}
			// The second factor of the other class is asked for here as well.
			next := d.unfinished(d.client.Discovery.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: invited, Intermediate: first.Intermediate}))
			require.True(t, next.MFA)
			require.True(t, next.Intermediate.Token.Equal(first.Intermediate.Token))
			require.Equal(t, first.Intermediate.ExpiresAt, next.Intermediate.ExpiresAt, "the same token, and the same ten minutes")
			d.finishBySMS(next)
			signedIn, err := d.client.Discovery.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: member, Intermediate: first.Intermediate})
			d.refused(grimoireauth.ErrSignInExpired, signedIn, err)

			first = d.discovered(discover(d))
			home := d.in(d.client.Discovery.ChooseClass(t.Context(), stytchclient.ChosenClass{
				Class: member, Intermediate: first.Intermediate,
				SessionOptions: stytchclient.SessionOptions{Duration: 8 * time.Hour, CustomClaims: map[string]any{"seat": "12"}},
			}))
			require.WithinDuration(t, time.Now().Add(8*time.Hour), home.ExpiresAt(), time.Minute)
			var claims map[string]string
			require.NoError(t, home.CustomClaims(&claims))
			require.Equal(t, map[string]string{"seat": "12"}, claims)

			mine, err := d.client.Discovery.List(t.Context(), home.Credentials)
			require.NoError(t, err)
			require.Len(t, mine.Classes, 2, "with a session, only those that somebody is in")

			first = d.discovered(discover(d))
			joined := d.in(d.client.Discovery.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: open, Intermediate: first.Intermediate}))
			require.Equal(t, sam, joined.Member.Email)
		})
	}
}

func TestSignInCreateClass(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	first := d.discovered(discoveries["code"](d))
	require.Empty(t, first.Classes)
	signedIn, err := d.client.Discovery.CreateClass(t.Context(), stytchclient.CreatedClass{Intermediate: first.Intermediate})
	d.refused(grimoireauth.ErrInvalid, signedIn, err)
	made := d.in(d.client.Discovery.CreateClass(t.Context(), stytchclient.CreatedClass{
		Intermediate: first.Intermediate, NewClass: stytchclient.NewClass{Name: "Study group"},
	}))
	require.Equal(t, "study-group", made.Class.Slug)
	require.Equal(t, grimoireauth.RoleCoordinator, made.Member.Role)
	require.Equal(t, []grimoireauth.SignInMethod{grimoireauth.AnyMethod}, made.Class.Settings.Methods)

	first = d.discovered(discoveries["code"](d))
	signedIn, err = d.client.Discovery.CreateClass(t.Context(), stytchclient.CreatedClass{
		Intermediate: first.Intermediate, NewClass: stytchclient.NewClass{Name: "Study group"},
	})
	d.refused(grimoireauth.ErrConflict, signedIn, err)
}

// The ten minutes of a pending sign-in, by this clock and by Stytch's.
func TestSignInIntermediateExpires(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class := d.class("Torts")
		d.stytch.AddStudent(class, sam)
		first := d.discovered(discoveries["code"](d))
		require.Equal(t, time.Now().Add(10*time.Minute), first.Intermediate.ExpiresAt)
		time.Sleep(10 * time.Minute)
		asked := len(d.stytch.Journal())
		signedIn, err := d.client.Discovery.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: class, Intermediate: first.Intermediate})
		d.refused(grimoireauth.ErrSignInExpired, signedIn, err)
		require.ErrorIs(t, err, grimoireauth.ErrTokenSpent)
		require.Len(t, d.stytch.Journal(), asked, "nobody has to be asked")
		// An application that kept the token only.
		unknown := grimoireauth.Intermediate{Token: first.Intermediate.Token}
		signedIn, err = d.client.Discovery.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: class, Intermediate: unknown})
		d.refused(grimoireauth.ErrSignInExpired, signedIn, err)
		_, err = d.client.Discovery.List(t.Context(), unknown)
		require.ErrorIs(t, err, grimoireauth.ErrSignInExpired)
		_, err = d.client.Discovery.List(t.Context(), nil)
		require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)
	})
}

// An answer that leaves out where the person can go, or what proves them, is none.
func TestSignInDiscoveryAnswers(t *testing.T) {
	complete := `{"status_code":200,"request_id":"request-id-test-1","email_address":"sam@example.edu","intermediate_session_token":"ist",
		"discovered_organizations":[{"member_authenticated":true,"organization":{"organization_id":"organization-test-1"},"membership":{"type":"active_member"}}]}`
	for name, test := range map[string]struct {
		answer string
		want   error
	}{
		"complete":        {complete, nil},
		"nothing":         {"{}", grimoireauth.ErrUnavailable},
		"no token":        {`{"email_address":"sam@example.edu","discovered_organizations":[]}`, grimoireauth.ErrUnavailable},
		"no address":      {`{"intermediate_session_token":"ist","discovered_organizations":[]}`, grimoireauth.ErrUnavailable},
		"no organization": {`{"intermediate_session_token":"ist","email_address":"sam@example.edu","discovered_organizations":[{"membership":{}}]}`, grimoireauth.ErrUnavailable},
		"no id": {`{"intermediate_session_token":"ist","email_address":"sam@example.edu",
			"discovered_organizations":[{"organization":{},"membership":{}}]}`, grimoireauth.ErrUnavailable},
		"a member of another class": {`{"intermediate_session_token":"ist","email_address":"sam@example.edu",
			"discovered_organizations":[{"organization":{"organization_id":"organization-test-1"},
			"membership":{"member":{"member_id":"member-test-1","organization_id":"organization-test-2"}}}]}`, grimoireauth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, nil, body(200, test.answer))
			found, err := client.Discovery.ByLink(t.Context(), token, grimoireauth.Secret{})
			if test.want == nil {
				require.NoError(t, err)
				require.Len(t, found.Classes, 1)
				return
			}
			require.Zero(t, found)
			heard.say(err)
			require.ErrorIs(t, err, test.want)
		})
	}
}
