package stytchclient_test

import (
	"context"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// Every way to a session obeys the two marks that Stytch does not know.
func TestNobodySignsIn(t *testing.T) {
	for name, test := range map[string]struct {
		close, open func(*stytchclient.Client, grimoireauth.Person) error
		want        error
	}{
		"to an archived class": {
			func(c *stytchclient.Client, p grimoireauth.Person) error {
				return errorOf(c.Classes.Archive(context.Background(), p.Class))
			},
			func(c *stytchclient.Client, p grimoireauth.Person) error {
				return errorOf(c.Classes.Restore(context.Background(), p.Class))
			},
			grimoireauth.ErrClassArchived,
		},
		"who is suspended": {
			func(c *stytchclient.Client, p grimoireauth.Person) error {
				return errorOf(c.Roster.Suspend(context.Background(), p.Class, p.Member))
			},
			func(c *stytchclient.Client, p grimoireauth.Person) error {
				return errorOf(c.Roster.Reinstate(context.Background(), p.Class, p.Member))
			},
			grimoireauth.ErrSuspended,
		},
	} {
		t.Run(name, func(t *testing.T) {
			stytch, client := school(t, nil)
			ctx := t.Context()
			class, other := stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID
			strict := mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"}
			sam := grimoireauth.Person{Class: class, Member: stytch.AddStudent(class, "sam@example.edu")}
			elsewhere := stytch.SignIn(stytch.AddStudent(other, "sam@example.edu"))
			was := stytch.SignIn(sam.Member)
			old, err := client.Sessions.Authenticate(ctx, was)
			require.NoError(t, err)
			require.NoError(t, client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class, Email: "sam@example.edu"}))
			link := newestToken(t, stytch)

			require.NoError(t, test.close(client, sam))
			_, err = client.Sessions.Authenticate(ctx, was)
			require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "a session that was there")
			_, err = client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: link})
			require.ErrorIs(t, err, test.want)
			require.ErrorIs(t, err, grimoireauth.ErrForbidden)
			_, err = client.Sessions.Switch(ctx, elsewhere, class)
			require.ErrorIs(t, err, test.want)
			err = client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class, Email: "sam@example.edu"})
			require.ErrorIs(t, err, test.want)
			_, err = client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: newestToken(t, stytch)})
			require.ErrorIs(t, err, test.want)
			live, err := client.Sessions.Of(ctx, class, sam.Member)
			require.NoError(t, err)
			for _, session := range live {
				require.Equal(t, old.ID(), session.ID(), "no refused sign-in leaves a session")
			}

			require.NoError(t, test.open(client, sam))
			require.NoError(t, test.open(client, sam), "once more changes nothing")
			require.NoError(t, client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class, Email: "sam@example.edu"}))
			_, err = client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: newestToken(t, stytch)})
			require.NoError(t, err)

			// A pending sign-in goes no further, either.
			mfa := grimoireauth.Person{Class: stytch.AddClass("Strict", strict).ID}
			mfa.Member = stytch.AddStudent(mfa.Class, "sam@example.edu")
			require.NoError(t, client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: mfa.Class, Email: "sam@example.edu"}))
			link = newestToken(t, stytch)
			require.NoError(t, test.close(client, mfa))
			_, err = client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: link})
			require.ErrorIs(t, err, test.want)
			require.NotErrorIs(t, err, grimoireauth.ErrStepUp)
		})
	}
}

// A session that was refused and could not be ended is the operator's business:
// its credentials went to nobody.
func TestRefusedSignInThatCannotBeEnded(t *testing.T) {
	var alarms []grimoireauth.OperatorAlarm
	stytch, client := school(t, func(c *stytchclient.Config) {
		c.Retries = -1
		c.Observe = func(_ context.Context, e grimoireauth.Event) {
			if alarm, ok := e.(grimoireauth.OperatorAlarm); ok {
				alarms = append(alarms, alarm)
			}
		}
	})
	class := stytch.AddClass("Torts").ID
	stytch.AddStudent(class, "sam@example.edu")
	require.NoError(t, client.SignIn.SendMagicLink(t.Context(), stytchclient.MagicLink{Class: class, Email: "sam@example.edu"}))
	require.NoError(t, errorOf(client.Classes.Archive(t.Context(), class)))
	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/revoke", Status: 500})
	signedIn, err := client.SignIn.WithMagicLink(t.Context(), stytchclient.MagicLinkSignIn{Token: newestToken(t, stytch)})
	require.ErrorIs(t, err, grimoireauth.ErrClassArchived)
	require.NotErrorIs(t, err, grimoireauth.ErrUnavailable)
	require.Zero(t, signedIn)
	require.Len(t, alarms, 1)
}

