package stytchclient_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestExplainRole(t *testing.T) {
	table := grimoireauth.DefaultRoleTable()
	session := holder(t, "stytch_member", "tutor", "observer")

	explained, err := grimoireauth.ExplainRole(t.Context(), table.OrgPerClass, session, "o")
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleTutor, explained.Role)
	require.Equal(t, []grimoireauth.RoleReason{
		{Source: "Stytch role", Value: "stytch_member", Role: grimoireauth.RoleStudent, Granted: true, Why: "the session carries it"},
		{Source: "Stytch role", Value: "tutor", Role: grimoireauth.RoleTutor, Granted: true, Why: "the session carries it"},
		{Source: "Stytch role", Value: "observer", Why: "the role table does not know it, so it grants nothing"},
	}, explained.Reasons)

	explained, err = grimoireauth.ExplainRole(t.Context(), table.OrgPerClass, session, "another")
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleNone, explained.Role)
	require.Len(t, explained.Reasons, 1)
	require.Contains(t, explained.String(), "belongs to another class")

	t.Run("of a RoleFunc that fails", func(t *testing.T) {
		broken := errors.New("the table cannot be reached")
		explained, err := grimoireauth.ExplainRole(t.Context(), func(ctx context.Context, _ grimoireauth.Session, _ grimoireauth.ClassID) (grimoireauth.Role, error) {
			grimoireauth.NoteRole(ctx, grimoireauth.RoleReason{Source: "enrollment table", Why: "it did not answer"})
			return grimoireauth.RoleInstructor, broken
		}, session, "o")
		require.ErrorIs(t, err, broken)
		require.Equal(t, grimoireauth.RoleNone, explained.Role, "what comes with an error does not count")
		require.Contains(t, explained.String(), "enrollment table: it did not answer")
	})
	t.Run("of nothing", func(t *testing.T) {
		_, err := grimoireauth.ExplainRole(t.Context(), nil, session, "o")
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	})
	t.Run("a reason nobody asked for", func(t *testing.T) {
		grimoireauth.NoteRole(t.Context(), grimoireauth.RoleReason{Source: "x"})
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if role, err := table.OrgPerClass(context.Background(), session, "o"); err != nil || role != grimoireauth.RoleTutor {
				panic("the answer changed")
			}
		}), "the guards pay nothing for the reasons")
	})
}

func TestRosterExplainRole(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	class := stytch.AddClass("Contracts", mock.Settings{
		"rbac_email_implicit_role_assignments": []map[string]string{{"domain": "mq.edu.au", "role_id": "instructor"}},
	}).ID
	lena := stytch.AddMember(class, "lena@mq.edu.au", "tutor")

	explained, err := client.Roster.ExplainRole(ctx, grimoireauth.Person{Member: lena, Class: class})
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleTutor, explained.Role, "the address is not proven yet")
	stytch.SignIn(lena)
	explained, err = client.Roster.ExplainRole(ctx, grimoireauth.Person{Member: lena, Class: class})
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleInstructor, explained.Role)
	require.Contains(t, explained.String(), `granted tutor by Stytch role "tutor": assigned to the member`)
	require.Contains(t, explained.String(), `granted instructor by Stytch role "instructor": brought by the e-mail domain "mq.edu.au"`)

	require.NoError(t, client.Roster.Remove(ctx, class, stytch.AddStudent(class, "x@mq.edu.au")))
	for name, test := range map[string]struct {
		who  grimoireauth.Person
		want error
	}{
		"no such member": {grimoireauth.Person{Member: "member-test-00000000-0000-4000-8000-000000000000", Class: class}, grimoireauth.ErrNotFound},
		"no such class":  {grimoireauth.Person{Member: lena, Class: "organization-test-00000000-0000-4000-8000-000000000000"}, grimoireauth.ErrNotFound},
		"nobody":         {grimoireauth.Person{}, grimoireauth.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.Roster.ExplainRole(ctx, test.who)
			require.ErrorIs(t, err, test.want)
		})
	}

	t.Run("roles that SSO brings, and statuses", func(t *testing.T) {
		const endpoint = "GET /v1/b2b/organizations/{organization_id}/member"
		person := grimoireauth.Person{Member: "m", Class: "o"}
		answer := func(status, roles string) string {
			return fmt.Sprintf(`{"request_id":"r","member_id":"m","member":{"organization_id":"o","member_id":"m","email_address":"a@b.c","status":%q,"roles":[%s]}}`, status, roles)
		}
		const saml = `{"role_id":"instructor","sources":[{"type":"sso_connection","details":{"connection_id":"saml-1"}}]},`
		const unheard = `{"role_id":"coordinator","sources":[{"type":"horoscope","details":{}}]},`
		const scim = `{"role_id":"tutor","sources":[{"type":"scim_connection_group","details":{"group_id":"g"}}]},`
		const own = `{"role_id":"stytch_member","sources":[{"type":"direct_assignment","details":{}}]}`
		for name, test := range map[string]struct {
			body string
			want grimoireauth.Role
			says string
		}{
			"SSO":           {answer("active", saml+own), grimoireauth.RoleStudent, `withheld instructor by Stytch role "instructor": counts only in sessions signed in through SAML connection "saml-1"`},
			"a new source":  {answer("active", unheard+own), grimoireauth.RoleStudent, `withheld coordinator by Stytch role "coordinator"`},
			"a directory":   {answer("active", scim+own), grimoireauth.RoleTutor, `granted tutor by Stytch role "tutor": brought by a group of the directory`},
			"removed":       {answer("deleted", scim+own), grimoireauth.RoleNone, `status "deleted": they are not in this class`},
			"invited":       {answer("invited", own), grimoireauth.RoleStudent, `status "invited": they have not signed in`},
			"an odd status": {answer("asleep", own), grimoireauth.RoleNone, `status "asleep"`},
		} {
			t.Run(name, func(t *testing.T) {
				stytch.Fail(mock.Fault{Endpoint: endpoint, Body: test.body, Times: 1})
				explained, err := client.Roster.ExplainRole(ctx, person)
				require.NoError(t, err)
				require.Equal(t, test.want, explained.Role)
				require.Contains(t, explained.String(), test.says)
			})
		}
		stytch.Fail(mock.Fault{Endpoint: endpoint, Body: answer("active", own), Times: 1})
		_, err := client.Roster.ExplainRole(ctx, grimoireauth.Person{Member: "somebody else", Class: "o"})
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable, "an answer about somebody else explains nothing")
	})
}
