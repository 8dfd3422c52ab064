package classlist_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

// interrupted applies a plan whose context ends at this call.
func (c *class) interrupted(plan classlist.Plan, at int) error {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	c.line.calls, c.line.cut, c.line.onCut = 0, at, cancel
	_, err := plan.Apply(ctx, c.client.Roster)
	c.line.cut = 0
	return err
}

// requireSays checks that the class is as the list has it, and that no person is in it
// twice.
func requireSays(t *testing.T, c *class, list classlist.List) {
	t.Helper()
	in := make(map[string]grimoireauth.Member)
	for _, m := range c.members() {
		if m.Status != grimoireauth.StatusDeleted {
			require.NotContains(t, in, m.Email)
			in[m.Email] = m
		}
	}
	for _, row := range list {
		m := in[row.Email]
		require.NotEmpty(t, m.Member, row.Email)
		if row.Name != "" {
			require.Equal(t, row.Name, m.Name)
		}
		if row.ID != "" {
			require.Equal(t, row.ID, m.ExternalID)
		}
		if row.Groups != nil {
			require.ElementsMatch(t, row.Groups, classlist.GroupsOf(m))
		}
		if row.Role != none {
			require.Equal(t, row.Role, m.Role, row.Email)
		}
	}
}

// person is one record of the administration.
type person struct {
	email, first, last, id string
	role                   grimoireauth.Role
	groups                 []string
}

// form writes people as an exporter does, and says which fields can be read back.
type form struct {
	name          string
	write         func(*rand.Rand, []person) (users, enrollments string)
	roles, groups bool
}

var (
	firstNames = []string{"Ada", "Bo", "Zoë", "李", "Đặng", "Jean-Luc", "O'Neil", "عمر", "Søren \"Sø\"", "Ana María"}
	lastNames  = []string{"Lovelace", "Nilsson", "van der Berg", "Kierkegaard", "Müller", "小明", "Nguyễn", "de la Cruz", "Łukasz"}
	groupNames = []string{"Mon", "Tue", "Lab A", "Lab B", "Übung 1"}
)

func joined(separator rune, rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = separator
	if err := w.WriteAll(rows); err != nil {
		panic(err)
	}
	return b.String()
}

func separator(r *rand.Rand) rune { return []rune(",;\t")[r.IntN(3)] }

// sentence joins sections as Canvas does.
func sentence(groups []string) string {
	groups = slices.Sorted(slices.Values(groups))
	switch n := len(groups); n {
	case 0, 1:
		return strings.Join(groups, "")
	case 2:
		return groups[0] + " and " + groups[1]
	default:
		return strings.Join(groups[:n-1], ", ") + ", and " + groups[n-1]
	}
}

func bracketed(groups []string) string {
	if len(groups) == 0 {
		return ""
	}
	return "[" + strings.Join(groups, "], [") + "]"
}

