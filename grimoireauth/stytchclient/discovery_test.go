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
var discoveries = map[string]func(d *desk) (stytchclient.SignedIn, error){
	"link": func(d *desk) (stytchclient.SignedIn, error) {
		verifier := stytchclient.NewVerifier()
		require.NoError(d.t, d.client.SignIn.SendDiscoveryLink(d.t.Context(), stytchclient.DiscoveryLink{Email: sam, SameBrowser: verifier}))
		return d.client.SignIn.DiscoverByLink(d.t.Context(), stytchclient.DiscoveryToken{Token: d.token(), Verifier: verifier})
	},
	"code": func(d *desk) (stytchclient.SignedIn, error) {
		require.NoError(d.t, d.client.SignIn.SendDiscoveryCode(d.t.Context(), stytchclient.DiscoveryCode{Email: sam}))
		return d.client.SignIn.DiscoverByCode(d.t.Context(), stytchclient.DiscoveryCodeCheck{Email: sam, Code: d.code()})
	},
	"Google": func(d *desk) (stytchclient.SignedIn, error) {
		start, err := d.client.SignIn.StartDiscoveryOAuth(stytchclient.DiscoveryOAuthStart{Provider: grimoireauth.MethodGoogle})
		require.NoError(d.t, err)
		back := d.browse(start, sam)
		require.Equal(d.t, "discovery_oauth", back.Get("stytch_token_type"))
		return d.client.SignIn.DiscoverByOAuth(d.t.Context(), stytchclient.DiscoveryToken{
			Token: grimoireauth.NewSecret(back.Get("token")), Verifier: start.Verifier,
		})
	},
}

func TestSignInDiscovery(t *testing.T) {
	for name, discover := range discoveries {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, new(mock.Stytch))
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

			stepUp := d.unfinished(discover(d))
			require.NotNil(t, stepUp.Discovery)
			require.ErrorContains(t, stepUp, "a class has to be chosen")
			require.Zero(t, stepUp.Unfinished(), "no second factor helps")
			require.Equal(t, sam, stepUp.Discovery.Email)
			found := make(map[grimoireauth.ClassID]stytchclient.DiscoveredClass)
			for _, c := range stepUp.Discovery.Classes {
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

			again, err := d.client.SignIn.Discover(t.Context(), stepUp.Intermediate)
			require.NoError(t, err)
			require.Equal(t, stepUp.Discovery.Classes, again.Classes, "looking uses nothing up")

			for class, want := range map[grimoireauth.ClassID]error{closed: grimoireauth.ErrNotInvited, archived: grimoireauth.ErrClassArchived, suspended: grimoireauth.ErrSuspended} {
				discovered := d.unfinished(discover(d))
				signedIn, err := d.client.SignIn.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: class, Intermediate: discovered.Intermediate})
				d.refused(want, signedIn, err)
			}
			// The second factor of the other class is asked for here as well.
			next := d.unfinished(d.client.SignIn.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: invited, Intermediate: stepUp.Intermediate}))
			require.True(t, next.MFA)
			require.True(t, next.Intermediate.Token.Equal(stepUp.Intermediate.Token))
			require.Equal(t, stepUp.Intermediate.ExpiresAt, next.Intermediate.ExpiresAt, "the same token, and the same ten minutes")
			d.finishBySMS(next)
			signedIn, err := d.client.SignIn.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: member, Intermediate: stepUp.Intermediate})
			d.refused(grimoireauth.ErrSignInExpired, signedIn, err)

			stepUp = d.unfinished(discover(d))
			home := d.in(d.client.SignIn.ChooseClass(t.Context(), stytchclient.ChosenClass{
				Class: member, Intermediate: stepUp.Intermediate,
				SessionOptions: stytchclient.SessionOptions{Duration: 8 * time.Hour, CustomClaims: map[string]any{"seat": "12"}},
			}))
			require.WithinDuration(t, time.Now().Add(8*time.Hour), home.ExpiresAt(), time.Minute)
			var claims map[string]string
			require.NoError(t, home.CustomClaims(&claims))
			require.Equal(t, map[string]string{"seat": "12"}, claims)

			mine, err := d.client.SignIn.Discover(t.Context(), home.Credentials)
			require.NoError(t, err)
			require.Len(t, mine.Classes, 2, "with a session, only those that somebody is in")

			stepUp = d.unfinished(discover(d))
			joined := d.in(d.client.SignIn.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: open, Intermediate: stepUp.Intermediate}))
			require.Equal(t, sam, joined.Member.Email)
		})
	}
}

func TestSignInCreateClass(t *testing.T) {
	d := newDesk(t, new(mock.Stytch))
	stepUp := d.unfinished(discoveries["code"](d))
	require.Empty(t, stepUp.Discovery.Classes)
	signedIn, err := d.client.SignIn.CreateClass(t.Context(), stytchclient.CreatedClass{Intermediate: stepUp.Intermediate})
	d.refused(grimoireauth.ErrInvalid, signedIn, err)
	made := d.in(d.client.SignIn.CreateClass(t.Context(), stytchclient.CreatedClass{
		Intermediate: stepUp.Intermediate, NewClass: stytchclient.NewClass{Name: "Study group"},
	}))
	require.Equal(t, "study-group", made.Class.Slug)
	require.Equal(t, grimoireauth.RoleCoordinator, made.Member.Role)
	require.Equal(t, []grimoireauth.SignInMethod{grimoireauth.AnyMethod}, made.Class.Settings.Methods)

	stepUp = d.unfinished(discoveries["code"](d))
	signedIn, err = d.client.SignIn.CreateClass(t.Context(), stytchclient.CreatedClass{
		Intermediate: stepUp.Intermediate, NewClass: stytchclient.NewClass{Name: "Study group"},
	})
	d.refused(grimoireauth.ErrConflict, signedIn, err)
}

// The ten minutes of an unfinished sign-in, by this clock and by Stytch's.
func TestSignInIntermediateExpires(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newDesk(t, new(mock.Stytch))
		class := d.class("Torts")
		d.stytch.AddStudent(class, sam)
		stepUp := d.unfinished(discoveries["code"](d))
		require.Equal(t, time.Now().Add(10*time.Minute), stepUp.Intermediate.ExpiresAt)
		time.Sleep(10 * time.Minute)
		asked := len(d.stytch.Journal())
		signedIn, err := d.client.SignIn.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: class, Intermediate: stepUp.Intermediate})
		d.refused(grimoireauth.ErrSignInExpired, signedIn, err)
		require.ErrorIs(t, err, grimoireauth.ErrTokenSpent)
		require.Len(t, d.stytch.Journal(), asked, "nobody has to be asked")
		// An application that kept the token only.
		unknown := grimoireauth.Intermediate{Token: stepUp.Intermediate.Token}
		signedIn, err = d.client.SignIn.ChooseClass(t.Context(), stytchclient.ChosenClass{Class: class, Intermediate: unknown})
		d.refused(grimoireauth.ErrSignInExpired, signedIn, err)
		_, err = d.client.SignIn.Discover(t.Context(), unknown)
		require.ErrorIs(t, err, grimoireauth.ErrSignInExpired)
		_, err = d.client.SignIn.Discover(t.Context(), nil)
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
		"complete":        {complete, grimoireauth.ErrStepUp},
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
			_, err := client.SignIn.DiscoverByLink(t.Context(), stytchclient.DiscoveryToken{Token: token})
			heard.say(err)
			require.ErrorIs(t, err, test.want)
		})
	}
}
