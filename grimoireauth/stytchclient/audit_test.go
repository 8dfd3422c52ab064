package stytchclient_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// audited is a client with what its observer was told about changes.
type audited struct {
	stytch *mock.Stytch
	*stytchclient.Client
	events []grimoireauth.Changed
}

func newAudited(t *testing.T) *audited {
	a := new(audited)
	a.stytch, a.Client = school(t, func(c *stytchclient.Config) {
		c.Retries = -1
		c.Observe = func(_ context.Context, e grimoireauth.Event) {
			if changed, ok := e.(grimoireauth.Changed); ok {
				a.events = append(a.events, changed)
			}
		}
	})
	return a
}

// Each change is one event: who, whom, where, what, and Stytch's request id; and
// nothing in it names anybody.
func TestAudit(t *testing.T) {
	a := newAudited(t)
	class := a.stytch.AddClass("Torts").ID
	ines := a.stytch.AddInstructor(class, "ines@example.edu")
	a.stytch.AddInstructor(class, "ida@example.edu")
	signedIn, err := a.Sessions.Authenticate(t.Context(), a.stytch.SignIn(ines))
	require.NoError(t, err)
	ctx := grimoireauth.ContextWithAuthentication(t.Context(), signedIn)
	sam := a.stytch.AddStudent(class, "sam@example.edu")
	samSession, err := a.Sessions.Authenticate(t.Context(), a.stytch.SignIn(sam))
	require.NoError(t, err)
	personal := []string{"secret name", "Secret", "secret@example.edu", "s-4711", "secret-slug", "61491570156"}

	type change = grimoireauth.FieldChange
	var made, invited grimoireauth.MemberID
	var newClass grimoireauth.ClassID
	steps := []struct {
		name string
		do   func() error
		want []grimoireauth.Changed // without By, Session and RequestID
	}{
		{"create class", func() error {
			c, err := a.Classes.Create(ctx, stytchclient.NewClass{Name: "secret name", Slug: "secret-slug"})
			newClass = c.ID
			return err
		}, []grimoireauth.Changed{{Op: "create class"}}},
		{"update class", func() error {
			return errorOf(a.Classes.Update(ctx, class, stytchclient.ClassChange{
				Name: stytchclient.Set("secret name"), SecondFactorForAll: stytchclient.Set(true), Domains: stytchclient.Set([]string{"mq.edu.au"}),
				Methods: stytchclient.Set([]grimoireauth.SignInMethod{grimoireauth.MethodSSO}),
			}))
		}, []grimoireauth.Changed{{Op: "update class", Class: class, Fields: []change{
			{Field: "name"}, {Field: "methods", Before: "any", After: "sso"}, {Field: "second_factor_for_all", Before: "no", After: "yes"}, {Field: "domains", After: "mq.edu.au"},
		}}}},
		{"the same once more", func() error {
			return errorOf(a.Classes.Update(ctx, class, stytchclient.ClassChange{SecondFactorForAll: stytchclient.Set(true)}))
		}, nil},
		{"archive class", func() error { return errorOf(a.Classes.Archive(ctx, class)) },
			[]grimoireauth.Changed{{Op: "archive class", Class: class, Fields: []change{{Field: "archived", Before: "no", After: "yes"}}}}},
		{"restore class", func() error { return errorOf(a.Classes.Restore(ctx, class)) },
			[]grimoireauth.Changed{{Op: "restore class", Class: class, Fields: []change{{Field: "archived", Before: "yes", After: "no"}}}}},
		{"enroll", func() error {
			m, err := a.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "secret@example.edu", Name: "secret name", ExternalID: "s-4711"})
			made = m.Member
			return err
		}, []grimoireauth.Changed{{Op: "enroll", Class: class}}},
		{"invite", func() error {
			m, err := a.Roster.Invite(ctx, class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "guest@example.edu"}})
			invited = m.Member
			return err
		}, []grimoireauth.Changed{{Op: "invite", Class: class}}},
		{"set role", func() error { return errorOf(a.Roster.SetRole(ctx, class, sam, grimoireauth.RoleTutor)) },
			[]grimoireauth.Changed{{Op: "set role", Class: class, Member: sam, Fields: []change{
				{Field: "role", Before: "student", After: "tutor"}, {Field: "roles", Before: "stytch_member", After: "stytch_member tutor"},
			}}}},
		{"update member", func() error {
			return errorOf(a.Roster.Update(ctx, class, sam, stytchclient.MemberChange{
				Name: stytchclient.Set("Secret"), Phone: stytchclient.Set("+61491570156"), MFAEnrolled: stytchclient.Set(true), Metadata: grimoireauth.Metadata{"x": "Secret"},
			}))
		}, []grimoireauth.Changed{{Op: "update member", Class: class, Member: sam, Fields: []change{
			{Field: "name"}, {Field: "mfa_enrolled", Before: "no", After: "yes"}, {Field: "phone"}, {Field: "metadata"},
		}}}},
		{"reset MFA", func() error { return errorOf(a.Roster.ResetMFA(ctx, class, sam)) },
			[]grimoireauth.Changed{{Op: "reset MFA", Class: class, Member: sam, Fields: []change{
				{Field: "mfa_enrolled", Before: "yes", After: "no"}, {Field: "phone"},
			}}}},
		{"suspend", func() error { return errorOf(a.Roster.Suspend(ctx, class, sam)) },
			[]grimoireauth.Changed{
				{Op: "suspend", Class: class, Member: sam, Fields: []change{{Field: "suspended", Before: "no", After: "yes"}}},
				{Op: "end the sessions of a suspended member", Class: class, Member: sam},
			}},
		{"reinstate", func() error { return errorOf(a.Roster.Reinstate(ctx, class, sam)) },
			[]grimoireauth.Changed{{Op: "reinstate", Class: class, Member: sam, Fields: []change{{Field: "suspended", Before: "yes", After: "no"}}}}},
		{"revoke session", func() error { return a.Sessions.Revoke(ctx, samSession.Session) }, nil}, // it had ended
		{"revoke sessions", func() error { return a.Sessions.RevokeMember(ctx, class, sam) }, []grimoireauth.Changed{{Op: "revoke sessions", Class: class, Member: sam}}},
		{"remove", func() error { return a.Roster.Remove(ctx, class, sam) },
			[]grimoireauth.Changed{{Op: "remove member", Class: class, Member: sam, Fields: []change{{Field: "status", Before: "active", After: "deleted"}}}}},
		{"reenroll", func() error { return errorOf(a.Roster.Reenroll(ctx, class, sam)) },
			[]grimoireauth.Changed{{Op: "reenroll", Class: class, Member: sam, Fields: []change{{Field: "status", Before: "deleted", After: "active"}}}}},
		{"deny", func() error { return a.Roster.Deny(ctx, class, invited) },
			[]grimoireauth.Changed{{Op: "deny", Class: class, Fields: []change{{Field: "status", Before: "invited", After: "deleted"}}}}},
		{"delete class", func() error { return a.Classes.Delete(ctx, newClass) }, []grimoireauth.Changed{{Op: "delete class"}}},
		{"a refusal", func() error {
			_, err := a.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "ines@example.edu"})
			require.ErrorIs(t, err, grimoireauth.ErrConflict)
			return nil
		}, nil},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			a.events = nil
			require.NoError(t, step.do())
			require.Len(t, a.events, len(step.want))
			for i, got := range a.events {
				want := step.want[i]
				require.Equal(t, ines, got.By)
				require.Equal(t, signedIn.ID(), got.Session)
				require.Regexp(t, `^request-id-test-`, got.RequestID)
				require.NoError(t, got.Err)
				require.Equal(t, want.Op, got.Op)
				switch want.Op {
				case "create class":
					want.Class = newClass
				case "delete class":
					want.Class = newClass
				case "enroll":
					want.Member = made
				case "invite", "deny":
					want.Member = invited
				}
				require.Equal(t, want.Class, got.Class)
				require.Equal(t, want.Member, got.Member)
				if want.Fields != nil {
					require.Equal(t, want.Fields, got.Fields)
				}
				text, err := json.Marshal(got)
				require.NoError(t, err)
				for _, secret := range personal {
					require.NotContains(t, string(text), secret, "an event names somebody")
				}
				require.False(t, strings.Contains(string(text), "@"), "an event has an address")
			}
		})
	}
	t.Run("a session that was live", func(t *testing.T) {
		a.events = nil
		live, err := a.Sessions.Authenticate(t.Context(), a.stytch.SignIn(sam))
		require.NoError(t, err)
		require.NoError(t, a.Sessions.Revoke(t.Context(), live.Session))
		require.Len(t, a.events, 1)
		require.Equal(t, live.ID(), a.events[0].Target)
		require.Empty(t, a.events[0].By, "the program itself")
	})
}

