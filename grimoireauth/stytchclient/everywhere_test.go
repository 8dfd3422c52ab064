package stytchclient_test

import (
	"fmt"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestClassesOf(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	want := make(map[grimoireauth.ClassID]grimoireauth.MemberID)
	var last grimoireauth.ClassID
	for i := range 230 { // more than two batches
		class := stytch.AddClass(fmt.Sprintf("Class %d", i)).ID
		stytch.AddStudent(class, "somebody@example.edu")
		if i%2 == 0 {
			member, err := client.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "sam@example.edu", ExternalID: "s1"})
			require.NoError(t, err)
			want[class], last = member.Member, class
		}
	}
	require.NoError(t, client.Roster.Remove(ctx, last, want[last]))
	delete(want, last)

	for name, who := range map[string]stytchclient.Identity{"by address": {Email: "SAM@example.edu"}, "by external id": {ExternalID: "s1"}} {
		t.Run(name, func(t *testing.T) {
			got := make(map[grimoireauth.ClassID]grimoireauth.MemberID)
			for found, err := range client.Roster.ClassesOf(ctx, who) {
				require.NoError(t, err)
				require.Equal(t, found.Class.ID, found.Member.Class)
				require.NotEmpty(t, found.Class.Name)
				got[found.Class.ID] = found.Member.Member
			}
			require.Equal(t, want, got)

			asked := len(stytch.Journal())
			for range client.Roster.ClassesOf(ctx, who) {
				break
			}
			require.LessOrEqual(t, len(stytch.Journal())-asked, 2, "a loop that stops early asks no further")
		})
	}
	for found, err := range client.Roster.ClassesOf(ctx, stytchclient.Identity{Email: "nobody@example.edu"}) {
		t.Errorf("%v %v", found, err)
	}
	for name, who := range map[string]stytchclient.Identity{"nobody": {}, "two": {Email: "sam@example.edu", ExternalID: "s1"}, "no address": {Email: "sam"}, "no id": {ExternalID: "a b"}} {
		rounds := 0
		for _, err := range client.Roster.ClassesOf(ctx, who) {
			rounds++
			require.ErrorIs(t, err, grimoireauth.ErrInvalid, name)
		}
		require.Equal(t, 1, rounds, name)
	}
	for _, endpoint := range []string{"POST /v1/b2b/organizations/search", "POST /v1/b2b/organizations/members/search"} {
		stytch.Fail(mock.Fault{Endpoint: endpoint, Status: 403})
		rounds := 0
		for _, err := range client.Roster.ClassesOf(ctx, stytchclient.Identity{Email: "sam@example.edu"}) {
			rounds++
			require.ErrorIs(t, err, grimoireauth.ErrForbidden)
		}
		require.Equal(t, 1, rounds, "an error is yielded once and ends the loop")
		stytch.ClearFaults()
	}
}

func TestSessionsOfAMember(t *testing.T) {
	stytch, client := school(t, nil)
	class := stytch.AddClass("Torts").ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	phone := stytch.SignIn(sam)
	stytch.SignIn(sam)
	stytch.SignIn(stytch.AddStudent(class, "pat@example.edu"))
	live, err := client.Sessions.Of(t.Context(), class, sam)
	require.NoError(t, err)
	require.Len(t, live, 2)
	for _, session := range live {
		require.Equal(t, sam, session.Member())
		require.False(t, session.ExpiresAt().IsZero())
	}
	one, err := client.Sessions.Authenticate(t.Context(), phone)
	require.NoError(t, err)
	require.NoError(t, client.Sessions.Revoke(t.Context(), one.Session))
	live, err = client.Sessions.Of(t.Context(), class, sam)
	require.NoError(t, err)
	require.Len(t, live, 1)
	require.NotEqual(t, one.ID(), live[0].ID())
	require.ErrorIs(t, errorOf(client.Sessions.Of(t.Context(), class, noMember)), grimoireauth.ErrNotFound)
	require.ErrorIs(t, errorOf(client.Sessions.Of(t.Context(), "", "")), grimoireauth.ErrInvalid)
}

