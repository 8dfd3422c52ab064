package classlist_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

const contracts grimoireauth.ClassID = "contracts"

// on is a member of contracts, added by hand unless from says what an import gave.
func on(email string, role grimoireauth.Role, from grimoireauth.Role, change ...func(*grimoireauth.Member)) grimoireauth.Member {
	m := grimoireauth.Member{
		Person: grimoireauth.Person{Member: grimoireauth.MemberID("member-" + email), Class: contracts},
		Email:  email + "@example.edu", EmailVerified: true, Status: grimoireauth.StatusActive, Role: role,
	}
	if from != grimoireauth.RoleNone {
		m.Metadata = grimoireauth.Metadata{classlist.SourceKey: "classlist " + from.String()}
	}
	for _, f := range change {
		f(&m)
	}
	return m
}

func removed(m *grimoireauth.Member)    { m.Status = grimoireauth.StatusDeleted }
func unverified(m *grimoireauth.Member) { m.EmailVerified = false }
func numbered(id string) func(*grimoireauth.Member) {
	return func(m *grimoireauth.Member) { m.ExternalID = id }
}

func TestNewPlan(t *testing.T) {
	const none, student, tutor, instructor = grimoireauth.RoleNone, grimoireauth.RoleStudent, grimoireauth.RoleTutor, grimoireauth.RoleInstructor
	row := func(email string, role grimoireauth.Role) classlist.Row {
		return classlist.Row{Line: 2, Email: email + "@example.edu", Role: role}
	}
	tests := map[string]struct {
		row    classlist.Row
		class  []grimoireauth.Member
		action classlist.Action
		to     grimoireauth.Role
		note   string
	}{
		"new":                                {row("ada", none), nil, classlist.Add, student, ""},
		"new, with a role":                   {row("ada", tutor), nil, classlist.Add, tutor, ""},
		"there":                              {row("ada", student), []grimoireauth.Member{on("ada", student, student)}, classlist.Keep, student, ""},
		"there, and the list does not say":   {row("ada", none), []grimoireauth.Member{on("ada", tutor, student)}, classlist.Keep, tutor, ""},
		"in other letters":                   {classlist.Row{Line: 2, Email: "ADA@example.edu"}, []grimoireauth.Member{on("Ada", student, none)}, classlist.Keep, student, ""},
		"promoted by the list":               {row("ada", tutor), []grimoireauth.Member{on("ada", student, student)}, classlist.ChangeRole, tutor, ""},
		"demoted by the list":                {row("ada", student), []grimoireauth.Member{on("ada", tutor, tutor)}, classlist.ChangeRole, student, ""},
		"promoted by hand":                   {row("ada", student), []grimoireauth.Member{on("ada", tutor, student)}, classlist.Keep, tutor, "changed by hand"},
		"demoted by hand":                    {row("ada", instructor), []grimoireauth.Member{on("ada", student, instructor)}, classlist.Keep, student, "changed by hand"},
		"added by hand":                      {row("ada", student), []grimoireauth.Member{on("ada", instructor, none)}, classlist.Keep, instructor, "added by hand"},
		"by hand, and the list agrees":       {row("ada", instructor), []grimoireauth.Member{on("ada", instructor, none)}, classlist.Keep, instructor, ""},
		"added by another program":           {row("ada", student), []grimoireauth.Member{on("ada", tutor, none, func(m *grimoireauth.Member) { m.Metadata = grimoireauth.Metadata{classlist.SourceKey: "oneroster"} })}, classlist.Keep, tutor, "added by hand"},
		"invited":                            {row("ada", none), []grimoireauth.Member{on("ada", student, none, func(m *grimoireauth.Member) { m.Status = grimoireauth.StatusInvited })}, classlist.Keep, student, ""},
		"removed":                            {row("ada", none), []grimoireauth.Member{on("ada", tutor, tutor, removed)}, classlist.Reactivate, student, ""},
		"removed, back as tutor":             {row("ada", tutor), []grimoireauth.Member{on("ada", student, student, removed)}, classlist.Reactivate, tutor, ""},
		"removed before she ever came":       {row("ada", none), []grimoireauth.Member{on("ada", student, student, removed, unverified)}, classlist.Add, student, ""},
		"removed, and there again":           {row("ada", none), []grimoireauth.Member{on("ada", tutor, tutor, removed), on("ada", student, none, func(m *grimoireauth.Member) { m.Member = "again" })}, classlist.Keep, student, ""},
		"the address was another person's":   {classlist.Row{Line: 2, Email: "ada@example.edu", ID: "2"}, []grimoireauth.Member{on("ada", tutor, tutor, removed, numbered("1"))}, classlist.Add, student, ""},
		"the same number":                    {classlist.Row{Line: 2, Email: "ada@example.edu", ID: "1"}, []grimoireauth.Member{on("ada", student, student, numbered("1"))}, classlist.Keep, student, ""},
		"a number, where there was none":     {classlist.Row{Line: 2, Email: "ada@example.edu", ID: "1"}, []grimoireauth.Member{on("ada", student, student)}, classlist.ChangeDetails, student, ""},
		"the number of a removed member":     {classlist.Row{Line: 2, Email: "ada@example.edu", ID: "1"}, []grimoireauth.Member{on("old", student, student, removed, numbered("1"))}, classlist.Add, student, "without the ID number"},
		"no number, where there was one":     {row("ada", none), []grimoireauth.Member{on("ada", student, student, numbered("1"))}, classlist.Keep, student, ""},
		"a role brought by an e-mail domain": {row("ada", student), []grimoireauth.Member{on("ada", instructor, student)}, classlist.Keep, instructor, "changed by hand"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			config := classlist.Config{Highest: instructor, MostRemoved: 1}
			members := append(test.class, on("head", instructor, none))
			plan, err := classlist.NewPlan(contracts, classlist.List{test.row}, members, config)
			require.NoError(t, err)
			steps := plan.Steps()
			require.Len(t, steps, 1)
			require.Equal(t, test.action, steps[0].Action)
			require.Equal(t, test.to, steps[0].To)
			require.Equal(t, 2, steps[0].Line)
			if test.note == "" {
				require.Empty(t, steps[0].Note)
			}
			require.Contains(t, steps[0].Note, test.note)
			if test.action == classlist.Keep {
				require.Empty(t, plan.Changes())
			}
			for range 5 {
				rand.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
				again, err := classlist.NewPlan(contracts, classlist.List{test.row}, members, config)
				require.NoError(t, err)
				require.Equal(t, plan.String(), again.String(), "the same roster makes the same plan, in whatever order it comes")
			}
		})
	}
}

