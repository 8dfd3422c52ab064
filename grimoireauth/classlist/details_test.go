package classlist_test

import (
	"testing"
	"testing/synctest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// A list that corrects details changes just those, says old and new, and prints what
// the roster will say.
func TestI04_DetailsFollowTheList(t *testing.T) {
	config := classlist.Config{Highest: instructor, MostRemoved: 1}
	first := classlist.Row{Line: 2, Email: "ada@example.edu", Name: "Ada Byron", Groups: []string{"Mon", "Lab"}}
	for name, row := range map[string]struct {
		first, list classlist.Row
		byHand      stytchclient.MemberChange
		step        string // empty: nothing to do
		note        string
		want        classlist.Row
	}{
		"a name":              {first, classlist.Row{Name: "Ada Lovelace"}, none0, `change details ada@example.edu (Ada Lovelace), student, name "Ada Byron" to "Ada Lovelace"`, "", classlist.Row{Name: "Ada Lovelace", Groups: first.Groups}},
		"a number":            {first, classlist.Row{Name: "Ada Byron", ID: "7"}, none0, `change details ada@example.edu (Ada Byron), student, ID number "7"`, "", classlist.Row{Name: "Ada Byron", ID: "7", Groups: first.Groups}},
		"groups":              {first, classlist.Row{Groups: []string{"Tue"}}, none0, `change details ada@example.edu (Ada Byron), student, groups "[Lab], [Mon]" to "[Tue]"`, "", classlist.Row{Name: "Ada Byron", Groups: []string{"Tue"}}},
		"a role and a name":   {classlist.Row{Name: "Ada", Role: student}, classlist.Row{Name: "Ada L", Role: tutor}, none0, `change role ada@example.edu (Ada L), student to tutor, name "Ada" to "Ada L"`, "", classlist.Row{Name: "Ada L", Role: tutor}},
		"groups, reordered":   {first, classlist.Row{Groups: []string{"Lab", "Mon"}}, none0, "", "", classlist.Row{Name: "Ada Byron", Groups: first.Groups}},
		"nothing is said":     {first, classlist.Row{}, none0, "", "", classlist.Row{Name: "Ada Byron", Groups: first.Groups}},
		"a name by hand":      {first, classlist.Row{Name: "Ada Lovelace"}, stytchclient.MemberChange{Name: stytchclient.Set("Ada B")}, "", `the name "Ada B" is by hand, so the list's "Ada Lovelace" does not count`, classlist.Row{Name: "Ada B", Groups: first.Groups}},
		"groups by hand":      {first, classlist.Row{Groups: []string{"Tue"}}, stytchclient.MemberChange{Metadata: grimoireauth.Metadata{classlist.GroupsKey: []string{"Wed"}}}, "", "the groups", classlist.Row{Name: "Ada Byron", Groups: []string{"Wed"}}},
		"a name taken away":   {first, classlist.Row{Name: "Ada Byron"}, stytchclient.MemberChange{Name: stytchclient.Set("")}, `change details ada@example.edu (Ada Byron), student, name "Ada Byron"`, "", first},
		"a name of their own": {classlist.Row{}, classlist.Row{Name: "Ada Lovelace"}, stytchclient.MemberChange{Name: stytchclient.Set("Countess")}, "", "is by hand", classlist.Row{Name: "Countess"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClass(t)
			c.stytch.AddInstructor(c.id, "ines@example.edu")
			row.first.Line, row.first.Email = 2, "ada@example.edu"
			row.list.Line, row.list.Email = 2, "ada@example.edu"
			c.bring(classlist.List{row.first}, config)
			if _, named := row.byHand.Name.Value(); named || row.byHand.Metadata != nil {
				_, err := c.client.Roster.Update(t.Context(), c.id, c.member("ada@example.edu").Member, row.byHand)
				require.NoError(t, err)
			}
			plan := c.plan(classlist.List{row.list}, config)
			step := plan.Steps()[0]
			if row.step == "" {
				require.Empty(t, plan.Changes())
				require.Equal(t, classlist.Keep, step.Action)
			} else {
				require.Equal(t, "line 2: "+row.step, step.String())
			}
			require.Contains(t, step.Note, row.note)
			require.Equal(t, row.note == "", step.Note == "", step.Note)
			c.bring(classlist.List{row.list}, config)
			member := c.member("ada@example.edu")
			require.Equal(t, row.want.Name, member.Name)
			require.Equal(t, row.want.Name, step.Name, "what is printed is what the roster says")
			require.Equal(t, row.want.ID, member.ExternalID)
			require.ElementsMatch(t, row.want.Groups, classlist.GroupsOf(member))
			require.ElementsMatch(t, step.Groups, classlist.GroupsOf(member))
		})
	}
}

var none0 stytchclient.MemberChange

// A field that was changed by hand, and later has the list's value again, is written by
// imports again.
func TestI04_AgreementGivesTheFieldBack(t *testing.T) {
	c := newClass(t)
	list := func(name string) classlist.List {
		return classlist.List{{Line: 2, Email: "ada@example.edu", Name: name}}
	}
	c.bring(list("Ada Byron"), classlist.Config{})
	ada := c.member("ada@example.edu").Member
	_, err := c.client.Roster.Update(t.Context(), c.id, ada, stytchclient.MemberChange{Name: stytchclient.Set("Ada King")})
	require.NoError(t, err)
	c.bring(list("Ada Lovelace"), classlist.Config{})
	require.Equal(t, "Ada King", c.member("ada@example.edu").Name)
	c.bring(list("Ada King"), classlist.Config{})
	c.bring(list("Ada Lovelace"), classlist.Config{})
	require.Equal(t, "Ada Lovelace", c.member("ada@example.edu").Name)
}

// A member who was added by hand gets what is missing, and nothing else.
func TestI04_AddedByHand(t *testing.T) {
	c := newClass(t)
	_, err := c.client.Roster.Enroll(t.Context(), c.id, stytchclient.NewMember{Email: "tove@example.edu", Name: "T. Jansson", Role: tutor})
	require.NoError(t, err)
	row := classlist.Row{Line: 2, Email: "tove@example.edu", Name: "Tove Jansson", ID: "9", Groups: []string{"Mon"}}
	plan := c.plan(classlist.List{row}, classlist.Config{})
	require.Equal(t, `line 2: change details tove@example.edu (T. Jansson), tutor, ID number "9", groups "[Mon]": the name "T. Jansson" is by hand, so the list's "Tove Jansson" does not count`, plan.Steps()[0].String())
	c.bring(classlist.List{row}, classlist.Config{})
	row.Groups = []string{"Tue"}
	c.bring(classlist.List{row}, classlist.Config{})
	tove := c.member("tove@example.edu")
	require.Equal(t, []string{"Tue"}, classlist.GroupsOf(tove), "the groups are the list's, which has written them")
	require.NotContains(t, tove.Metadata, classlist.SourceKey, "no import removes her")
	require.Equal(t, "T. Jansson", tove.Name)
}

// The former name of a person is not stored.
func TestI04_NoCopyOfAName(t *testing.T) {
	c := newClass(t)
	c.bring(classlist.List{{Line: 2, Email: "a@example.edu", Name: "Deadname", ID: "4711", Groups: []string{"Mon"}}}, classlist.Config{})
	c.bring(classlist.List{{Line: 2, Email: "a@example.edu", Name: "Ada"}}, classlist.Config{})
	for key, value := range c.member("a@example.edu").Metadata {
		require.NotContains(t, key, "Deadname")
		if key == classlist.ListedKey {
			require.Len(t, value, 3)
		}
		for _, secret := range []string{"Deadname", "4711"} {
			require.NotContains(t, value, secret)
		}
	}
}

// The plan keeps a suspended member, and one who has not finished signing up, with a
// note.
func TestI04_StatusesAreTold(t *testing.T) {
	suspended := on("ada", student, student, func(m *grimoireauth.Member) { m.Suspended = true })
	pending := on("bo", student, student, func(m *grimoireauth.Member) { m.Status = grimoireauth.StatusPending })
	plan, err := classlist.NewPlan(contracts, classlist.List{{Line: 2, Email: "ada@example.edu"}, {Line: 3, Email: "bo@example.edu"}}, []grimoireauth.Member{suspended, pending}, classlist.Config{})
	require.NoError(t, err)
	require.Empty(t, plan.Changes())
	require.Contains(t, plan.Steps()[0].Note, "suspended")
	require.Contains(t, plan.Steps()[1].Note, "not approved")
}

// NewPlan checks a list that the program has made by the rules for files.
func TestI10_NewPlanTakesNoOtherTexts(t *testing.T) {
	for name, row := range map[string]classlist.Row{
		"an address": {Line: 2, Email: "\u017fam@example.edu"}, "a name": {Line: 2, Email: "a@b.cd", Name: "A\u202eda"},
		"a number": {Line: 2, Email: "a@b.cd", ID: "a b"}, "a group": {Line: 2, Email: "a@b.cd", Groups: []string{"a\x00"}},
	} {
		_, err := classlist.NewPlan(contracts, classlist.List{row}, nil, classlist.Config{})
		require.ErrorIs(t, err, grimoireauth.ErrInvalid, name)
		require.ErrorContains(t, err, "line 2", name)
	}
	plan, err := classlist.NewPlan(contracts, classlist.List{{Line: 2, Email: "A@B.cd", Name: " Ada\u200f "}}, nil, classlist.Config{})
	require.NoError(t, err)
	require.Equal(t, "line 2: add a@b.cd (Ada), student", plan.Steps()[0].String())
}

// An import writes details and their record in one call, so that after an end at any
// call the next import takes none of them for a change by hand.
func TestI04_KilledAtEveryCall(t *testing.T) {
	config := classlist.Config{Highest: instructor, MostRemoved: 1, Concurrency: 1}
	for at := 2; ; at++ {
		finished := false
		synctest.Test(t, func(t *testing.T) {
			c := newClass(t)
			c.stytch.AddInstructor(c.id, "ines@example.edu")
			list := people(5)
			for i := range list {
				list[i].Role, list[i].Groups = student, []string{"Mon"}
			}
			c.bring(list, config)
			s5 := c.member("s5@example.edu").Member
			c.stytch.SignIn(s5)
			require.NoError(t, c.client.Roster.Remove(t.Context(), c.id, s5))
			list[0].Name = "Corrected"
			list[1].Name, list[1].Role = "Corrected", tutor
			list[2].Groups = []string{"Tue", "Wed"}
			list[4].Name, list[4].Role, list[4].Groups = "Back", tutor, []string{"Tue"}
			plan := c.plan(list, config)
			require.Len(t, plan.Changes(), 4)
			finished = c.interrupted(plan, at) == nil
			_, err := plan.Apply(t.Context(), c.client.Roster)
			require.NoError(t, err)
			requireSays(t, c, list)
			require.Empty(t, c.plan(list, config).Changes())
			for _, step := range c.plan(list, config).Steps() {
				require.Empty(t, step.Note)
			}
		})
		if finished {
			require.Greater(t, at, 8, "it took some calls")
			return
		}
	}
}

// If Stytch refuses a detail, its row fails and the others are done.
func TestI04_ANumberThatIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClass(t)
		list := people(3)
		for i := range list {
			list[i].ID = ""
		}
		c.bring(list, classlist.Config{})
		for i := range list {
			list[i].ID = []string{"1", "2", "3"}[i]
		}
		plan := c.plan(list, classlist.Config{Concurrency: 1})
		c.stytch.Fail(mock.Fault{Endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}", Status: 400, ErrorType: "duplicate_member_external_id", Times: 1})
		report, err := plan.Apply(t.Context(), c.client.Roster)
		require.Error(t, err)
		require.Equal(t, 1, report.Count(classlist.Failed))
		require.Equal(t, 2, report.Count(classlist.Done))
		c.bring(list, classlist.Config{})
		requireSays(t, c, list)
	})
}