var forms = []form{
	{"Canvas, gradebook", func(r *rand.Rand, all []person) (string, string) {
		split, sis := r.IntN(2) == 0, true
		header := []string{"Student"}
		if split {
			header = []string{"LastName", "FirstName"}
		}
		header = append(header, "ID", "SIS User ID", "SIS Login ID", "Section", "Email", "Essay (1)")
		rows := [][]string{header, make([]string, len(header)), make([]string, len(header))}
		rows[1][len(header)-1], rows[2][0] = "Manual Posting", "    Points Possible"
		for i, p := range all {
			row := []string{p.last + ", " + p.first}
			if split {
				row = []string{p.last, p.first}
			}
			_ = sis
			rows = append(rows, append(row, strconv.Itoa(700+i), p.id, strings.ToUpper(p.email[:1])+p.email[1:], sentence(p.groups), "x@example.net", "7"))
		}
		test := []string{"Student, Test"}
		if split {
			test = []string{"Student", "Test"}
		}
		rows = append(rows, append(test, "999", "", "0123456789abcdef0123456789abcdef01234567", "Mon", "", ""))
		return joined(separator(r), rows), ""
	}, false, true},
	{"Canvas, report", func(r *rand.Rand, all []person) (string, string) {
		users := [][]string{{"canvas_user_id", "user_id", "integration_id", "authentication_provider_id", "login_id", "first_name", "last_name", "full_name", "sortable_name", "short_name", "email", "status", "created_by_sis"}}
		enrolled := [][]string{{"canvas_course_id", "course_id", "canvas_user_id", "user_id", "role", "role_id", "canvas_section_id", "section_id", "status", "canvas_associated_user_id", "associated_user_id", "created_by_sis", "base_role_type", "limit_section_privileges", "canvas_enrollment_id"}}
		for i, p := range all {
			key := strconv.Itoa(i + 1)
			users = append(users, []string{key, p.id, "", "", "login" + key, p.first, p.last, p.first + " " + p.last, p.last + ", " + p.first, p.first, p.email, "active", "true"})
			role := map[grimoireauth.Role]string{student: "student", tutor: "ta", instructor: "teacher"}[p.role]
			line := func(section, status string) {
				enrolled = append(enrolled, []string{"1", "C1", key, p.id, role, "3", "2", section, status, "", "", "true", "X", "false", "9"})
			}
			if r.IntN(3) == 0 {
				line("Gone", "deleted")
			}
			for _, group := range p.groups {
				line(group, "active")
			}
			if len(p.groups) == 0 {
				line("", "active")
			}
		}
		r.Shuffle(len(enrolled)-1, func(i, j int) { enrolled[i+1], enrolled[j+1] = enrolled[j+1], enrolled[i+1] })
		return joined(',', users), joined(',', enrolled)
	}, true, true},
	{"Moodle, grades", func(r *rand.Rand, all []person) (string, string) {
		rows := [][]string{{"First name", "Last name", "ID number", "Institution", "Department", "Email address", "Groups", "Suspended", "Quiz (Real)", "Last downloaded from this course"}}
		for _, p := range all {
			rows = append(rows, []string{p.first, p.last, p.id, "", "", p.email, bracketed(p.groups), "", "9.5", "1795824000"})
		}
		rows = append(rows, []string{"Gone", "Gone", "", "", "", "gone@example.edu", "", "Yes", "-", "1795824000"})
		return joined([]rune(",;:\t")[r.IntN(4)], rows), ""
	}, false, true},
	{"Moodle, participants", func(r *rand.Rand, all []person) (string, string) {
		rows := [][]string{{"First name", "Last name", "ID number", "Email address"}}
		for _, p := range all {
			rows = append(rows, []string{p.first, p.last, p.id, p.email})
		}
		return "\ufeff" + joined(',', rows), ""
	}, false, false},
	{"Brightspace, grades", func(r *rand.Rand, all []person) (string, string) {
		rows := [][]string{{"OrgDefinedId", "Username", "Last Name", "First Name", "Email", "Essay Points Grade", "End-of-Line Indicator"}}
		for _, p := range all {
			rows = append(rows, []string{"#" + p.id, "#user", p.last, p.first, p.email, "", "#"})
		}
		return joined(separator(r), rows), ""
	}, false, false},
	{"OneRoster", func(r *rand.Rand, all []person) (string, string) {
		first := r.IntN(2) == 0
		header := []string{"sourcedId", "status", "dateLastModified", "enabledUser", "username", "userIds", "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password", "preferredGivenName", "preferredFamilyName"}
		if first {
			header = []string{"sourcedId", "status", "dateLastModified", "enabledUser", "orgSourcedIds", "role", "username", "userIds", "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password"}
		}
		users := [][]string{header}
		enrolled := [][]string{{"sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"}}
		for i, p := range all {
			key := fmt.Sprint("u-", i)
			role := map[grimoireauth.Role]string{student: "student", tutor: "tutor", instructor: "teacher"}[p.role]
			row := []string{key, "active", "", "true", "x", "", "Legal", p.last, "", p.id, p.email, "", "", "", "", "", p.first, ""}
			if first {
				row = []string{key, "", "", "true", "s", role, "x", "", p.first, p.last, "", p.id, p.email, "", "", "", "", ""}
			}
			users = append(users, row)
			enrolled = append(enrolled, []string{fmt.Sprint("e-", i), "", "", "C1", "s", key, role, "", "", ""}, []string{fmt.Sprint("f-", i), "", "", "C2", "s", key, role, "", "", ""})
		}
		return joined(',', users), joined(',', enrolled)
	}, true, false},
}

// administration is a class in a school's own system.
type administration struct {
	random *rand.Rand
	people []person
	next   int
}

func (a *administration) join() {
	a.next++
	p := person{
		email: fmt.Sprintf("p%d@example.edu", a.next), first: firstNames[a.random.IntN(len(firstNames))], last: lastNames[a.random.IntN(len(lastNames))],
		id: fmt.Sprintf("%08d", a.next), role: []grimoireauth.Role{student, student, tutor}[a.random.IntN(3)],
	}
	a.regroup(&p)
	a.people = append(a.people, p)
}

// regroup gives each person one group at least: a cell that is empty changes nothing.
func (a *administration) regroup(p *person) {
	p.groups = nil
	for range 1 + a.random.IntN(3) {
		if group := groupNames[a.random.IntN(len(groupNames))]; !slices.Contains(p.groups, group) {
			p.groups = append(p.groups, group)
		}
	}
}

