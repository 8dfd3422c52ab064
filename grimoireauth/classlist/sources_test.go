package classlist_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

// export is a file as an exporter writes it; testdata/README.md says which.
func export(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(raw)
}

// noting is a Config that gives every role and collects the notes.
func noting(change ...func(*classlist.Config)) (classlist.Config, *[]string) {
	var notes []string
	config := classlist.Config{Highest: grimoireauth.RoleCoordinator, Note: func(n classlist.Note) { notes = append(notes, n.String()) }}
	for _, f := range change {
		f(&config)
	}
	return config, &notes
}

func passing(words ...string) func(*classlist.Config) {
	return func(c *classlist.Config) { c.PassOver = words }
}

const (
	none       = grimoireauth.RoleNone
	student    = grimoireauth.RoleStudent
	tutor      = grimoireauth.RoleTutor
	instructor = grimoireauth.RoleInstructor
)

// The whole list that a file of each exporter becomes.
func TestExports(t *testing.T) {
	for name, test := range map[string]struct {
		read   func(config classlist.Config) (classlist.List, error)
		change []func(*classlist.Config)
		want   classlist.List
		notes  []string
	}{
		"I01, Canvas, gradebook": {
			read: one(t, "canvas-gradebook.csv"),
			want: classlist.List{
				{Line: 4, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001", Groups: []string{"LAWS1100 Fri", "LAWS1100 Mon", "LAWS1100 Wed"}},
				{Line: 5, Email: "bo@example.edu", Name: "Bo Nilsson", ID: "00045002", Groups: []string{"LAWS1100 Mon"}},
				{Line: 6, Email: "eve@example.edu", Name: "Eve =Evil", Groups: []string{"LAWS1100 Wed"}},
				{Line: 7, Email: "cy@example.edu", Name: "Cy Young", ID: "00045004", Groups: []string{"LAWS1100 Fri"}},
			},
			notes: []string{"line 8: passed over: the student that Canvas invents for testing"},
		},
		"I02, Canvas, gradebook with split names": {
			read: one(t, "canvas-gradebook-split.csv"),
			want: classlist.List{
				{Line: 4, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001", Groups: []string{"Lab A", "Lab B"}},
				{Line: 5, Email: "bo@example.edu", Name: "Bo Nilsson", ID: "00045002", Groups: []string{"Lab A"}},
				{Line: 6, Email: "cy@example.edu", Name: "Cy Young", ID: "00045003", Groups: []string{"Lab B"}},
			},
			notes: []string{"line 7: passed over: the student that Canvas invents for testing"},
		},
		"I05, Canvas, provisioning report": {
			read:   two(t, "canvas-users.csv", "canvas-enrollments.csv", "LAWS1100"),
			change: []func(*classlist.Config){passing("observer")},
			want: classlist.List{
				{Line: 3, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001", Role: student, Groups: []string{"TUE"}},
				{Line: 4, Email: "bo@example.edu", Name: "Bo Nilsson", ID: "00045002", Role: student, Groups: []string{"MON", "TUE"}},
				{Line: 6, Email: "tove@example.edu", Name: "Tove Jansson", ID: "T9", Role: tutor, Groups: []string{"MON"}},
			},
			notes: []string{"2 lines are about people who have left", "1 line is about people of earlier lines, and joined with those", `line 8: passed over: the role "observer"`},
		},
		"Canvas, SIS export": {
			read:  two(t, "canvas-sis-users.csv", "canvas-sis-enrollments.csv", ""),
			want:  classlist.List{{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001", Role: student, Groups: []string{"MON"}}},
			notes: []string{"2 lines are about people who have left"},
		},
		"Moodle, grades": {
			read: one(t, "moodle-grades.csv"),
			want: classlist.List{
				{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001"},
				{Line: 4, Email: "zoe@example.edu", Name: "Zoë Müller"},
			},
			notes: []string{"1 line is about people who have left"},
		},
		"Moodle, participants": {
			read: one(t, "moodle-participants.csv"),
			want: classlist.List{
				{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001"},
				{Line: 3, Email: "bo@example.edu", Name: "Bo Nilsson", ID: "00045002"},
			},
		},
		"Brightspace, grades": {
			read: one(t, "brightspace-grades.csv"),
			want: classlist.List{
				{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001"},
				{Line: 3, Email: "bo@example.edu", Name: "Bo Nilsson", ID: "00045002"},
			},
		},
		"OneRoster 1.1": {
			read: two(t, "oneroster11-users.csv", "oneroster11-enrollments.csv", "c-1"),
			want: classlist.List{
				{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001", Role: student},
				{Line: 3, Email: "bo@example.edu", Name: "Bo Nilsson", ID: "00045002", Role: student},
				{Line: 4, Email: "tove@example.edu", Name: "Tove Jansson", ID: "T9", Role: instructor},
			},
			notes: []string{"1 line is about people who have left"},
		},
		"OneRoster 1.2": {
			read: two(t, "oneroster12-users.csv", "oneroster12-enrollments.csv", ""),
			want: classlist.List{
				{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001", Role: student},
				{Line: 4, Email: "tove@example.edu", Name: "Tove Jansson", ID: "T9", Role: instructor},
			},
			notes: []string{"1 line is about people who have left"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			config, notes := noting(test.change...)
			list, err := test.read(config)
			require.NoError(t, err)
			require.Equal(t, test.want, list)
			require.Equal(t, test.notes, *notes)
		})
	}
}

// one reads a file, and the same file with another separator, other line endings and a
// byte order mark, which depend on the settings of the person who exports.
func one(t *testing.T, name string) func(classlist.Config) (classlist.List, error) {
	return func(config classlist.Config) (classlist.List, error) {
		text := export(t, name)
		list, err := classlist.Read(strings.NewReader(text), config)
		config.Note = nil
		for _, other := range []string{"\ufeff" + text, strings.ReplaceAll(text, "\n", "\r\n")} {
			again, err := classlist.Read(strings.NewReader(other), config)
			require.NoError(t, err)
			require.Equal(t, list, again)
		}
		return list, err
	}
}

func two(t *testing.T, users, enrollments, class string) func(classlist.Config) (classlist.List, error) {
	return func(config classlist.Config) (classlist.List, error) {
		return classlist.ReadEnrolled(strings.NewReader(export(t, users)), strings.NewReader(export(t, enrollments)), class, config)
	}
}

// The fault of a file that is not a class list says what it is.
func TestExportsThatAreNoClassList(t *testing.T) {
	for name, row := range map[string]struct{ text, says string }{
		"OneRoster's users alone":       {export(t, "oneroster12-users.csv"), "read it together with enrollments.csv"},
		"OneRoster's enrollments alone": {export(t, "oneroster11-enrollments.csv"), "read it together with users.csv"},
		"Canvas's enrollments alone":    {export(t, "canvas-enrollments.csv"), "read it together with users.csv"},
		"Blackboard's grade centre":     {"\ufeff\"Last Name\",\"First Name\",\"Username\",\"Student ID\",\"Last Access\",\"Availability\",\"Total [Total Pts: 10 Score] |1\"\n\"Lovelace\",\"Ada\",\"al\",\"4501\",\"\",\"Yes\",\"9\"\n", "Blackboard's grade centre, which has no e-mail addresses"},
		"another language":              {"Vorname;Nachname;E-Mail-Adresse\nAda;Lovelace;ada@example.edu\n", "in another language"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := classlist.Read(strings.NewReader(row.text), anyRole)
			require.ErrorContains(t, err, row.says)
			var faults classlist.Faults
			require.ErrorAs(t, err, &faults)
			require.Len(t, faults, 1)
		})
	}
	users, enrolled := export(t, "oneroster11-users.csv"), export(t, "oneroster11-enrollments.csv")
	for name, row := range map[string]struct{ users, enrollments, class, says string }{
		"several classes":     {users, enrolled, "", "has 2 classes: say which one is meant, such as c-1, c-2"},
		"no such class":       {users, enrolled, "c-3", `no class "c-3"`},
		"the wrong way round": {enrolled, users, "", "the wrong way round"},
		"two other files":     {"Email\na@b.cd\n", "Email\na@b.cd\n", "", "are not users.csv and enrollments.csv"},
		"nothing":             {"", enrolled, "", "users.csv is empty"},
		"a person is missing": {strings.Replace(users, "u-2,", "u-7,", 1), enrolled, "c-1", `line 3, column "userSourcedId": users.csv has no person with this id`},
		"a broken file":       {users + "\"", enrolled, "c-1", "users.csv: a cell begins"},
		"no address":          {strings.Replace(users, "bo@example.edu", "", 1), enrolled, "c-1", "line 3, column \"Email\": the e-mail address is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := classlist.ReadEnrolled(strings.NewReader(row.users), strings.NewReader(row.enrollments), row.class, anyRole)
			require.ErrorContains(t, err, row.says)
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		})
	}
}

func TestI05_SeveralLinesAboutOnePerson(t *testing.T) {
	config, notes := noting()
	list, err := classlist.Read(strings.NewReader("Email,Name,ID number,Section,Status,Role\na@b.cd,Ada,,MON,deleted,TA\na@b.cd,Ada L,,TUE,active,\nb@b.cd,Bo,,MON,active,Student\nB@b.cd,,7,WED,active,\nc@b.cd,Cy,9,MON,deleted,\nd@b.cd,Di,9,MON,active,\n"), config)
	require.NoError(t, err)
	require.Equal(t, classlist.List{
		{Line: 3, Email: "a@b.cd", Name: "Ada L", Groups: []string{"TUE"}},
		{Line: 4, Email: "b@b.cd", Name: "Bo", ID: "7", Role: student, Groups: []string{"MON", "WED"}},
		{Line: 7, Email: "d@b.cd", Name: "Di", ID: "9", Groups: []string{"MON"}},
	}, list)
	require.Equal(t, []string{"2 lines are about people who have left", "1 line is about people of earlier lines, and joined with those"}, *notes)
}

func TestI06_LinesThatAreAboutNoMember(t *testing.T) {
	text := "Email,Role,Status\na@b.cd,Student,active\nb@b.cd,Observer,active\nc@b.cd,Student,invited\nd@b.cd,\"Observer, TA\",active\n" + strings.Repeat("e@b.cd,Designer,active\n", 5)
	_, err := classlist.Read(strings.NewReader(text), anyRole)
	require.ErrorContains(t, err, `the role "Observer" is not known`)
	require.ErrorContains(t, err, `the status "invited" is not known`)
	require.ErrorContains(t, err, `the role "Designer" is not known: correct it, delete the line, or tell the import what the word means (and 4 more lines: 7, 8, 9, 10)`)

	config, notes := noting(passing("observer", "DESIGNER"), func(c *classlist.Config) { c.Active = []string{"Invited"} })
	list, err := classlist.Read(strings.NewReader(text), config)
	require.NoError(t, err)
	require.Equal(t, classlist.List{{Line: 2, Email: "a@b.cd", Role: student}, {Line: 4, Email: "c@b.cd", Role: student}, {Line: 5, Email: "d@b.cd", Role: tutor}}, list)
	require.Equal(t, []string{`line 3: passed over: the role "Observer"`, `line 6: passed over: the role "Designer" (and 4 more lines: 7, 8, 9, 10)`}, *notes)

	config, notes = noting(passing("invited"))
	list, err = classlist.Read(strings.NewReader("Email,Status\na@b.cd,invited\nb@b.cd,completed\nc@b.cd,inactive\nd@b.cd,\n"), config)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, []string{"2 lines are about people who have left", `line 2: passed over: the status "invited"`}, *notes)
}

func TestI06_ColumnsInOtherLanguages(t *testing.T) {
	for name, row := range map[string]struct {
		text    string
		columns map[string]classlist.Column
		want    classlist.Row
		notes   []string
	}{
		"German": {"Vorname;Nachname;E-Mail-Adresse;Gruppen\nAda;Lovelace;ada@example.edu;[Ü1]\n",
			map[string]classlist.Column{"vorname": classlist.ColumnFirstName, "NACHNAME": classlist.ColumnLastName, "e mail adresse": classlist.ColumnEmail, "Gruppen": classlist.ColumnGroups},
			classlist.Row{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", Groups: []string{"Ü1"}}, nil},
		"French": {"Prénom,Nom de famille,Adresse de courriel,Numéro d’identification\nAda,Lovelace,ada@example.edu,7\n",
			map[string]classlist.Column{"Adresse de courriel": classlist.ColumnEmail, "Numéro d’identification": classlist.ColumnID, "Statut": classlist.ColumnStatus},
			classlist.Row{Line: 2, Email: "ada@example.edu", ID: "7"}, []string{`the list has no column "statut", which was named`}},
		"a column that counts instead": {"Student,ID,SIS Login ID,Section,Email\n\"Lovelace, Ada\",7,al,S,ada@example.edu\n,,,,\n\"    Points Possible\",,,,(read only)\n",
			map[string]classlist.Column{"email": classlist.ColumnEmail}, classlist.Row{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", Groups: []string{"S"}}, nil},
		"a column that does not count": {"Email,Name,Status\nada@example.edu,Ada,on holiday\n",
			map[string]classlist.Column{"Status": classlist.ColumnIgnored}, classlist.Row{Line: 2, Email: "ada@example.edu", Name: "Ada"}, nil},
		"one name instead of two": {"Email,First name,Anzeigename\nada@example.edu,Augusta,Ada\n",
			map[string]classlist.Column{"Anzeigename": classlist.ColumnName}, classlist.Row{Line: 2, Email: "ada@example.edu", Name: "Ada"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			config, notes := noting(func(c *classlist.Config) { c.Columns = row.columns })
			list, err := classlist.Read(strings.NewReader(row.text), config)
			require.NoError(t, err)
			require.Equal(t, classlist.List{row.want}, list)
			require.Equal(t, row.notes, *notes)
		})
	}
	_, err := classlist.Read(strings.NewReader("A,B\na@b.cd,b@b.cd\n"), classlist.Config{Columns: map[string]classlist.Column{"A": classlist.ColumnEmail, "B": classlist.ColumnEmail}})
	require.ErrorContains(t, err, "two columns for one thing")
}

func TestI07_NumbersThatWereTextAndTextThatWasANumber(t *testing.T) {
	for name, row := range map[string]struct{ text, want, says string }{
		"a text formula":              {"Email,ID number\na@b.cd,=\"00123456\"\n", "00123456", ""},
		"a quoted text formula":       {"Email,ID number\na@b.cd,\"=\"\"00123456\"\"\"\n", "00123456", ""},
		"a text formula of a program": {"Email;ID number\na@b.cd;=\"00;1\"\n", "", "is not 1 to 128 letters"},
		"a decimal point":             {"Email,ID number\na@b.cd,123456.0\n", "", "taken the ID number for an amount"},
		"a decimal comma":             {"Email;ID number\na@b.cd;123456,00\n", "", "taken the ID number for an amount"},
		"an exponent":                 {"Email,ID number\na@b.cd,4.5E+07\n", "", "taken the ID number for an amount"},
		"a formula":                   {"Email,ID number\na@b.cd,=A1&\"x\"\n", "", "this is a formula"},
		"a formula as a name":         {"Email,Name\na@b.cd,\"=HYPERLINK(1)\"\n", "", "this is a formula"},
		"a formula in another column": {"Email,ID number,Sum\na@b.cd,7,=A1+1\n", "7", ""},
		"sep, quoted":                 {"\"sep=;\"\nEmail;ID number\na@b.cd;7\n", "7", ""},
		"sep, extended":               {"sep=;;;\nEmail;ID number\na@b.cd;7\n", "7", ""},
		"sep, saved with commas":      {"sep=;,\nEmail,ID number\na@b.cd,7\n", "7", ""},
		"sep with a bar":              {"SEP=|\r\nEmail|ID number\r\na@b.cd|7\r\n", "7", ""},
		"sep after a mark":            {"\ufeffsep=,\nEmail,ID number\na@b.cd,7\n", "7", ""},
		"colons":                      {"Email:ID number:Group\na@b.cd:7:\"Mon 9:00\"\n", "7", ""},
		"digits of Arabic":            {"Email,ID number\na@b.cd,٠٠١٢٣\n", "00123", ""},
		"digits of full width":        {"Email,ID number\na@b.cd,１２３\n", "123", ""},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := classlist.Read(strings.NewReader(row.text), anyRole)
			if row.says != "" {
				require.ErrorContains(t, err, row.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, list[0].ID)
		})
	}
}

func TestI08_DirectionMarks(t *testing.T) {
	list, err := classlist.Read(strings.NewReader("\u200fEmail\u200f,Name\na@b.cd\u200f,\u200fעדה לאבלייס\u200f\n"), anyRole)
	require.NoError(t, err)
	require.Equal(t, "עדה לאבלייס", list[0].Name)

	_, err = classlist.Read(strings.NewReader("Email,First name,Last name\na@b.cd,Ada\u200fX,Lovelace\n"), anyRole)
	require.EqualError(t, err, "classlist: the list is refused\nline 2, column \"First name\": in the name, character 4 is invisible (U+200F RIGHT-TO-LEFT MARK): delete that character")
	var faults classlist.Faults
	require.ErrorAs(t, err, &faults)
	require.Equal(t, "Ada?X Lovelace", faults[0].Cell, "the person can be found")
	require.Contains(t, faults[0].String(), `"Ada?X Lovelace"`)
}

// A name in composed letters equals the same name in decomposed ones.
func TestI08_ComposedLetters(t *testing.T) {
	list, err := classlist.Read(strings.NewReader("Email,Name,Groups\na@b.cd,Zoe\u0308,[U\u0308bung]\n"), anyRole)
	require.NoError(t, err)
	require.Equal(t, "Zoë", list[0].Name)
	require.Equal(t, []string{"Übung"}, list[0].Groups)
	members := []grimoireauth.Member{on("a", student, student, func(m *grimoireauth.Member) { m.Email, m.Name = "a@b.cd", "Zoe\u0308" })}
	list[0].Groups = nil
	plan, err := classlist.NewPlan(contracts, list, members, classlist.Config{})
	require.NoError(t, err)
	require.Empty(t, plan.Changes())
}

func TestI09_AColumnThatIsWrongAsAWhole(t *testing.T) {
	count := func(text string, config classlist.Config) classlist.Faults {
		_, err := classlist.Read(strings.NewReader(text), config)
		var faults classlist.Faults
		require.True(t, errors.As(err, &faults), text)
		return faults
	}
	logins := count("Student,ID,SIS User ID,SIS Login ID,Section\n\"A, B\",1,7,ab,S\n\"C, D\",2,8,cd,S\n\"E, F\",3,9,ef,S\n", anyRole)
	require.Len(t, logins, 1)
	require.Equal(t, `line 2, column "SIS Login ID", "ab": the whole column is wrong, 3 cells: the e-mail address is not of the form name@example.edu: is this the right column?`, logins[0].String())
	require.Len(t, count("Email,Name\n,Ada\n,Bo\n,Cy\n", anyRole), 1)
	require.Len(t, count("Email,ID number\na@b.cd,1.0\nb@b.cd,2.0\nc@b.cd,3.0\n", anyRole), 1)
	require.Len(t, count("Email,Role\na@b.cd,Studierende\nb@b.cd,Studierende\n", anyRole), 1)
	require.Len(t, count("Email,Name\nada,Ada\nb@b.cd,Bo\nc@b.cd,Cy\ndi,Di\n", anyRole), 2, "half of a column is two lines")
}

func TestSentencesAboutSections(t *testing.T) {
	file := func(cells ...string) string {
		var b strings.Builder
		b.WriteString("Student,ID,SIS Login ID,Section\n")
		for i, cell := range cells {
			b.WriteString("\"P, Q\",1,p" + string(rune('a'+i)) + "@b.cd,\"" + cell + "\"\n")
		}
		return b.String()
	}
	for name, row := range map[string]struct {
		cells []string
		known []string
		want  []string // of the last
		noted bool
	}{
		"one":                      {[]string{"Mon"}, nil, []string{"Mon"}, false},
		"two, known from others":   {[]string{"Mon", "Tue", "Mon and Tue"}, nil, []string{"Mon", "Tue"}, false},
		"two in French":            {[]string{"Mon", "Tue", "Mon et Tue"}, nil, []string{"Mon", "Tue"}, false},
		"three":                    {[]string{"A", "B", "C", "A, B, and C"}, nil, []string{"A", "B", "C"}, false},
		"three in German":          {[]string{"A", "B", "C", "A, B und C"}, nil, []string{"A", "B", "C"}, false},
		"three in Japanese":        {[]string{"甲", "乙", "丙", "甲、乙、そして丙"}, nil, []string{"甲", "乙", "丙"}, false},
		"with a comma of its own":  {[]string{"Law, Fri", "Law, Mon", "Law, Fri and Law, Mon"}, nil, []string{"Law, Fri", "Law, Mon"}, true},
		"known from the config":    {[]string{"A, B, and C"}, []string{"A", "B", "C"}, []string{"A", "B", "C"}, false},
		"one is not known":         {[]string{"A", "A, B, and C"}, nil, []string{"A, B, and C"}, true},
		"nothing is known":         {[]string{"Mon and Tue"}, nil, []string{"Mon and Tue"}, true},
		"the middle is not known":  {[]string{"A", "C", "A, B und C"}, nil, []string{"A, B und C"}, true},
		"a name with an and in it": {[]string{"Wine and Law"}, []string{"Wine and Law"}, []string{"Wine and Law"}, false},
		"the beginning is a name":  {[]string{"Mon", "Mon evening"}, nil, []string{"Mon evening"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			config, notes := noting(func(c *classlist.Config) { c.Groups = row.known })
			list, err := classlist.Read(strings.NewReader(file(row.cells...)), config)
			require.NoError(t, err)
			require.Equal(t, row.want, list[len(list)-1].Groups)
			require.Equal(t, row.noted, len(*notes) > 0, *notes)
		})
	}
}

// What is ambiguous in a file has a note.
func TestWhatIsToldAboutAFile(t *testing.T) {
	config, notes := noting()
	list, err := classlist.Read(strings.NewReader("Email,Name,Email address\nprivate@example.net,Ada,ada@example.edu\n"), config)
	require.NoError(t, err)
	require.Equal(t, "ada@example.edu", list[0].Email)
	require.Equal(t, []string{`the column "Email address" has the addresses; "Email" was not read`}, *notes)
	for name, row := range map[string]struct{ text, says string }{
		"Brightspace without addresses": {"OrgDefinedId,Username,Last Name,First Name,Essay Points Grade,End-of-Line Indicator\n#1,#ada,L,A,9,#\n", `export it again with "Email" under User Details`},
		"an invisible space":            {"Email\nada\u200b@example.edu\n", "U+200B ZERO WIDTH SPACE"},
	} {
		_, err := classlist.Read(strings.NewReader(row.text), anyRole)
		require.ErrorContains(t, err, row.says, name)
	}
}

// A person with several logins, or with a record that is to be deleted, is one person. A
// course without an id of the school's has the one of Canvas.
func TestI05_SeveralRecordsOfOnePerson(t *testing.T) {
	users := "canvas_user_id,user_id,login_id,first_name,last_name,email,status\n" +
		"701,,second,Ada,Lovelace,ada@example.edu,active\n701,00045001,ada,Ada,Lovelace,ada@example.edu,active\n701,X1,old,Ada,Byron,old@example.edu,deleted\n"
	enrollments := "canvas_course_id,course_id,canvas_user_id,user_id,role,section_id,status\n11,,701,,student,,active\n12,LAWS2200,701,,student,,active\n"
	for _, class := range []string{"11", "12", "LAWS2200"} {
		list, err := classlist.ReadEnrolled(strings.NewReader(users), strings.NewReader(enrollments), class, anyRole)
		require.NoError(t, err, class)
		require.Len(t, list, 1)
		require.Equal(t, "ada@example.edu", list[0].Email)
		require.Equal(t, "00045001", list[0].ID)
	}
	users = strings.Replace(export(t, "oneroster11-users.csv"), "u-1,,", "u-1,active,", 1) + "u-1,tobedeleted,,true,org-1,student,ada,,Ada,Byron,,1,old@example.edu,,,,,,\n"
	list, err := classlist.ReadEnrolled(strings.NewReader(users), strings.NewReader(export(t, "oneroster11-enrollments.csv")), "c-1", anyRole)
	require.NoError(t, err)
	require.Equal(t, "Ada Lovelace", list[0].Name)
}