// On behalf of a member an import needs the permission for each field that it changes.
func TestI04_TheImporterMayChangeTheField(t *testing.T) {
	row := classlist.Row{Line: 2, Email: "sam@example.edu", Name: "Sam"}
	for name, test := range map[string]struct {
		actions []string
		list    classlist.Row
		want    error
	}{
		"a name":               {[]string{"search", "update.info.name"}, classlist.Row{Name: "Sam Lee"}, nil},
		"no permission for it": {[]string{"search", "create"}, classlist.Row{Name: "Sam Lee"}, grimoireauth.ErrForbidden},
		"groups":               {[]string{"search", "create"}, classlist.Row{Groups: []string{"Mon"}}, nil},
		"a number":             {[]string{"search", "create"}, classlist.Row{ID: "7"}, nil},
		"none for numbers":     {[]string{"search", "update.info.name"}, classlist.Row{ID: "7"}, grimoireauth.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			c := permitted(t, test.actions...)
			credentials := c.stytch.SignIn(c.stytch.AddInstructor(c.id, "ines@example.edu"))
			c.bring(classlist.List{row}, generous)
			test.list.Line, test.list.Email = 2, row.Email
			plan, writes := c.plan(classlist.List{test.list}, generous), c.line.changes()
			_, err := plan.ApplyAs(t.Context(), c.client, credentials)
			if test.want == nil {
				require.NoError(t, err)
				requireSays(t, c, classlist.List{test.list})
				return
			}
			require.ErrorIs(t, err, test.want)
			require.Equal(t, writes, c.line.changes(), "no call that changes anything")
		})
	}
}
