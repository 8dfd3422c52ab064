package classlist

import (
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
)

// roleWords are the spellings of roles that Moodle, Canvas and OneRoster write:
// their names in English, and the short names of their files. Those who may only
// look on, such as an observer, a guest or a designer, are not among them: there is
// no role for them in a class, and a student's would be too much.
var roleWords = map[string]grimoireauth.Role{
	"student":           grimoireauth.RoleStudent,
	"learner":           grimoireauth.RoleStudent,
	"studentenrollment": grimoireauth.RoleStudent,

	"tutor":               grimoireauth.RoleTutor,
	"ta":                  grimoireauth.RoleTutor,
	"teaching assistant":  grimoireauth.RoleTutor,
	"taenrollment":        grimoireauth.RoleTutor,
	"non editing teacher": grimoireauth.RoleTutor,

	"instructor":        grimoireauth.RoleInstructor,
	"lecturer":          grimoireauth.RoleInstructor,
	"teacher":           grimoireauth.RoleInstructor,
	"teacherenrollment": grimoireauth.RoleInstructor,
	"editing teacher":   grimoireauth.RoleInstructor,
	"editingteacher":    grimoireauth.RoleInstructor,

	"coordinator":        grimoireauth.RoleCoordinator,
	"course coordinator": grimoireauth.RoleCoordinator,
	"unit convenor":      grimoireauth.RoleCoordinator,
	"convenor":           grimoireauth.RoleCoordinator,
}

// presence is what a line says of a person's place in the class.
type presence uint8

const (
	listed   presence = iota // in the class
	left                     // was in it
	passed                   // is about no member
	doubtful                 // the word is not known
)

// statusWords are the statuses that the exporters write. "invited" is not among
// them: whether a person who was invited there belongs to the class is for the
// importer to say.
var statusWords = map[string]presence{
	"": listed, "active": listed, "current": listed,
	"deleted": left, "inactive": left, "completed": left, "concluded": left, "suspended": left, "not current": left,
	"tobedeleted": left, "rejected": left,
}

// vocabulary is the words of the roles and statuses that a Config adds to those.
type vocabulary struct {
	roles    map[string]grimoireauth.Role
	statuses map[string]presence
	highest  grimoireauth.Role
}

func (c Config) vocabulary() vocabulary {
	v := vocabulary{roles: make(map[string]grimoireauth.Role), statuses: make(map[string]presence), highest: c.highest()}
	for word, role := range c.Roles {
		v.roles[plain(word)] = role
	}
	for _, word := range c.Active {
		v.statuses[plain(word)] = listed
	}
	for _, word := range c.PassOver {
		v.statuses[plain(word)] = passed
	}
	return v
}

// role returns what a spelling means. Moodle's user upload has the short names
// of roles, and "teacher" is the short name of its non-editing teacher; in every
// other file it is a person who teaches. The config's own word comes first.
func (v vocabulary) role(word string, short bool) (grimoireauth.Role, bool) {
	if role, ok := v.roles[word]; ok {
		return role, role != grimoireauth.RoleNone
	}
	if short && word == "teacher" {
		word = "non editing teacher"
	}
	role, ok := roleWords[word]
	return role, ok
}

// readPresence reads the status and the role. Of several roles the highest counts;
// each of them has to be known or passed over, and a line with none but those is
// passed over itself.
func (c *columns) readPresence(e *entry, cells []string, v vocabulary) {
	cell := c.cell(cells, ColumnStatus)
	word := plain(cell)
	where, ok := v.statuses[word]
	if !ok {
		where, ok = statusWords[word]
	}
	switch {
	case !ok:
		e.presence = doubtful
		e.fault(c, ColumnStatus, "", "", fmt.Errorf("the status %q is not known: is the person in the class? Delete the line if not, or tell the import what the word means", shortened(cell)))
	case where == passed:
		e.presence, e.word = passed, fmt.Sprintf("the status %q", shortened(cell))
		return
	case where == left:
		e.presence = left
		return
	}
	switch cell = c.cell(cells, columnSuspended); plain(cell) {
	case "", "no", "0", "false":
	case "yes", "1", "true":
		e.presence = left
		return
	default:
		e.presence = doubtful
		e.fault(c, columnSuspended, "", "", fmt.Errorf("%q is neither Yes nor empty: tell the import that the column does not count, or export active people only", shortened(cell)))
	}
	c.readRole(e, c.cell(cells, ColumnRole), v)
}

func (c *columns) readRole(e *entry, cell string, v vocabulary) {
	words, passedOver := 0, 0
	for part := range strings.SplitSeq(cell, ",") {
		word := plain(part)
		if word == "" {
			continue
		}
		words++
		role, ok := v.role(word, c.short)
		if !ok && v.statuses[word] == passed {
			passedOver++
			continue
		}
		if !ok {
			e.fault(c, ColumnRole, "", "", fmt.Errorf("the role %q is not known: correct it, delete the line, or tell the import what the word means", shortened(text.Trim(part))))
			return
		}
		e.Role = max(e.Role, role)
	}
	if words > 0 && words == passedOver {
		e.presence, e.word = passed, fmt.Sprintf("the role %q", shortened(cell))
		return
	}
	if e.Role > v.highest {
		e.fault(c, ColumnRole, "", "", fmt.Errorf("it gives the role %v, and this import may give %v at most", e.Role, v.highest))
		e.Role = grimoireauth.RoleNone
	}
}
