package classlist

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// column is what a column of a list is about.
type column uint8

const (
	colEmail column = iota
	colFirst
	colLast
	colName     // in one piece, "First Last" or "Last, First"
	colSortable // the same, when there is a plainer column beside it
	colID
	colRole
	colGroups
	colStatus
	columnKinds
)

// headers are the names of columns as Moodle and Canvas write them, best first.
// Canvas's own "ID" is not among them: it is a number of Canvas's, which means
// nothing elsewhere.
// Sources: Moodle's participants, grades and user upload files; Canvas's
// gradebook, people and SIS import files.
var headers = [columnKinds][]string{
	colEmail:    {"email address", "email", "e mail address", "e mail", "mail", "student email", "sis login id", "login id"},
	colFirst:    {"first name", "firstname", "given name", "given names"},
	colLast:     {"last name", "lastname", "surname", "family name"},
	colName:     {"full name", "fullname", "name", "display name", "student name", "student"},
	colSortable: {"sortable name"},
	colID:       {"id number", "idnumber", "sis user id", "student sis id", "sis id", "user id", "student number", "student id"},
	colRole:     {"role", "roles", "role1"},
	colGroups:   {"groups", "group", "group1", "sections", "section", "section name"},
	colStatus:   {"status"},
}

// columns says where each kind of column is: an index, or -1.
type columns struct {
	at     [columnKinds]int
	width  int
	canvas bool // Canvas's gradebook, which has lines that are about nobody
	short  bool // Moodle's user upload, which has the short names of roles
}

// readHeader finds the columns, or says what is wrong with the header.
func readHeader(cells []string) (*columns, []string) {
	c := &columns{width: len(cells)}
	names := make([]string, len(cells))
	for i, cell := range cells {
		names[i] = plain(cell)
	}
	var problems []string
	for kind, spellings := range headers {
		c.at[kind] = -1
		for _, spelling := range spellings {
			i := slices.Index(names, spelling)
			if i < 0 {
				continue
			}
			// Which of two would count is for the file's author to say.
			if slices.Contains(names[i+1:], spelling) {
				problems = append(problems, fmt.Sprintf("there are two columns %.40q", spelling))
			}
			c.at[kind] = i
			break
		}
	}
	if c.at[colEmail] < 0 {
		problems = append(problems, fmt.Sprintf("there is no column with the e-mail address, such as %q: the first line of the list has to name its columns", "Email address"))
	}
	c.canvas = c.at[colName] >= 0 && names[c.at[colName]] == "student"
	c.short = c.at[colRole] >= 0 && names[c.at[colRole]] == "role1"
	if problems != nil {
		return nil, problems
	}
	return c, nil
}

// recognised counts the columns that a header has under one way of splitting it.
func recognised(cells []string) int {
	n := 0
	for _, spellings := range headers {
		if slices.ContainsFunc(cells, func(cell string) bool { return slices.Contains(spellings, plain(cell)) }) {
			n++
		}
	}
	return n
}

// cell returns the text of a column, or nothing if the line has none.
func (c *columns) cell(cells []string, kind column) string {
	if i := c.at[kind]; i >= 0 && i < len(cells) {
		return trim(cells[i])
	}
	return ""
}

// isDecoration reports whether the line is one of those that Canvas's gradebook
// has besides the students: how many points are possible, how grades are posted,
// and the student that Canvas invents for testing.
func (c *columns) isDecoration(cells []string) bool {
	if !c.canvas || c.cell(cells, colEmail) != "" {
		return false
	}
	switch strings.ToLower(c.cell(cells, colName)) {
	case "points possible", "student, test", "test student":
		return true
	case "":
		return c.cell(cells, colID) == ""
	}
	return false
}

// plain returns a header or a word in the one spelling it is compared in: lower
// case, without punctuation between its words.
func plain(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return unicode.IsSpace(r) || r == '_' || r == '-' || r == 0xfeff
	})
	return strings.Join(words, " ")
}

// trim removes what is not seen at both ends.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == 0x200b || r == 0xfeff })
}
