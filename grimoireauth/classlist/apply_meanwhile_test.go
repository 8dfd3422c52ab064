package classlist_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// member finds a present or removed member by address.
func (c *class) member(email string) grimoireauth.Member {
	for _, m := range c.members() {
		if m.Email == email {
			return m
		}
	}
	c.t.Fatalf("no member has the address %s", email)
	return grimoireauth.Member{}
}

// Another program may change the roster after it was compared and before a row is done.
func TestApplyMeanwhile(t *testing.T) {
	const s1 = "s1@example.edu"
	tests := map[string]struct {
		before    func(c *class)
		list      classlist.List
		meanwhile func(c *class)
		result    classlist.Result
		err       error
	}{
		"added by hand": {
			before: func(*class) {}, list: people(1),
			meanwhile: func(c *class) { c.stytch.AddStudent(c.id, s1) },
			result:    classlist.AlreadySo,
		},
		"the number is taken": {
			before: func(*class) {}, list: people(1),
			meanwhile: func(c *class) {
				other := c.stytch.AddStudent(c.id, "other@example.edu")
				_, err := c.client.Roster.Update(c.t.Context(), c.id, other, stytchclient.MemberChange{ExternalID: stytchclient.Set("45000001")})
				require.NoError(c.t, err)
			},
			result: classlist.Failed, err: grimoireauth.ErrConflict,
		},
		"removed by hand": {
			before: func(c *class) { c.bring(people(2), classlist.Config{}) }, list: people(2)[1:],
			meanwhile: func(c *class) {
				require.NoError(c.t, c.client.Roster.Remove(c.t.Context(), c.id, c.member(s1).Member))
			},
			result: classlist.AlreadySo,
		},
		"back already": {
			before: func(c *class) {
				c.bring(people(2), classlist.Config{})
				c.stytch.SignIn(c.member(s1).Member)
				c.bring(people(2)[1:], classlist.Config{})
			},
			list: people(2),
			meanwhile: func(c *class) {
				_, err := c.client.Roster.Reenroll(c.t.Context(), c.id, c.member(s1).Member)
				require.NoError(c.t, err)
			},
			result: classlist.Done,
		},
		"the address belongs to another person by now": {
			before: func(c *class) {
				c.bring(people(2), classlist.Config{})
				c.stytch.SignIn(c.member(s1).Member)
				c.bring(people(2)[1:], classlist.Config{})
			},
			list:      people(2),
			meanwhile: func(c *class) { c.stytch.AddStudent(c.id, s1) },
			result:    classlist.Failed, err: grimoireauth.ErrConflict,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClass(t)
				test.before(c)
				plan := c.plan(test.list, classlist.Config{MostRemoved: 1})
				require.Len(t, plan.Changes(), 1)
				// The first call of an import reads the roster; the second is the row's. The
				// hand has a line of its own.
				hand := *c
				hand.client = quiet(t, c.stytch)
				c.line.calls, c.line.cut, c.line.onCut = 0, 2, func() { test.meanwhile(&hand) }
				report, err := plan.Apply(t.Context(), c.client.Roster)
				require.ErrorIs(t, err, test.err)
				require.Equal(t, test.result, report.Outcomes[0].Result)
				c.line.cut = 0
			})
		})
	}
}

// quiet returns a client with a transport of its own, without faults.
func quiet(t *testing.T, stytch *mock.Stytch) *stytchclient.Client {
	t.Helper()
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	require.NoError(t, err)
	return client
}

// A removal whose response is lost is repeated, and counts as done.
func TestApplyAfterALostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClass(t)
		c.bring(people(3), classlist.Config{})
		plan := c.plan(people(4)[1:], classlist.Config{MostRemoved: 1})
		for endpoint, times := range map[string]int{
			// Once more than the client itself repeats it.
			"DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}": 3,
			"POST /v1/b2b/organizations/{organization_id}/members":               1,
		} {
			c.stytch.Fail(mock.Fault{Endpoint: endpoint, Status: http.StatusBadGateway, Body: "<html>", Late: true, Times: times})
		}
		report, err := plan.Apply(t.Context(), c.client.Roster)
		require.NoError(t, err)
		require.Equal(t, 2, report.Count(classlist.Done))
		require.Len(t, c.roles(), 3)
		require.Len(t, c.members(), 4, "no member twice")
	})
}

// A member that an import brings back is treated as imported again, with the list's
// role.
func TestApplyBringsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClass(t)
		config := classlist.Config{Highest: grimoireauth.RoleTutor, MostRemoved: 1}
		tutor := c.stytch.AddMember(c.id, "s1@example.edu", "tutor")
		c.stytch.SignIn(tutor)
		require.NoError(t, c.client.Roster.Remove(t.Context(), c.id, tutor))

		c.bring(people(2), config)
		back := c.member("s1@example.edu")
		require.Equal(t, tutor, back.Member, "the same person, with what belongs to them")
		require.Equal(t, grimoireauth.RoleStudent, back.Role, "not the tutor of last term")
		c.bring(people(2)[1:], config)
		require.NotContains(t, c.roles(), "s1@example.edu")
		c.bring(people(2), config)
		require.Equal(t, grimoireauth.RoleStudent, c.roles()["s1@example.edu"])
	})
}

// A role that was changed by hand to the list's role counts as the list's again. So the
// record that an import was killed before it wrote is written by the next one.
func TestApplyRecordsWhatTheListSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const s1 = "s1@example.edu"
		config := classlist.Config{Highest: grimoireauth.RoleTutor}
		c := newClass(t)
		list := people(1)
		list[0].Role = grimoireauth.RoleStudent
		c.bring(list, config)
		_, err := c.client.Roster.SetRole(t.Context(), c.id, c.member(s1).Member, grimoireauth.RoleTutor)
		require.NoError(t, err)
		c.bring(list, config)
		require.Equal(t, grimoireauth.RoleTutor, c.roles()[s1], "changed by hand, so it stays")

		list[0].Role = grimoireauth.RoleTutor
		c.bring(list, config)
		list[0].Role = grimoireauth.RoleStudent
		c.bring(list, config)
		require.Equal(t, grimoireauth.RoleStudent, c.roles()[s1], "the list said tutor last, and says student now")
	})
}
