package stytchclient_test

import (
	"context"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// powerful is a policy under which every tutor may do everything with members and
// with the class, so that only the role bounds what they give.
func powerful() *mock.Stytch {
	all := []mock.Permission{{Resource: "stytch.member", Actions: []string{"*"}}, {Resource: "stytch.organization", Actions: []string{"*"}}}
	return &mock.Stytch{Roles: []mock.Role{
		{ID: "tutor", Permissions: all}, {ID: "instructor", Permissions: all}, {ID: "coordinator", Permissions: all}, {ID: "dean"},
	}}
}

// gift is a way to give a role on behalf of a member.
type gift func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, role grimoireauth.Role) error

// The member of As is the one whose role bounds what is given, whichever call gives
// it.
func TestA06_AMemberGivesNoMoreThanTheyHave(t *testing.T) {
	stytch := powerful()
	p := newProcess(t, stytch, stytch)
	class := stytch.AddClass("LAWS1100").ID
	target := stytch.AddStudent(class, "sam@example.edu")
	removed := map[grimoireauth.Role]grimoireauth.MemberID{}
	for role, id := range map[grimoireauth.Role]string{
		grimoireauth.RoleTutor: "tutor", grimoireauth.RoleInstructor: "instructor", grimoireauth.RoleCoordinator: "coordinator",
	} {
		removed[role] = stytch.AddMember(class, "was-"+id+"@example.edu", id)
		stytch.SignIn(removed[role])
	}
	guest := 0
	address := func() string { guest++; return "guest" + string(rune('a'+guest)) + "@example.edu" }
	gifts := map[string]gift{
		"enroll": func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, role grimoireauth.Role) error {
			return errorOf(as.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: address(), Role: role}))
		},
		"invite": func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, role grimoireauth.Role) error {
			return errorOf(as.Roster.Invite(ctx, class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: address(), Role: role}}))
		},
		"set role": func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, role grimoireauth.Role) error {
			return errorOf(as.Roster.SetRole(ctx, class, target, role))
		},
		"reenroll": func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, role grimoireauth.Role) error {
			return errorOf(as.Roster.Reenroll(ctx, class, removed[role]))
		},
		"domain roles": func(ctx context.Context, as stytchclient.Acting, class grimoireauth.ClassID, role grimoireauth.Role) error {
			return errorOf(as.Classes.Update(ctx, class, stytchclient.ClassChange{
				DomainRoles: stytchclient.Set([]grimoireauth.DomainRole{{Domain: "mq.edu.au", Role: role}}),
			}))
		},
	}
	for _, actor := range []struct {
		id   string
		role grimoireauth.Role
	}{{"tutor", grimoireauth.RoleTutor}, {"instructor", grimoireauth.RoleInstructor}, {"coordinator", grimoireauth.RoleCoordinator}} {
		as := p.client.As(stytch.SignIn(stytch.AddMember(class, actor.id+"@example.edu", actor.id)))
		for name, give := range gifts {
			for role := range removed {
				t.Run(actor.id+", "+name+", "+role.String(), func(t *testing.T) {
					if err := p.client.Roster.Remove(t.Context(), class, removed[role], stytchclient.EvenLastInstructor); err != nil {
						require.ErrorIs(t, err, grimoireauth.ErrNotFound)
					}
					before, sent := roles(t, p.client, class), len(stytch.Outbox())
					p.revocations, p.events = nil, nil
					err := give(t.Context(), as, class, role)
					if role <= actor.role {
						require.NoError(t, err)
						return
					}
					require.ErrorIs(t, err, grimoireauth.ErrForbidden)
					require.Equal(t, before, roles(t, p.client, class))
					require.Len(t, stytch.Outbox(), sent)
					require.Empty(t, p.revocations)
					require.Empty(t, p.events)
				})
			}
		}
	}
}

func roles(t *testing.T, client *stytchclient.Client, class grimoireauth.ClassID) map[string]grimoireauth.Role {
	out := make(map[string]grimoireauth.Role)
	for m, err := range client.Roster.Members(t.Context(), class) {
		require.NoError(t, err)
		out[m.Email] = m.Role
	}
	return out
}

// The e-mail of an invitation names the member who acts, and nobody else.
func TestA06_InvitationIsByTheActor(t *testing.T) {
	stytch := powerful()
	p := newProcess(t, stytch, stytch)
	class := stytch.AddClass("LAWS1100").ID
	tutor := stytch.AddMember(class, "tom@example.edu", "tutor")
	ines := stytch.AddInstructor(class, "ines@example.edu")
	as := p.client.As(stytch.SignIn(tutor))
	guest := stytchclient.NewMember{Email: "guest@example.edu", Role: grimoireauth.RoleTutor}

	_, err := as.Roster.Invite(t.Context(), class, stytchclient.Invitation{NewMember: guest, By: ines})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	require.Empty(t, stytch.Outbox())
	require.Empty(t, p.events)

	invited, err := as.Roster.Invite(t.Context(), class, stytchclient.Invitation{NewMember: guest, By: tutor})
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleTutor, invited.Role)
	invited, err = as.Roster.Invite(t.Context(), class, stytchclient.Invitation{NewMember: guest})
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleTutor, invited.Role)
	raw := stytch.Journal()
	require.Equal(t, "POST /v1/b2b/magic_links/email/invite", raw[len(raw)-1].Endpoint)
	require.Len(t, stytch.Outbox(), 2)
}

// A role that only Stytch knows cannot be compared, so those who do not have it do
// not give it.
func TestA06_RoleThatTheTableDoesNotKnow(t *testing.T) {
	stytch := powerful()
	p := newProcess(t, stytch, stytch)
	class := stytch.AddClass("LAWS1100").ID
	change := stytchclient.ClassChange{DomainRoles: stytchclient.Set([]grimoireauth.DomainRole{{Domain: "mq.edu.au", ID: "dean"}})}
	tutor := stytch.AddMember(class, "tom@example.edu", "tutor")
	require.ErrorIs(t, errorOf(p.client.As(stytch.SignIn(tutor)).Classes.Update(t.Context(), class, change)), grimoireauth.ErrForbidden)
	dean := stytch.AddMember(class, "dee@example.edu", "tutor", "dean")
	require.NoError(t, errorOf(p.client.As(stytch.SignIn(dean)).Classes.Update(t.Context(), class, change)))
}
