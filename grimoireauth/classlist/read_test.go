package classlist_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

// anyRole lets a list give every role.
var anyRole = classlist.Config{Highest: grimoireauth.RoleCoordinator}

func TestRead(t *testing.T) {
	ada := func(line int, change ...func(*classlist.Row)) classlist.Row {
		row := classlist.Row{Line: line, Email: "ada@example.edu", Name: "Ada Lovelace"}
		for _, f := range change {
			f(&row)
		}
		return row
	}
	id := func(id string) func(*classlist.Row) { return func(r *classlist.Row) { r.ID = id } }
	groups := func(groups ...string) func(*classlist.Row) { return func(r *classlist.Row) { r.Groups = groups } }
	role := func(role grimoireauth.Role) func(*classlist.Row) { return func(r *classlist.Row) { r.Role = role } }
	name := func(name string) func(*classlist.Row) { return func(r *classlist.Row) { r.Name = name } }
	tests := map[string]struct {
		text string
		want classlist.List
	}{
		"Moodle, grades": {"First name,Last name,ID number,Email address,Groups\r\nAda,Lovelace,4501,ada@example.edu,\"[Tutorial 1], [Lab A]\"\r\n",
			classlist.List{ada(2, id("4501"), groups("Tutorial 1", "Lab A"))}},
		"Moodle, participants": {"\ufeff\"First name\",\"Last name\",\"Email address\",Roles,Groups,Status\nAda,Lovelace,ada@example.edu,\"Non-editing teacher, Student\",\"Tutorial 1, Lab A\",Active\n",
			classlist.List{ada(2, role(grimoireauth.RoleTutor), groups("Tutorial 1", "Lab A"))}},
		"Moodle, user upload": {"username,firstname,lastname,email,course1,role1,group1\nal,Ada,Lovelace,ada@example.edu,LAWS,editingteacher,Lab A\nb,Bo,Bo,bo@example.edu,LAWS,teacher,\n",
			classlist.List{ada(2, role(grimoireauth.RoleInstructor), groups("Lab A")), {Line: 3, Email: "bo@example.edu", Name: "Bo Bo", Role: grimoireauth.RoleTutor}}},
		"Canvas, gradebook": {"Student,ID,SIS User ID,SIS Login ID,Section,Essay (12)\n\"    Points Possible\",,,,,10\n\"Lovelace, Ada\",77,4501,ada@example.edu,LAWS1100 S1,9\n,,,,,Manual Posting\n\"Student, Test\",99,,,LAWS1100 S1,\n",
			classlist.List{ada(3, id("4501"), groups("LAWS1100 S1"))}},
		"Canvas, SIS users": {"user_id,login_id,first_name,last_name,full_name,sortable_name,email,status\n4501,al,Ada,Lovelace,Ada Lovelace,\"Lovelace, Ada\",ada@example.edu,active\n4502,bo,B,O,B O,\"O, B\",bo@example.edu,deleted\n",
			classlist.List{ada(2, id("4501"))}},
		"Canvas, people, as teacher": {"name,email,role\nAda Lovelace,ada@example.edu,TeacherEnrollment\n",
			classlist.List{ada(2, role(grimoireauth.RoleInstructor))}},
		"semicolons":           {"Email;Name\nada@example.edu;Lovelace, Ada\n", classlist.List{ada(2)}},
		"tabs":                 {"Name\tEmail\nAda Lovelace\tada@example.edu\n", classlist.List{ada(2)}},
		"Excel says what":      {"sep=;\r\nEmail;Name\r\nada@example.edu;Ada Lovelace\r\n", classlist.List{ada(3)}},
		"Excel says tab":       {"sep=\t\nEmail\tName\nada@example.edu\tAda Lovelace\n", classlist.List{ada(3)}},
		"headers in any case":  {"E-MAIL Address,full_NAME\nada@example.edu,Ada Lovelace\n", classlist.List{ada(2)}},
		"blank lines":          {"\n \n,,\nEmail,Name\n\n,\n  ,  \nada@example.edu,Ada Lovelace\n\n", classlist.List{ada(8)}},
		"blank lines, with ;":  {";;\n\nEmail;Name\nada@example.edu;Ada Lovelace", classlist.List{ada(4)}},
		"no line end":          {"Email,Name\nada@example.edu,Ada Lovelace", classlist.List{ada(2)}},
		"carriage returns":     {"Email,Name\rada@example.edu,Ada Lovelace\r", classlist.List{ada(2)}},
		"spaces around":        {" Email , Name \n ada@example.edu ,\u00a0Ada\u00a0 Lovelace \n", classlist.List{ada(2)}},
		"address in capitals":  {"Email,Name\nAda@Example.EDU,Ada Lovelace\n", classlist.List{ada(2)}},
		"empty ID is none":     {"Email,Name,ID number\nada@example.edu,Ada Lovelace,\nbo@example.edu,,\n", classlist.List{ada(2), {Line: 3, Email: "bo@example.edu"}}},
		"a comma in quotes":    {"Email,Name\nada@example.edu,\"Lovelace, Ada\"\n", classlist.List{ada(2)}},
		"two commas stay":      {"Email,Name\nada@example.edu,\"King, Jr., Martin\"\n", classlist.List{ada(2, name("King, Jr., Martin"))}},
		"a quoted quote":       {"Email,Name\nada@example.edu,\"Ada \"\"Countess\"\" Lovelace\"\n", classlist.List{ada(2, name(`Ada "Countess" Lovelace`))}},
		"letters of the world": {"Email,Name\nada@example.edu,Zoë Müller-Łukasz 李\n", classlist.List{ada(2, name("Zoë Müller-Łukasz 李"))}},
		"unknown columns":      {"Favourite colour,Email,Name\nred,ada@example.edu,Ada Lovelace\n", classlist.List{ada(2)}},
		"short lines":          {"Email,Name,ID number\nada@example.edu,Ada Lovelace\n", classlist.List{ada(2)}},
		"an empty cell more":   {"Email,Name\nada@example.edu,Ada Lovelace,\n", classlist.List{ada(2)}},
		"a group with a comma": {"Email,Name,Groups\nada@example.edu,Ada Lovelace,\"[Mon, 9am],[Lab]\"\n", classlist.List{ada(2, groups("Mon, 9am", "Lab"))}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			list, err := classlist.Read(strings.NewReader(test.text), anyRole)
			require.NoError(t, err)
			require.Equal(t, test.want, list)
		})
	}
}