func TestRevokeEverywhere(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	var live []grimoireauth.Credentials
	for i := range 5 {
		class := stytch.AddClass(fmt.Sprintf("Class %d", i)).ID
		live = append(live, stytch.SignIn(stytch.AddStudent(class, "sam@example.edu")))
	}
	others := stytch.SignIn(stytch.AddStudent(stytch.AddClass("Torts").ID, "pat@example.edu"))

	// One call of the five fails, and with several at a time it may be that of any class: the
	// others' sessions end all the same.
	const revoke = "POST /v1/b2b/sessions/revoke"
	stytch.Fail(mock.Fault{Endpoint: revoke, Times: 1})
	stytch.Fail(mock.Fault{Endpoint: revoke, Status: 403, Times: 1})
	report, err := client.Sessions.RevokeEverywhere(ctx, stytchclient.Identity{Email: "sam@example.edu"})
	require.ErrorIs(t, err, grimoireauth.ErrForbidden)
	require.Len(t, report, 5)
	failed := 0
	for i, step := range report {
		_, alive := client.Sessions.Authenticate(ctx, live[i])
		if step.Err != nil {
			failed++
			require.ErrorIs(t, step.Err, grimoireauth.ErrForbidden)
			require.NoError(t, alive)
			continue
		}
		require.ErrorIs(t, alive, grimoireauth.ErrSessionEnded)
	}
	require.Equal(t, 1, failed)
	report, err = client.Sessions.RevokeEverywhere(ctx, stytchclient.Identity{Email: "sam@example.edu"})
	require.NoError(t, err)
	require.Len(t, report, 5)
	for _, session := range live {
		_, err = client.Sessions.Authenticate(ctx, session)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	}
	_, err = client.Sessions.Authenticate(ctx, others)
	require.NoError(t, err)

	report, err = client.Sessions.RevokeEverywhere(ctx, stytchclient.Identity{})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	require.Empty(t, report)
	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/organizations/search", Status: 403})
	_, err = client.Sessions.RevokeEverywhere(ctx, stytchclient.Identity{Email: "sam@example.edu"})
	require.ErrorIs(t, err, grimoireauth.ErrForbidden, "not to know the classes is not to have ended everything")
}

func TestSwitch(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	torts, equity := stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID
	strict := stytch.AddClass("Strict", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"}).ID
	sso := stytch.AddClass("SSO only", mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"sso"}, "email_invites": "ALL_ALLOWED"}).ID
	instructor := stytch.AddInstructor(torts, "ada@example.edu")
	student := stytch.AddStudent(equity, "ada@example.edu")
	strictly := stytch.AddStudent(strict, "ada@example.edu")
	stytch.AddStudent(sso, "ada@example.edu")
	here := stytch.SignIn(instructor)

	there, err := client.Sessions.Switch(ctx, here, equity)
	require.NoError(t, err)
	require.Equal(t, student, there.Member.Member)
	require.Equal(t, equity, there.Class.ID)
	require.False(t, there.HasRole("instructor"), "roles do not go along")
	role, err := grimoireauth.DefaultRoleTable().OrgPerClass(ctx, there.Session, torts)
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleNone, role)
	_, err = client.Sessions.Authenticate(ctx, here)
	require.NoError(t, err, "the old session goes on")
	byJWT, err := client.Sessions.Switch(ctx, grimoireauth.Credentials{JWT: here.JWT}, equity)
	require.NoError(t, err)
	require.NotEqual(t, there.ID(), byJWT.ID())

	var unfinished *stytchclient.StepUpError
	_, err = client.Sessions.Switch(ctx, here, strict)
	require.ErrorAs(t, err, &unfinished)
	require.True(t, unfinished.MFA)
	require.Equal(t, strictly, unfinished.Member.Member)
	require.False(t, unfinished.Intermediate.Token.IsZero())
	_, err = client.Sessions.Switch(ctx, here, sso)
	require.ErrorAs(t, err, &unfinished)
	require.Equal(t, []grimoireauth.SignInMethod{grimoireauth.MethodSSO}, unfinished.Methods)

	t.Run("an invitation counts as accepted", func(t *testing.T) {
		class := stytch.AddClass("Invited").ID
		_, err := client.Roster.Invite(ctx, class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "ada@example.edu"}})
		require.NoError(t, err)
		in, err := client.Sessions.Switch(ctx, here, class)
		require.NoError(t, err)
		require.Equal(t, grimoireauth.StatusActive, in.Member.Status)
	})
	password := stytch.SignIn(instructor, mock.WithFactors(grimoireauth.Factor{Type: "password", DeliveryMethod: "knowledge"}))
	_, err = client.Sessions.Switch(ctx, password, equity)
	require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated, "nothing of this session counts there")
	require.NotErrorIs(t, err, grimoireauth.ErrSessionEnded, "and it is not over")
	for name, test := range map[string]struct {
		credentials grimoireauth.Credentials
		to          grimoireauth.ClassID
		want        error
	}{
		"not in that class": {here, stytch.AddClass("Closed").ID, grimoireauth.ErrNotFound},
		"no such class":     {here, noClass, grimoireauth.ErrNotFound},
		"no class":          {here, "", grimoireauth.ErrInvalid},
		"a slug":            {here, "equity", grimoireauth.ErrInvalid},
		"nobody":            {grimoireauth.Credentials{}, equity, grimoireauth.ErrNoCredentials},
		"malformed":         {grimoireauth.Credentials{Token: grimoireauth.NewSecret("x")}, equity, grimoireauth.ErrUnauthenticated},
	} {
		_, err := client.Sessions.Switch(ctx, test.credentials, test.to)
		require.ErrorIs(t, err, test.want, name)
	}
	stytch.EndSession(here)
	_, err = client.Sessions.Switch(ctx, here, equity)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
}