func TestArchiveKeepsEverythingElse(t *testing.T) {
	for name, settings := range map[string]grimoireauth.ClassSettings{
		"plain":           {},
		"joined by mail":  {JoinByEmail: grimoireauth.AdmitListed, Domains: []string{"mq.edu.au"}, Invitations: grimoireauth.AdmitListed},
		"no invitations":  {JoinBySSO: grimoireauth.AdmitAll, Invitations: grimoireauth.AdmitNobody},
		"joined by oauth": {JoinByTenant: grimoireauth.AdmitListed, Tenants: map[string][]string{"slack": {"T1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			p, stytch, client := recorded(t)
			ctx := t.Context()
			before, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "Torts", Settings: settings, Metadata: grimoireauth.Metadata{"semester": "S1"}})
			require.NoError(t, err)
			sam := stytch.AddStudent(before.ID, "sam@example.edu")
			p.lines = nil
			archived, err := client.Classes.Archive(ctx, before.ID)
			require.NoError(t, err)
			require.True(t, archived.Archived)
			require.Equal(t, before.Metadata, archived.Metadata, "the mark is not the application's")
			organization := "organizations/" + string(before.ID)
			require.Equal(t, []string{"GET " + organization, "PUT " + organization, "cut " + string(before.ID)}, p.lines)
			for _, door := range []grimoireauth.Admission{archived.Settings.JoinByEmail, archived.Settings.JoinBySSO, archived.Settings.JoinByTenant} {
				require.Equal(t, grimoireauth.AdmitNobody, door, "nobody joins by themselves")
			}
			require.ErrorIs(t, client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: before.ID, Email: "new@mq.edu.au"}), grimoireauth.ErrNotInvited)

			p.lines = nil
			again, err := client.Classes.Archive(ctx, before.ID)
			require.NoError(t, err)
			require.Equal(t, archived, again)
			require.Len(t, p.lines, 1, "an archived class is only looked at")
			_, err = client.Roster.Get(ctx, before.ID, sam)
			require.NoError(t, err, "the roster is there to be read")
			for member, err := range client.Roster.Members(ctx, before.ID) {
				require.NoError(t, err)
				require.Equal(t, sam, member.Member)
			}

			restored, err := client.Classes.Restore(ctx, before.ID)
			require.NoError(t, err)
			require.Equal(t, before, restored, "as it was")
			again, err = client.Classes.Restore(ctx, before.ID)
			require.NoError(t, err)
			require.Equal(t, restored, again)
		})
	}
	_, client := school(t, nil)
	for _, do := range []func(context.Context, grimoireauth.ClassID) (grimoireauth.Class, error){client.Classes.Archive, client.Classes.Restore} {
		require.ErrorIs(t, errorOf(do(t.Context(), noClass)), grimoireauth.ErrNotFound)
		require.ErrorIs(t, errorOf(do(t.Context(), "")), grimoireauth.ErrInvalid)
	}
}

