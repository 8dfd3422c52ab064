package classlist_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// permitted is a class whose tutors and instructors may do these things with members.
func permitted(t testing.TB, actions ...string) *class {
	c := newClass(t)
	may := []mock.Permission{{Resource: "stytch.member", Actions: actions}}
	stytch := &mock.Stytch{Roles: []mock.Role{{ID: "tutor", Permissions: may}, {ID: "instructor", Permissions: may}, {ID: "coordinator"}}}
	c.stytch, c.line.stytch = stytch, stytch
	var err error
	c.client, err = stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: c.line,
	})
	require.NoError(t, err)
	c.id = stytch.AddClass("LAWS1100").ID
	return c
}

var generous = classlist.Config{Highest: grimoireauth.RoleCoordinator, MostRemoved: 1}

// The member who imports gives and changes no role above their own, whatever
// Config.Highest says, and needs the permission for what the plan does.
func TestA06_TheImporterBoundsTheList(t *testing.T) {
	all := []string{"search", "create", "update.settings.roles", "delete"}
	student, tutor := classlist.Row{Line: 2, Email: "sam@example.edu", Role: grimoireauth.RoleStudent}, classlist.Row{Line: 3, Email: "tess@example.edu", Role: grimoireauth.RoleTutor}
	instructor := classlist.Row{Line: 4, Email: "ivan@example.edu", Role: grimoireauth.RoleInstructor}
	for name, test := range map[string]struct {
		actions  []string
		by       string
		imported classlist.List // what an earlier import has brought
		list     classlist.List
		want     error
	}{
		"an instructor gives an instructor": {all, "instructor", nil, classlist.List{student, tutor, instructor}, nil},
		"a tutor gives a tutor":             {all, "tutor", nil, classlist.List{student, tutor}, nil},
		"a tutor gives an instructor":       {all, "tutor", nil, classlist.List{student, instructor}, grimoireauth.ErrForbidden},
		"a tutor removes an instructor":     {all, "tutor", classlist.List{student, instructor}, classlist.List{student}, grimoireauth.ErrForbidden},
		"an instructor removes one":         {all, "instructor", classlist.List{student, instructor}, classlist.List{student}, nil},
		"no permission to remove":           {all[:3], "instructor", classlist.List{student, tutor}, classlist.List{student}, grimoireauth.ErrForbidden},
		"no permission to add":              {[]string{"search"}, "instructor", nil, classlist.List{student}, grimoireauth.ErrForbidden},
		"a student":                         {all, "", nil, classlist.List{student}, grimoireauth.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			c := permitted(t, test.actions...)
			c.stytch.AddInstructor(c.id, "ines@example.edu")
			roles := []string{test.by}
			if test.by == "" {
				roles = nil
			}
			credentials := c.stytch.SignIn(c.stytch.AddMember(c.id, "importer@example.edu", roles...))
			if test.imported != nil {
				c.bring(test.imported, generous)
			}
			plan := c.plan(test.list, generous)
			before, writes := c.members(), c.line.changes()
			report, err := plan.ApplyAs(t.Context(), c.client, credentials)
			if test.want == nil {
				require.NoError(t, err)
				require.Empty(t, c.plan(test.list, generous).Changes())
				return
			}
			require.ErrorIs(t, err, test.want)
			require.Equal(t, len(plan.Changes()), report.Count(classlist.NotTried))
			require.Equal(t, before, c.members())
			require.Equal(t, writes, c.line.changes(), "no call that changes anything")
		})
	}
}

// changes counts the calls that change members.
func (l *network) changes() int {
	n := 0
	for _, r := range l.stytch.Journal() {
		switch r.Endpoint {
		case "POST /v1/b2b/organizations/{organization_id}/members", "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}",
			"DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}", "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate":
			n++
		}
	}
	return n
}

// An import with the session of another class's member, an ended session or that of a
// suspended member changes nothing.
func TestA06_WhoMayNotImport(t *testing.T) {
	c := permitted(t, "*")
	other := c.stytch.AddClass("Equity").ID
	plan := c.plan(classlist.List{{Line: 2, Email: "sam@example.edu"}}, classlist.Config{})
	sue := c.stytch.AddInstructor(c.id, "sue@example.edu")
	ended := c.stytch.SignIn(sue)
	c.stytch.EndSession(ended)
	_, err := c.client.Roster.Suspend(t.Context(), c.id, sue, stytchclient.EvenLastInstructor)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		by   grimoireauth.Credentials
		want error
	}{
		"another class":  {c.stytch.SignIn(c.stytch.AddInstructor(other, "omar@example.edu")), grimoireauth.ErrForbidden},
		"over":           {ended, grimoireauth.ErrUnauthenticated},
		"suspended":      {c.stytch.SignIn(sue), grimoireauth.ErrUnauthenticated},
		"no credentials": {grimoireauth.Credentials{}, grimoireauth.ErrNoCredentials},
	} {
		writes := c.line.changes()
		_, err := plan.ApplyAs(t.Context(), c.client, row.by)
		require.ErrorIs(t, err, row.want, name)
		require.Equal(t, writes, c.line.changes(), name)
	}
	report, err := classlist.Plan{}.ApplyAs(t.Context(), c.client, grimoireauth.Credentials{})
	require.NoError(t, err)
	require.Empty(t, report.Outcomes)
}

// An import takes minutes. When the member who imports is demoted, it ends within ten
// seconds.
func TestA06_DemotedDuringTheImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := permitted(t, "*")
		c.stytch.AddInstructor(c.id, "ines@example.edu")
		importer := c.stytch.AddInstructor(c.id, "ivan@example.edu")
		credentials := c.stytch.SignIn(importer)
		c.line.latency = 100 * time.Millisecond
		plan := c.plan(people(2000), classlist.Config{})
		go func() {
			time.Sleep(time.Second)
			_, _ = c.client.Roster.SetRole(t.Context(), c.id, importer, grimoireauth.RoleStudent)
		}()
		began := time.Now()
		report, err := plan.ApplyAs(t.Context(), c.client, credentials)
		require.ErrorIs(t, err, grimoireauth.ErrForbidden)
		require.Less(t, time.Since(began), 13*time.Second)
		require.NotZero(t, report.Count(classlist.Done))
		require.NotZero(t, report.Count(classlist.NotTried))
		require.Zero(t, report.Count(classlist.Failed))
	})
}

// An import makes one call for each person who is added, two look-ups and changes for
// each who gets another role, and a few for the whole list. On behalf of a member it
// makes a few more every ten seconds, and none for a row.
func TestCallsOfAList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1_000
		c := permitted(t, "*")
		credentials := c.stytch.SignIn(c.stytch.AddInstructor(c.id, "ines@example.edu"))
		count := func(do func()) int {
			before := c.line.total()
			do()
			return c.line.total() - before
		}
		plan := c.plan(people(n), generous)
		require.Equal(t, n+1, count(func() {
			_, err := plan.ApplyAs(t.Context(), c.client, credentials)
			require.NoError(t, err)
		})-3, "three are about the importer: who it is, and whether they may search and create")

		tutors := people(n)
		for i := range tutors {
			tutors[i].Role = grimoireauth.RoleTutor
		}
		promoted := c.plan(tutors, generous)
		require.Equal(t, 4*n+pagesOf(n+1), count(func() {
			_, err := promoted.Apply(t.Context(), c.client.Roster)
			require.NoError(t, err)
		}), "a look and a change of the role, a look and a change of the record")
	})
}

func pagesOf(members int) int { return (members + 999) / 1000 }

func (l *network) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}
