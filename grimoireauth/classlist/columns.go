package classlist

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/promptgrimoire/auth/internal/text"
)

// Column is what a column of a list is about. The zero Column is one that is not
// read.
type Column uint8

// The columns of a list. Names stand in one column, "First Last" or "Last, First",
// or in two.
const (
	ColumnIgnored Column = iota
	ColumnEmail
	ColumnFirstName
	ColumnLastName
	ColumnName
	ColumnID // the institution's number
	ColumnRole
	ColumnGroups
	ColumnStatus

	columnSortable  // "Last, First", which is read if there is no other name
	columnSuspended // "Yes" or empty, in Moodle's grades
	columnKinds
)

// headers are the names of columns as the exporters of testdata/README.md write
// them, in the order of preference. Canvas's "ID" is not among them, because it is a
// number that only Canvas knows. [Config.Columns] adds headers in other languages
// than English.
var headers = [columnKinds][]string{
	ColumnEmail:     {"email address", "email", "e mail address", "e mail", "mail", "student email", "sis login id", "login id"},
	ColumnFirstName: {"first name", "firstname", "given name", "given names"},
	ColumnLastName:  {"last name", "lastname", "surname", "family name"},
	ColumnName:      {"full name", "fullname", "name", "display name", "student name", "student"},
	ColumnID:        {"id number", "idnumber", "sis user id", "student sis id", "sis id", "user id", "student number", "student id", "orgdefinedid", "org defined id"},
	ColumnRole:      {"role", "roles", "role1"},
	ColumnGroups:    {"groups", "group", "group1", "sections", "section", "section name"},
	ColumnStatus:    {"status"},
	columnSortable:  {"sortable name"},
	columnSuspended: {"suspended"},
}

// columns says where each kind of column is: an index, or -1.
type columns struct {
	at          [columnKinds]int
	names       []string // as the file spells them
	canvas      bool     // Canvas's gradebook, which also has lines that are not about a student
	login       int      // in Canvas's gradebook: the index of "SIS Login ID"
	fixed       int      // in Canvas's gradebook: how many columns are Canvas's own
	brightspace bool     // Brightspace's grades, whose ids begin with a "#"
	short       bool     // Moodle's user upload, which has the short names of roles
}

// readHeader finds the columns. The notes are about columns that are not read, and the
// problems are faults of the header. Missing is the advice for a list without a column
// of addresses, whose first line may be a person; it is "" for others.
func readHeader(cells []string, named map[string]Column) (c *columns, notes, problems []string, missing string) {
	c = &columns{names: make([]string, len(cells))}
	names := make([]string, len(cells))
	for i, cell := range cells {
		c.names[i] = text.Trim(cell)
		names[i] = plain(cell)
	}
	// In Canvas's gradebook, columns of the teacher and of assignments follow the
	// section, with any header, even "Email". They are not read.
	known := len(names)
	if at := slices.Index(names, "sis login id"); at >= 0 {
		c.canvas, c.login = true, at
		known = at + 1
		if section := slices.Index(names[at:], "section"); section >= 0 {
			known = at + section + 1
		}
	}
	c.fixed = known
	c.brightspace = slices.Contains(names, "orgdefinedid") || slices.Contains(names, "end of line indicator")
	for kind := range c.at {
		c.at[kind] = -1
	}
	for kind := ColumnEmail; kind < columnKinds; kind++ {
		for _, spelling := range headers[kind] {
			i := slices.Index(names[:known], spelling)
			if _, ok := named[spelling]; i < 0 || ok {
				continue
			}
			// The file's author has to say which of two columns is meant.
			if slices.Contains(names[i+1:known], spelling) {
				problems = append(problems, fmt.Sprintf("there are two columns %.40q: rename the one that does not count", spelling))
			}
			c.at[kind] = i
			break
		}
	}
	chosen := make(map[Column]bool)
	for i, name := range names {
		kind, ok := named[name]
		switch {
		case !ok || kind == ColumnIgnored:
			continue
		case chosen[kind]:
			problems = append(problems, fmt.Sprintf("there are two columns for one thing, and the second is %.40q: rename the one that does not count", c.names[i]))
		}
		chosen[kind], c.at[kind] = true, i
	}
	if chosen[ColumnName] {
		c.at[ColumnFirstName], c.at[ColumnLastName] = -1, -1
	}
	for name := range named {
		if !slices.Contains(names, name) {
			notes = append(notes, fmt.Sprintf("the list has no column %.40q, which was named", name))
		}
	}
	slices.Sort(notes)
	// The file does not say which of two columns with addresses is meant.
	if at := c.at[ColumnEmail]; at >= 0 && !chosen[ColumnEmail] {
		for i, name := range names[:known] {
			_, ok := named[name]
			if !ok && i != at && name != "login id" && name != "sis login id" && slices.Contains(headers[ColumnEmail], name) {
				notes = append(notes, fmt.Sprintf("the column %q has the addresses; %q was not read", shortened(c.names[at]), shortened(c.names[i])))
			}
		}
	}
	c.short = c.at[ColumnRole] >= 0 && names[c.at[ColumnRole]] == "role1"
	if c.at[ColumnEmail] < 0 {
		missing = withoutAddress(names)
	} else if slices.Contains(names, "sourcedid") && slices.Contains(names, "enableduser") {
		problems = append(problems, "this is users.csv of OneRoster, which has every person of the school: read it together with enrollments.csv, which says who is in the class")
	}
	return c, notes, problems, missing
}

