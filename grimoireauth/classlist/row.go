package classlist

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// row reads one line under these columns. Gone says that the list has the person
// as one who has left. The problems are all that is wrong with the line.
func (c *columns) row(line int, cells []string, config Config) (row Row, gone bool, problems []string) {
	row.Line = line
	note := func(err error) {
		if err != nil {
			problems = append(problems, err.Error())
		}
	}
	if len(cells) > c.width && !isBlank(cells[c.width:]) {
		note(fmt.Errorf("it has %d cells, and the header %d: is a comma inside a cell without quotes?", len(cells), c.width))
	}
	var err error
	row.Email, err = readEmail(c.cell(cells, colEmail))
	note(err)
	row.Name, err = c.name(cells)
	note(err)
	row.ID, err = readID(c.cell(cells, colID))
	note(err)
	row.Role, err = readRole(c.cell(cells, colRole), c.short, config)
	note(err)
	row.Groups, err = readGroups(c.cell(cells, colGroups))
	note(err)
	gone, err = readStatus(c.cell(cells, colStatus))
	note(err)
	return row, gone, problems
}

// readEmail returns the address in lower case, as it is compared. Letters outside
// ASCII are refused: they can be made to look like somebody else's address.
func readEmail(s string) (string, error) {
	if s == "" {
		return "", errors.New("the e-mail address is missing")
	}
	address, err := mail.ParseAddress(s)
	if err != nil || address.Address != s || len(s) > 254 || strings.ContainsAny(s, " \"<>(),;:\\") {
		return "", errors.New("the e-mail address is not of the form name@example.edu")
	}
	if strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		return "", errors.New("the e-mail address has a letter outside ASCII, which can look like another one")
	}
	return strings.ToLower(s), nil
}

// maxName bounds names and groups, in characters.
const maxName = 200

// name joins the parts of a name, or turns "Last, First" round.
func (c *columns) name(cells []string) (string, error) {
	name := trim(c.cell(cells, colFirst) + " " + c.cell(cells, colLast))
	if name == "" {
		name = inOrder(c.cell(cells, colName))
	}
	if name == "" {
		name = inOrder(c.cell(cells, colSortable))
	}
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == 0xa0 }), " ")
	if !isText(name) {
		return "", fmt.Errorf("the name has invisible characters, a line break, or more than %d letters", maxName)
	}
	return name, nil
}

// inOrder returns "Ada Lovelace" for "Lovelace, Ada". With two commas, as in
// "King, Jr., Martin", nobody can tell, so the name stays as it is.
func inOrder(name string) string {
	last, first, ok := strings.Cut(name, ",")
	if last, first = trim(last), trim(first); !ok || last == "" || first == "" || strings.Contains(first, ",") {
		return name
	}
	return first + " " + last
}

// isText reports whether a text can be shown in a line. Characters that turn the
// direction of writing could make one name look like another.
func isText(s string) bool {
	return utf8.RuneCountInString(s) <= maxName && strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError || r == 0x2028 || r == 0x2029
	}) < 0
}

// idForm is what Stytch takes as an external id.
// Source: https://stytch.com/docs/b2b/api/create-member
var idForm = regexp.MustCompile(`^[A-Za-z0-9._|-]{1,128}$`)

// readID returns the institution's number. Many lists leave it out for some.
func readID(s string) (string, error) {
	switch {
	case s == "":
		return "", nil
	case !idForm.MatchString(s):
		return "", errors.New(`the ID number is not 1 to 128 letters, digits and "._-|"`)
	case strings.HasPrefix(s, "member-"):
		// It could be taken for a member_id of Stytch's.
		return "", errors.New("the ID number begins like an id of Stytch's")
	}
	return s, nil
}

// readStatus reports whether a row is about somebody who has left. Sources:
// Canvas's SIS import files and Moodle's participants.
func readStatus(s string) (gone bool, err error) {
	switch plain(s) {
	case "", "active", "current":
		return false, nil
	case "deleted", "inactive", "completed", "concluded", "suspended", "not current":
		return true, nil
	}
	return false, fmt.Errorf("the status %.40q is not one that Moodle or Canvas writes", s)
}

var groupsInBrackets = regexp.MustCompile(`\]\s*,\s*\[`)

// readGroups splits "[Tutorial 1], [Lab A]" as Moodle's gradebook writes it, and
// "Tutorial 1, Lab A" as its participants do.
func readGroups(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	var parts []string
	switch opens, closes := strings.HasPrefix(s, "["), strings.HasSuffix(s, "]"); {
	case opens && closes && len(s) > 1:
		parts = groupsInBrackets.Split(s[1:len(s)-1], -1)
	case opens:
		return nil, errors.New("the groups have a bracket that does not close")
	default:
		parts = strings.Split(s, ",")
	}
	var groups []string
	for _, part := range parts {
		switch part = trim(part); {
		case !isText(part):
			return nil, errors.New("a group has invisible characters, a line break, or is too long")
		case part != "":
			groups = append(groups, part)
		}
	}
	return groups, nil
}

// readRole returns the role that a list gives, RoleNone if it does not say. Of
// several, the highest counts; each of them has to be known.
func readRole(s string, short bool, config Config) (grimoireauth.Role, error) {
	highest := grimoireauth.RoleNone
	for word := range strings.SplitSeq(s, ",") {
		if plain(word) == "" {
			continue
		}
		role, ok := config.role(word, short)
		if !ok {
			return grimoireauth.RoleNone, fmt.Errorf("nobody knows the role %.40q", trim(word))
		}
		highest = max(highest, role)
	}
	if highest > config.highest() {
		return grimoireauth.RoleNone, fmt.Errorf("it makes somebody %v, and this import may give %v at most", highest, config.highest())
	}
	return highest, nil
}