func TestReadRefuses(t *testing.T) {
	latin1 := "Email,Name\nada@example.edu,Ada\nbo@example.edu,Zo\xeb\n"
	var wide bytes.Buffer
	for _, unit := range utf16.Encode([]rune("\ufeffEmail,Name\nada@example.edu,Ada\n")) {
		wide.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	tests := map[string]struct {
		text string
		want []string
	}{
		"empty":                  {"", []string{"the file is empty"}},
		"blank":                  {"\n , \n\r\n", []string{"the file is empty"}},
		"a header only":          {"Email,Name\n", []string{"no person in it"}},
		"only people who left":   {"Email,Status\nada@example.edu,deleted\n", []string{"no person in it"}},
		"no header":              {"ada@example.edu,Ada\n", []string{"line 1: there is no column with the e-mail address"}},
		"two columns of a name":  {"Email,email\na@b.cd,c@d.ef\n", []string{`two columns "email"`}},
		"UTF-16":                 {wide.String(), []string{"UTF-16", "save it as CSV UTF-8"}},
		"UTF-16 without a mark":  {wide.String()[2:], []string{"UTF-16"}},
		"Latin-1":                {latin1, []string{"line 3: the text is not in UTF-8", "save it as CSV UTF-8"}},
		"a workbook":             {"PK\x03\x04....", []string{"workbook"}},
		"an old workbook":        {"\xd0\xcf\x11\xe0....", []string{"workbook"}},
		"too large":              {strings.Repeat("a", 9<<20), []string{"larger than 8 MB"}},
		"a quote that stays":     {"Email,Name\na@b.cd,\"Ada\nb@b.cd,Bo\n", []string{"line 2: a cell begins with a quotation mark"}},
		"a quote in the middle":  {"Email,Name\na@b.cd,Ada \"Countess\" L\n", []string{"line 2: there is a quotation mark in a cell"}},
		"too many lines":         {"Email,Status\n" + strings.Repeat("a@b.cd,deleted\n", 20_001), []string{"line 20002: the list has more than 20000 lines"}},
		"every row's fault":      {"Email,Name,ID number,Role,Groups,Status\nnobody,Ada,1,student,,\n,Bo,2,student,,\nc@b.cd,Cy,a b,student,,\nd@b.cd,Di,3,observer,,\ne@b.cd,Ed,4,,[open,\nf@b.cd,Fi,5,,,asleep\nc@b.cd,\"G\nG\",1,,,\n", []string{"7 faults", `line 2, column "Email": the e-mail address is not`, `line 3, column "Email": the e-mail address is missing`, `line 4, column "ID number": the ID number`, `line 5, column "Role": the role "observer" is not known`, `line 6, column "Groups": the groups have a bracket`, `line 7, column "Status": the status "asleep"`, `line 8, column "Name": in the name, character 2 is invisible (U+000A LINE FEED)`}},
		"an address of a name":   {"Email\nAda <ada@example.edu>\n", []string{"line 2"}},
		"two addresses":          {"Email\n\"a@b.cd, c@d.ef\"\n", []string{"line 2"}},
		"a look-alike":           {"Email\n\u0430da@example.edu\n", []string{"outside ASCII"}},
		"direction of writing":   {"Email,Name\na@b.cd,Ada\u202eecalevoL\n", []string{"invisible"}},
		"garbled before":         {"Email,Name\na@b.cd,Zo\ufffd\n", []string{"garbled"}},
		"an endless name":        {"Email,Name\na@b.cd," + strings.Repeat("a", 201) + "\n", []string{"more than 200 letters"}},
		"id like Stytch's":       {"Email,ID number\na@b.cd,member-test-1\n", []string{"like an id of Stytch's"}},
		"an unquoted comma":      {"Email,Name\na@b.cd,Lovelace, Ada\n", []string{"line 2: it has 3 cells, and the header 2"}},
		"the same, other name":   {"Email,Name\na@b.cd,Ada\nA@B.CD,Bo\n", []string{"the same e-mail address as line 2, and another name"}},
		"the same, other number": {"Email,ID number\na@b.cd,1\na@b.cd,2\n", []string{"the same e-mail address as line 2, and another ID number"}},
		"the same, other role":   {"Email,Role\na@b.cd,Student\na@b.cd,TA\n", []string{"the same e-mail address as line 2, and tutor instead of student"}},
		"the same number":        {"Email,ID number\na@b.cd,1\nb@b.cd,1\n", []string{"the same ID number as line 2"}},
		"one role unknown":       {"Email,Role\na@b.cd,\"Student, Wizard\"\n", []string{`the role "Wizard" is not known`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			list, err := classlist.Read(strings.NewReader(test.text), anyRole)
			require.Nil(t, list)
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			var faults classlist.Faults
			require.ErrorAs(t, err, &faults)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
			for _, address := range []string{"ada@", "@b.cd", "@d.ef", "Ada"} {
				require.False(t, strings.Contains(err.Error(), address), "names and addresses are not for logs")
			}
		})
	}
	t.Run("a reader that breaks", func(t *testing.T) {
		broken := errors.New("the upload was cut off")
		_, err := classlist.Read(iotest.ErrReader(broken), classlist.Config{})
		require.ErrorIs(t, err, broken)
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	})
}

// A list gives no role above Config.Highest.
func TestReadRoles(t *testing.T) {
	text := "Email,Role\na@b.cd,Student\nb@b.cd,TA\nc@b.cd,Teacher\nd@b.cd,Coordinator\n"
	for _, test := range []struct {
		highest grimoireauth.Role
		refused []int
	}{
		{grimoireauth.RoleNone, []int{3, 4, 5}},
		{grimoireauth.RoleStudent, []int{3, 4, 5}},
		{grimoireauth.RoleTutor, []int{4, 5}},
		{grimoireauth.RoleInstructor, []int{5}},
		{grimoireauth.RoleCoordinator, nil},
	} {
		t.Run(test.highest.String(), func(t *testing.T) {
			_, err := classlist.Read(strings.NewReader(text), classlist.Config{Highest: test.highest})
			var faults classlist.Faults
			errors.As(err, &faults)
			var lines []int
			for _, fault := range faults {
				lines = append(lines, fault.Line)
			}
			require.Equal(t, test.refused, lines)
		})
	}
	t.Run("the school's own words", func(t *testing.T) {
		config := classlist.Config{Highest: grimoireauth.RoleInstructor, Roles: map[string]grimoireauth.Role{
			"Casual Tutor": grimoireauth.RoleTutor, "teacher": grimoireauth.RoleNone,
		}}
		list, err := classlist.Read(strings.NewReader("Email,Role\na@b.cd,casual-tutor\n"), config)
		require.NoError(t, err)
		require.Equal(t, grimoireauth.RoleTutor, list[0].Role)
		_, err = classlist.Read(strings.NewReader("Email,Role\na@b.cd,Teacher\n"), config)
		require.ErrorContains(t, err, "is not known")
	})
}

func TestConfigFaults(t *testing.T) {
	_, err := classlist.Read(strings.NewReader(""), classlist.Config{
		Highest: -1, MostRemoved: 1.5, Concurrency: -1, Attempts: -1,
		Roles: map[string]grimoireauth.Role{"": 10, "x": -1, "a b": 10, "A-B": 20},
	})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	for _, fault := range []string{"Highest", "MostRemoved", "Concurrency", "Attempts", "empty spelling", "below every role", "two roles"} {
		require.ErrorContains(t, err, fault, "every fault at once")
	}
}