// edit changes a field of one person.
func (a *administration) edit() {
	if a.random.IntN(4) == 0 || len(a.people) == 0 {
		a.join()
		return
	}
	i := a.random.IntN(len(a.people))
	switch p := &a.people[i]; a.random.IntN(4) {
	case 0:
		a.people = slices.Delete(a.people, i, i+1)
	case 1:
		p.last = lastNames[a.random.IntN(len(lastNames))]
	case 2:
		a.regroup(p)
	case 3:
		p.role = []grimoireauth.Role{student, tutor}[a.random.IntN(2)]
	}
}

// expected is what a list in this form says, in any order.
func (f form) expected(all []person) map[string]classlist.Row {
	out := make(map[string]classlist.Row)
	for _, p := range all {
		row := classlist.Row{Email: p.email, Name: p.first + " " + p.last, ID: p.id}
		if f.roles {
			row.Role = p.role
		}
		if f.groups {
			row.Groups = slices.Sorted(slices.Values(p.groups))
		}
		out[p.email] = row
	}
	return out
}

// rosters is how many random rosters are written, read and applied.
func rosters() int {
	if os.Getenv("GRIMOIRE_LONG") != "" {
		return 10_000
	}
	return 150
}

// Random rosters and edits, written in the form of every exporter and read back: the
// list says what was written, the class says what the list says, and after an import
// there is nothing to do.
func TestI04_EveryFormSaysWhatItSays(t *testing.T) {
	applied := 0
	for n := 0; applied < rosters(); n++ {
		r := rand.New(rand.NewPCG(uint64(n), 18))
		f := forms[n%len(forms)]
		a := &administration{random: r}
		for range 1 + r.IntN(6) {
			a.join()
		}
		c := newClass(t)
		c.stytch.AddInstructor(c.id, "ines@example.edu")
		config := classlist.Config{Highest: instructor, MostRemoved: 1, Groups: groupNames}
		for range 3 {
			for range r.IntN(4) {
				a.edit()
			}
			if len(a.people) == 0 {
				a.join()
			}
			users, enrollments := f.write(r, a.people)
			var list classlist.List
			var err error
			if enrollments == "" {
				list, err = classlist.Read(strings.NewReader(users), config)
			} else {
				list, err = classlist.ReadEnrolled(strings.NewReader(users), strings.NewReader(enrollments), "C1", config)
			}
			require.NoError(t, err, "%s, roster %d:\n%s\n%s", f.name, n, users, enrollments)
			want := f.expected(a.people)
			require.Len(t, list, len(want), f.name)
			for _, row := range list {
				got := row
				got.Line = 0
				if slices.Sort(got.Groups); len(got.Groups) == 0 {
					got.Groups = nil
				}
				require.Equal(t, want[row.Email], got, "%s, roster %d", f.name, n)
			}
			c.bring(list, config) // its plan is empty afterwards
			requireSays(t, c, list)
			require.Len(t, c.roles(), len(list)+1, "%s, roster %d: who is not on the list is gone", f.name, n)
			applied++
		}
	}
	t.Logf("%d rosters", applied)
}

// An import that was ended at 20 random rows is completed by the same plan: no change is
// lost or made twice.
func TestI04_KilledAtRandomRows(t *testing.T) {
	r := rand.New(rand.NewPCG(18, 20))
	const rows = 40
	config := classlist.Config{Highest: instructor, MostRemoved: 1, Concurrency: 1}
	for range 20 {
		at := 2 + r.IntN(rows)
		t.Run(fmt.Sprint("call ", at), func(t *testing.T) {
			c := newClass(t)
			c.stytch.AddInstructor(c.id, "ines@example.edu")
			list := people(rows)
			c.bring(list[:rows/2], config)
			for i := range list {
				switch r.IntN(4) {
				case 0:
					list[i].Name = "Corrected " + list[i].Name
				case 1:
					list[i].Groups = []string{"Mon", "Tue"}
				case 2:
					list[i].Role = tutor
				}
			}
			list = append(list, classlist.Row{Line: 99, Email: "last@example.edu"})[2:]
			plan := c.plan(list, config)
			_ = c.interrupted(plan, at)
			require.NotZero(t, len(plan.Changes()))
			report, err := plan.Apply(t.Context(), c.client.Roster)
			require.NoError(t, err)
			require.Zero(t, report.Count(classlist.Failed)+report.Count(classlist.NotTried))
			requireSays(t, c, list)
			require.Len(t, c.roles(), len(list)+1)
			require.Len(t, c.members(), len(list)+3, "no member twice, also not among the two removed ones")
			require.Empty(t, c.plan(list, config).Changes())
		})
	}
}
