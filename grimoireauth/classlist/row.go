package classlist

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"unicode"

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