// If the answer to a change is lost, nobody knows whether it was made, and the
// audit says that.
func TestAuditOfTheUnknown(t *testing.T) {
	const organization, members = "/v1/b2b/organizations/{organization_id}", "/v1/b2b/organizations/{organization_id}/members"
	a := newAudited(t)
	class := a.stytch.AddClass("Torts").ID
	sam := a.stytch.AddStudent(class, "sam@example.edu")
	gone := a.stytch.AddStudent(class, "gone@example.edu")
	a.stytch.SignIn(gone)
	ctx := t.Context()
	require.NoError(t, a.Roster.Remove(ctx, class, gone))
	session, err := a.Sessions.Authenticate(ctx, a.stytch.SignIn(sam))
	require.NoError(t, err)
	for endpoint, do := range map[string]func() error{
		"POST /v1/b2b/organizations": func() error { return errorOf(a.Classes.Create(ctx, stytchclient.NewClass{Name: "Equity"})) },
		"PUT " + organization: func() error {
			return errorOf(a.Classes.Update(ctx, class, stytchclient.ClassChange{Name: stytchclient.Set("x")}))
		},
		"DELETE " + organization: func() error { return a.Classes.Delete(ctx, class) },
		"POST " + members: func() error {
			return errorOf(a.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "new@example.edu"}))
		},
		"POST /v1/b2b/magic_links/email/invite": func() error {
			return errorOf(a.Roster.Invite(ctx, class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "new@example.edu"}}))
		},
		"PUT " + members + "/{member_id}":            func() error { return errorOf(a.Roster.SetRole(ctx, class, sam, grimoireauth.RoleTutor)) },
		"DELETE " + members + "/{member_id}":         func() error { return a.Roster.Remove(ctx, class, sam) },
		"PUT " + members + "/{member_id}/reactivate": func() error { return errorOf(a.Roster.Reenroll(ctx, class, gone)) },
		"POST /v1/b2b/sessions/revoke":               func() error { return a.Sessions.Revoke(ctx, session.Session) },
	} {
		for kind, fault := range map[string]mock.Fault{"dropped": {Drop: true}, "broken": {Status: 500}, "a proxy's": {Status: 502, Body: "<html>"}} {
			t.Run(fmt.Sprint(endpoint, " ", kind), func(t *testing.T) {
				a.events = nil
				fault := fault
				fault.Endpoint, fault.Times = endpoint, 1
				a.stytch.Fail(fault)
				require.ErrorIs(t, do(), grimoireauth.ErrUnavailable)
				require.Len(t, a.events, 1)
				require.ErrorIs(t, a.events[0].Err, grimoireauth.ErrUnavailable)
			})
		}
		t.Run(endpoint+" refused", func(t *testing.T) {
			a.events = nil
			a.stytch.Fail(mock.Fault{Endpoint: endpoint, Status: 403, Times: 1})
			require.ErrorIs(t, do(), grimoireauth.ErrForbidden)
			require.Empty(t, a.events, "what was refused was not done")
		})
	}
}