// withoutAddress returns the advice for a file that has no column with addresses.
func withoutAddress(names []string) string {
	has := func(all ...string) bool {
		return !slices.ContainsFunc(all, func(name string) bool { return !slices.Contains(names, name) })
	}
	switch {
	case has("usersourcedid"), has("course id", "user id", "role"):
		return "this is enrollments.csv, which has no e-mail addresses: read it together with users.csv"
	case has("end of line indicator"):
		return `this is an export of Brightspace's grades without e-mail addresses: export it again with "Email" under User Details`
	case has("last name", "first name", "username", "availability"), has("last name", "first name", "username", "last access"):
		return "this is a download of Blackboard's grade centre, which has no e-mail addresses: a list that has them is needed"
	}
	return fmt.Sprintf("there is no column with the e-mail address, such as %q: the first line has to name the columns, and the import has to be told what one in another language is", "Email address")
}

// recognised counts the known columns of a header that was split by one separator.
func recognised(cells []string, named map[string]Column) int {
	n := 0
	for _, cell := range cells {
		name := plain(cell)
		if _, ok := named[name]; ok || slices.ContainsFunc(headers[:], func(spellings []string) bool { return slices.Contains(spellings, name) }) {
			n++
		}
	}
	return n
}

// cell returns the text of a column, or "" if the line has none.
func (c *columns) cell(cells []string, kind Column) string {
	if i := c.at[kind]; i >= 0 && i < len(cells) {
		return text.Trim(cells[i])
	}
	return ""
}

// header returns the name of a column as the file spells it.
func (c *columns) header(kind Column) string {
	if i := c.at[kind]; i >= 0 {
		return c.names[i]
	}
	return ""
}

// reads reports whether the column with this index is read, and as which kind.
func (c *columns) reads(i int) (Column, bool) {
	for kind := ColumnEmail; kind < columnKinds; kind++ {
		if c.at[kind] == i {
			return kind, true
		}
	}
	return ColumnIgnored, false
}

// isDecoration reports whether the line is one of the two that Canvas's gradebook has
// above the students: how grades are posted, and the points possible. Both leave the
// columns about a person empty, but for "points possible" in the first column.
func (c *columns) isDecoration(cells []string) bool {
	if !c.canvas {
		return false
	}
	for i := range min(len(cells), c.fixed) {
		if cell := text.Trim(cells[i]); cell != "" && (i > 0 || !strings.EqualFold(cell, "points possible")) {
			return false
		}
	}
	return true
}

// isTestStudent reports whether the line is about the test student of Canvas: its
// login has 40 hexadecimal digits, and it has no number. Its name is in the teacher's
// language, so it is compared only if there is no login.
func (c *columns) isTestStudent(cells []string) bool {
	if !c.canvas || c.cell(cells, ColumnID) != "" {
		return false
	}
	login := ""
	if c.login < len(cells) {
		login = text.Trim(cells[c.login])
	}
	if login == "" {
		name := strings.ToLower(c.cell(cells, ColumnName))
		return name == "student, test" || name == "test student"
	}
	return len(login) == 40 && strings.Trim(strings.ToLower(login), "0123456789abcdef") == ""
}

// plain returns a header or a word in the spelling in which they are compared: lower
// case, with one space for the hyphens, underscores and spaces between words.
func plain(s string) string {
	words := strings.FieldsFunc(strings.ToLower(text.Trim(s)), func(r rune) bool {
		return unicode.IsSpace(r) || r == '_' || r == '-'
	})
	return strings.Join(words, " ")
}

// IsHeader reports whether a line of a table names a column with e-mail addresses, as
// the header of a class list does. It returns false if the Config has faults.
func IsHeader(cells []string, config Config) bool {
	if config.check() != nil || isBlank(cells) {
		return false
	}
	_, _, _, missing := readHeader(cells, config.namedColumns())
	return missing == ""
}