func TestNewPlanRemoves(t *testing.T) {
	const none, student = grimoireauth.RoleNone, grimoireauth.RoleStudent
	members := []grimoireauth.Member{
		on("zoe", student, student), on("bo", student, student), on("hand", student, none),
		on("gone", student, student, removed), on("ada", student, student),
	}
	plan, err := classlist.NewPlan(contracts, classlist.List{{Line: 2, Email: "ada@example.edu"}}, members, classlist.Config{MostRemoved: 1})
	require.NoError(t, err)
	require.Equal(t, `class contracts: add 0, reactivate 0, change role 0, change details 0, remove 2, keep 1
remove bo@example.edu, student
remove zoe@example.edu, student
`, plan.String(), "by address; not those who were added by hand, nor those who are gone")
	require.NotContains(t, fmt.Sprint(plan.LogValue()), "@")
	require.Equal(t, contracts, plan.Class())

	steps := plan.Steps()
	steps[0].Action = classlist.Remove
	require.Equal(t, classlist.Keep, plan.Steps()[0].Action, "a plan is immutable")
}

func TestNewPlanRefuses(t *testing.T) {
	const none, student, tutor, instructor = grimoireauth.RoleNone, grimoireauth.RoleStudent, grimoireauth.RoleTutor, grimoireauth.RoleInstructor
	var crowd []grimoireauth.Member
	var crowded classlist.List
	for i := range 10 {
		crowd = append(crowd, on(fmt.Sprint("s", i), student, student))
		crowded = append(crowded, classlist.Row{Line: 2 + i, Email: fmt.Sprintf("s%d@example.edu", i)})
	}
	one := classlist.List{{Line: 2, Email: "ada@example.edu"}}
	tests := map[string]struct {
		list    classlist.List
		members []grimoireauth.Member
		config  classlist.Config
		kind    error
		says    string
	}{
		"three of ten":              {crowded[3:], crowd, classlist.Config{}, classlist.ErrTooManyRemoved, "remove 3 of the 10 people"},
		"an empty list":             {nil, crowd, classlist.Config{}, classlist.ErrTooManyRemoved, "remove 10 of the 10"},
		"the last instructor":       {crowded, append([]grimoireauth.Member{on("ines", instructor, instructor)}, crowd...), classlist.Config{Highest: instructor, MostRemoved: 1}, grimoireauth.ErrLastInstructor, "no one would be left"},
		"the last is demoted":       {classlist.List{{Line: 2, Email: "ines@example.edu", Role: student}}, []grimoireauth.Member{on("ines", instructor, instructor)}, classlist.Config{Highest: instructor}, grimoireauth.ErrLastInstructor, ""},
		"the other is suspended":    {crowded, append([]grimoireauth.Member{on("ines", instructor, instructor), on("una", instructor, none, func(m *grimoireauth.Member) { m.Suspended = true })}, crowd...), classlist.Config{Highest: instructor, MostRemoved: 1}, grimoireauth.ErrLastInstructor, ""},
		"the other is invited":      {crowded, append([]grimoireauth.Member{on("ines", instructor, instructor), on("una", instructor, none, func(m *grimoireauth.Member) { m.Status = grimoireauth.StatusInvited })}, crowd...), classlist.Config{Highest: instructor, MostRemoved: 1}, grimoireauth.ErrLastInstructor, ""},
		"a superior removed":        {crowded, append([]grimoireauth.Member{on("ines", instructor, instructor), on("head", instructor, none)}, crowd...), classlist.Config{Highest: tutor}, nil, "remove instructor member-ines"},
		"a superior demoted":        {classlist.List{{Line: 2, Email: "ines@example.edu", Role: tutor}}, []grimoireauth.Member{on("ines", instructor, instructor), on("head", instructor, none)}, classlist.Config{Highest: tutor}, nil, "line 2: they are instructor"},
		"a superior back":           {classlist.List{{Line: 2, Email: "ines@example.edu"}}, []grimoireauth.Member{on("ines", instructor, none, removed)}, classlist.Config{}, nil, "line 2: they were instructor"},
		"a role too high":           {classlist.List{{Line: 2, Email: "ada@example.edu", Role: tutor}}, nil, classlist.Config{}, nil, "line 2: it gives the role tutor"},
		"a role below every role":   {classlist.List{{Line: 2, Email: "ada@example.edu", Role: -1}}, nil, classlist.Config{}, nil, "line 2"},
		"number of another person":  {classlist.List{{Line: 2, Email: "ada@example.edu", ID: "1"}}, []grimoireauth.Member{on("bo", student, student, numbered("1"))}, classlist.Config{MostRemoved: 1}, nil, "line 2: the ID number belongs to member-bo"},
		"address of another person": {classlist.List{{Line: 2, Email: "ada@example.edu", ID: "2"}}, []grimoireauth.Member{on("ada", student, student, numbered("1"))}, classlist.Config{MostRemoved: 1}, nil, "line 2: the e-mail address belongs to member-ada"},
		"twice":                     {classlist.List{{Line: 2, Email: "ada@example.edu"}, {Line: 3, Email: "ADA@example.edu"}}, nil, classlist.Config{}, nil, "line 3"},
		"no address":                {classlist.List{{Line: 2}}, nil, classlist.Config{}, nil, "line 2"},
		"a roster of another class": {one, []grimoireauth.Member{on("ada", student, student, func(m *grimoireauth.Member) { m.Class = "torts" })}, classlist.Config{}, nil, "another class"},
		"a bad config":              {one, nil, classlist.Config{MostRemoved: -1}, nil, "MostRemoved"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			plan, err := classlist.NewPlan(contracts, test.list, test.members, test.config)
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			require.ErrorContains(t, err, test.says)
			require.Empty(t, plan.Steps())
			require.NotContains(t, err.Error(), "@", "addresses are not for logs")
			if test.kind != nil {
				require.ErrorIs(t, err, test.kind)
				return
			}
			require.NotErrorIs(t, err, classlist.ErrTooManyRemoved)
			require.NotErrorIs(t, err, grimoireauth.ErrLastInstructor)
		})
	}
	t.Run("no class", func(t *testing.T) {
		_, err := classlist.NewPlan("", one, nil, classlist.Config{})
		require.ErrorContains(t, err, "class id")
	})
	t.Run("two of ten are within a fifth", func(t *testing.T) {
		plan, err := classlist.NewPlan(contracts, crowded[2:], crowd, classlist.Config{})
		require.NoError(t, err)
		require.Equal(t, 2, plan.Count(classlist.Remove))
	})
	t.Run("everything that stands against it", func(t *testing.T) {
		_, err := classlist.NewPlan(contracts, classlist.List{{Line: 9, Email: "x@y.zz", Role: tutor}}, append(slices.Clone(crowd), on("i", instructor, instructor)), classlist.Config{})
		for _, kind := range []error{grimoireauth.ErrLastInstructor, classlist.ErrTooManyRemoved} {
			require.ErrorIs(t, err, kind)
		}
		require.ErrorContains(t, err, "line 9")
	})
	t.Run("a class without an instructor", func(t *testing.T) {
		_, err := classlist.NewPlan(contracts, crowded, nil, classlist.Config{})
		require.NoError(t, err)
	})
	t.Run("the last is replaced", func(t *testing.T) {
		list := append(classlist.List{{Line: 1, Email: "new@example.edu", Role: instructor}}, crowded...)
		_, err := classlist.NewPlan(contracts, list, append(slices.Clone(crowd), on("i", instructor, instructor)), classlist.Config{Highest: instructor})
		require.NoError(t, err)
	})
}

func TestActionWords(t *testing.T) {
	for action, want := range map[classlist.Action]string{
		classlist.Keep: "keep", classlist.Add: "add", classlist.Reactivate: "reactivate",
		classlist.ChangeRole: "change role", classlist.ChangeDetails: "change details", classlist.Remove: "remove", 99: "action(99)",
	} {
		require.Equal(t, want, action.String())
	}
	for result, want := range map[classlist.Result]string{
		classlist.NotTried: "not tried", classlist.Done: "done", classlist.AlreadySo: "already so", classlist.Failed: "failed", 99: "result(99)",
	} {
		require.Equal(t, want, result.String())
	}
}