func TestSuspend(t *testing.T) {
	p, stytch, client := recorded(t)
	ctx := t.Context()
	class := stytch.AddClass("Torts").ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	stytch.SignIn(sam)
	suspended, err := client.Roster.Suspend(ctx, class, sam)
	require.NoError(t, err)
	require.True(t, suspended.Suspended)
	require.Nil(t, suspended.Metadata, "the mark is not the application's")
	organization := "organizations/" + string(class)
	require.Equal(t, []string{
		"GET " + organization + "/member",
		"PUT " + organization + "/members/" + string(sam), "cut " + string(sam),
		"POST sessions/revoke", "cut " + string(sam),
	}, p.lines)
	live, err := client.Sessions.Of(ctx, class, sam)
	require.NoError(t, err)
	require.Empty(t, live)

	p.lines = nil
	again, err := client.Roster.Suspend(ctx, class, sam)
	require.NoError(t, err)
	require.Equal(t, suspended, again)
	require.Contains(t, p.lines, "POST sessions/revoke")
	require.NotContains(t, p.lines, "PUT organizations/"+string(class)+"/members/"+string(sam))

	back, err := client.Roster.Reinstate(ctx, class, sam)
	require.NoError(t, err)
	require.False(t, back.Suspended)
	require.ErrorIs(t, errorOf(client.Roster.Suspend(ctx, class, noMember)), grimoireauth.ErrNotFound)
	require.ErrorIs(t, errorOf(client.Roster.Reinstate(ctx, class, noMember)), grimoireauth.ErrNotFound)
	require.ErrorIs(t, errorOf(client.Roster.Suspend(ctx, "", "")), grimoireauth.ErrInvalid)
	require.ErrorIs(t, errorOf(client.Roster.Reinstate(ctx, "", "")), grimoireauth.ErrInvalid)

	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/revoke", Status: 403})
	half, err := client.Roster.Suspend(ctx, class, sam)
	require.Error(t, err)
	require.True(t, half.Suspended, "the mark is set, and the error says that sessions may live on")
}

// Nobody takes the last instructor of a class away, in any of the three ways,
// unless they say it by name.
func TestLastInstructor(t *testing.T) {
	ways := map[string]func(*stytchclient.Client, grimoireauth.ClassID, grimoireauth.MemberID, ...stytchclient.Force) error{
		"remove": func(c *stytchclient.Client, class grimoireauth.ClassID, m grimoireauth.MemberID, f ...stytchclient.Force) error {
			return c.Roster.Remove(context.Background(), class, m, f...)
		},
		"demote": func(c *stytchclient.Client, class grimoireauth.ClassID, m grimoireauth.MemberID, f ...stytchclient.Force) error {
			return errorOf(c.Roster.SetRole(context.Background(), class, m, grimoireauth.RoleTutor, f...))
		},
		"suspend": func(c *stytchclient.Client, class grimoireauth.ClassID, m grimoireauth.MemberID, f ...stytchclient.Force) error {
			return errorOf(c.Roster.Suspend(context.Background(), class, m, f...))
		},
	}
	for name, do := range ways {
		t.Run(name, func(t *testing.T) {
			stytch, client := school(t, nil)
			class, other := stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID
			ines := stytch.AddInstructor(class, "ines@example.edu")
			stytch.AddStudent(class, "sam@example.edu")
			stytch.AddMember(class, "tom@example.edu", "tutor")
			stytch.AddInstructor(other, "omar@example.edu")
			_, err := client.Roster.Invite(t.Context(), class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "new@example.edu", Role: grimoireauth.RoleInstructor}})
			require.NoError(t, err)
			resting := stytch.AddInstructor(class, "rest@example.edu")
			_, err = client.Roster.Suspend(t.Context(), class, resting)
			require.NoError(t, err)

			err = do(client, class, ines)
			require.ErrorIs(t, err, grimoireauth.ErrLastInstructor, "students, tutors, guests, the suspended and other classes' do not count")
			require.ErrorIs(t, err, grimoireauth.ErrForbidden)
			now, err := client.Roster.Get(t.Context(), class, ines)
			require.NoError(t, err)
			require.Equal(t, grimoireauth.RoleInstructor, now.Role)
			require.False(t, now.Suspended)
			require.NoError(t, do(client, class, resting), "who does not count is not missed")

			coordinator := stytch.AddMember(class, "cora@example.edu", "coordinator")
			require.NoError(t, do(client, class, ines), "a coordinator can run it")
			require.ErrorIs(t, do(client, class, coordinator), grimoireauth.ErrLastInstructor)
			stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/organizations/members/search", Status: 403})
			require.ErrorIs(t, do(client, class, coordinator), grimoireauth.ErrForbidden, "whoever cannot find out does not do it")
			require.NoError(t, do(client, class, coordinator, stytchclient.EvenLastInstructor))
		})
	}
	t.Run("a higher role is no demotion", func(t *testing.T) {
		stytch, client := school(t, nil)
		class := stytch.AddClass("Torts").ID
		ines := stytch.AddInstructor(class, "ines@example.edu")
		promoted, err := client.Roster.SetRole(t.Context(), class, ines, grimoireauth.RoleCoordinator)
		require.NoError(t, err)
		require.Equal(t, grimoireauth.RoleCoordinator, promoted.Role)
	})
}
