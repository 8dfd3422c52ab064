package stytchclient_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// edits is a class under random changes, with what a reader of the documentation
// would expect of it.
type edits struct {
	t      *testing.T
	random *rand.Rand
	stytch *mock.Stytch
	client *stytchclient.Client
	class  grimoireauth.ClassID
	emails []string
}

// roster is everybody on the roster who was not removed, and everybody who was,
// by address; of several entries of one address the newest counts.
func (e *edits) roster() (in, out map[string]grimoireauth.Member) {
	in, out = make(map[string]grimoireauth.Member), make(map[string]grimoireauth.Member)
	all := stytchclient.MemberQuery{PageSize: 7, Statuses: []grimoireauth.MemberStatus{
		grimoireauth.StatusActive, grimoireauth.StatusInvited, grimoireauth.StatusPending, grimoireauth.StatusDeleted,
	}}
	for member, err := range e.client.Roster.Find(e.t.Context(), all, e.class) {
		require.NoError(e.t, err)
		if member.Status == grimoireauth.StatusDeleted {
			out[member.Email] = member
			continue
		}
		require.NotContains(e.t, in, member.Email, "one address is on the roster once")
		in[member.Email] = member
	}
	return in, out
}

func instructors(roster map[string]grimoireauth.Member) int {
	n := 0
	for _, m := range roster {
		if m.Status == grimoireauth.StatusActive && !m.Suspended && m.Role.AtLeast(grimoireauth.RoleInstructor) {
			n++
		}
	}
	return n
}

var anyRole = []grimoireauth.Role{grimoireauth.RoleStudent, grimoireauth.RoleStudent, grimoireauth.RoleTutor, grimoireauth.RoleInstructor, grimoireauth.RoleCoordinator}

// step makes one random change, twice where it claims that it can be repeated.
func (e *edits) step() {
	ctx, r := e.t.Context(), e.client.Roster
	email := e.emails[e.random.IntN(len(e.emails))]
	role := anyRole[e.random.IntN(len(anyRole))]
	in, out := e.roster()
	member, present := in[email]
	removed, wasThere := out[email]
	teachers := instructors(in)
	last := present && member.Status == grimoireauth.StatusActive && !member.Suspended && member.Role.AtLeast(grimoireauth.RoleInstructor) && teachers == 1
	refusedAsLast := func(err error) {
		if last {
			require.ErrorIs(e.t, err, grimoireauth.ErrLastInstructor)
		} else {
			require.NoError(e.t, err)
		}
	}
	switch e.random.IntN(9) {
	case 0:
		_, err := r.Enroll(ctx, e.class, stytchclient.NewMember{Email: email, Role: role})
		require.Equal(e.t, present, errors.Is(err, grimoireauth.ErrConflict), "%v", err)
	case 1:
		_, err := r.Invite(ctx, e.class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: email, Role: role}})
		require.Equal(e.t, present && member.Status == grimoireauth.StatusActive, errors.Is(err, grimoireauth.ErrConflict), "%v", err)
	case 2:
		if present {
			changed, err := r.SetRole(ctx, e.class, member.Member, role)
			if role.AtLeast(grimoireauth.RoleInstructor) {
				require.NoError(e.t, err)
				require.Equal(e.t, role, changed.Role)
			} else {
				refusedAsLast(err)
			}
		}
	case 3:
		if present {
			refusedAsLast(r.Remove(ctx, e.class, member.Member))
		}
	case 4:
		if present {
			_, err := r.Suspend(ctx, e.class, member.Member)
			refusedAsLast(err)
		}
	case 5:
		if present {
			_, err := r.Reinstate(ctx, e.class, member.Member)
			require.NoError(e.t, err)
		}
	case 6:
		if wasThere && !present {
			back, err := r.Reenroll(ctx, e.class, removed.Member)
			require.NoError(e.t, err)
			again, err := r.Reenroll(ctx, e.class, back.Member)
			require.NoError(e.t, err)
			require.Equal(e.t, back, again)
			require.Equal(e.t, removed.Suspended, back.Suspended)
			require.Equal(e.t, removed.Role, back.Role)
		}
	case 7:
		if present && !member.Suspended {
			e.stytch.SignIn(member.Member) // proves the address, and accepts an invitation
		}
	case 8:
		if present && member.Status != grimoireauth.StatusActive {
			approved, err := r.Approve(ctx, e.class, member.Member)
			require.NoError(e.t, err)
			require.Equal(e.t, member.Role, approved.Role)
		}
	}
	after, _ := e.roster()
	require.True(e.t, teachers == 0 || instructors(after) > 0, "the class lost its last instructor")
	changed := 0
	for address, was := range in {
		if !slices.Equal(was.Roles, after[address].Roles) || was.Status != after[address].Status || was.Suspended != after[address].Suspended {
			changed++
			require.Equal(e.t, email, address, "somebody else became different")
		}
	}
	require.LessOrEqual(e.t, changed, 1)
}

// Random changes never leave a class without an instructor, never touch anybody
// else, and can be repeated where the documentation says so.
func TestRandomEditsKeepTheRules(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			e := &edits{t: t, random: rand.New(rand.NewPCG(seed, 1))}
			e.stytch, e.client = school(t, nil)
			e.class = e.stytch.AddClass("Torts").ID
			for i := range 8 {
				e.emails = append(e.emails, fmt.Sprintf("p%d@example.edu", i))
			}
			for range 150 {
				e.step()
			}
		})
	}
}

// The same for settings: any consistent change, applied twice, changes nothing the
// second time, and an archive in between gives everything back.
func TestRandomSettingsComeBack(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	doors := []grimoireauth.Admission{grimoireauth.AdmitAll, grimoireauth.AdmitListed, grimoireauth.AdmitNobody}
	_, client := school(t, nil)
	class, err := client.Classes.Create(t.Context(), stytchclient.NewClass{Name: "Torts"})
	require.NoError(t, err)
	accepted := 0
	for range 200 {
		change := stytchclient.ClassChange{Domains: stytchclient.Set([]string{"mq.edu.au"}), Tenants: stytchclient.Set(map[string][]string{"github": {"x"}})}
		for _, door := range []*stytchclient.Change[grimoireauth.Admission]{&change.Invitations, &change.JoinByEmail, &change.JoinBySSO, &change.JoinByTenant} {
			if random.IntN(3) > 0 {
				*door = stytchclient.Set(doors[random.IntN(3)])
			}
		}
		after, err := client.Classes.Update(t.Context(), class.ID, change)
		if errors.Is(err, grimoireauth.ErrInvalid) {
			now, err := client.Classes.Get(t.Context(), class.ID)
			require.NoError(t, err)
			require.Equal(t, class, now, "what was refused changed nothing")
			continue
		}
		require.NoError(t, err)
		accepted++
		again, err := client.Classes.Update(t.Context(), class.ID, change)
		require.NoError(t, err)
		require.Equal(t, after, again)
		_, err = client.Classes.Archive(t.Context(), class.ID)
		require.NoError(t, err)
		class, err = client.Classes.Restore(t.Context(), class.ID)
		require.NoError(t, err)
		require.Equal(t, after, class)
	}
	require.Greater(t, accepted, 20)
}
