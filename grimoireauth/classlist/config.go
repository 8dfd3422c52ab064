package classlist

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Config has the settings of an import. The zero Config is the safe one. Pass the
// same Config to every function of this package; a plan keeps the one it was made
// with.
type Config struct {
	// Highest is the highest role that the list may give. Pass the importer's own, so
	// that a tutor cannot appoint an instructor with a file; [Plan.ApplyAs] compares
	// with their role itself. Zero: a student, and a list with any other role is
	// rejected.
	Highest grimoireauth.Role
	// Roles are further spellings of roles, in any case, besides those of Moodle,
	// Canvas and OneRoster. A spelling with RoleNone is unknown, even if this package
	// knows it. Nil: none.
	Roles map[string]grimoireauth.Role

	// Columns says what the columns with these headers are, in any case: columns in
	// another language, or a column to read instead of the one that this package
	// chooses. A column with ColumnIgnored is not read. Nil: none.
	Columns map[string]Column
	// Active are further spellings of the status of a person who is in the class, such
	// as "Aktiv" or "invited". Nil: none.
	Active []string
	// PassOver are spellings of roles and statuses, in any case, of people who are not
	// members of the class, such as "observer" or "invited". Such a line is skipped
	// with a note; without this setting it is a fault. Nil: none.
	PassOver []string
	// Groups are the names of the class's groups. Canvas joins the sections of a
	// student into one sentence, which can be split only by their names, from this
	// setting or from a line that has one section alone. Nil: none.
	Groups []string
	// Note is called with each note about a list that was read, also if the list is
	// rejected. Nil: notes are dropped.
	Note func(Note)

	// MostRemoved is the largest share of the people added by imports that this one
	// may remove, from 0 to 1, rounded up to a whole person. Zero: a fifth. 1: all of
	// them.
	MostRemoved float64

	// Concurrency is how many rows [Plan.Apply] works on at a time. Zero: 8.
	Concurrency int
	// Attempts is how often a row is tried while Stytch is busy or unreachable,
	// before it is reported as failed. Zero: 8.
	Attempts int
	// Progress is called after each row, one call at a time. The import waits until it
	// returns. Nil: no calls.
	Progress func(Progress)
}

const (
	defaultMostRemoved = 0.2
	defaultConcurrency = 8
	defaultAttempts    = 8
)

// check returns all faults of the Config, or nil.
func (c Config) check() error {
	var faults []error
	if c.Highest < grimoireauth.RoleNone {
		faults = append(faults, fmt.Errorf("Highest is %v, which is below every role", c.Highest))
	}
	faults = append(faults, c.checkRoles()...)
	kinds := make(map[string]Column)
	for _, header := range slices.Sorted(maps.Keys(c.Columns)) {
		kind := c.Columns[header]
		if plain(header) == "" {
			faults = append(faults, errors.New("Columns has an empty header"))
		}
		if other, ok := kinds[plain(header)]; ok && other != kind {
			faults = append(faults, fmt.Errorf("Columns says two things about %.40q, in two spellings that count as one", header))
		}
		if kinds[plain(header)] = kind; kind > ColumnStatus {
			faults = append(faults, fmt.Errorf("Columns has the value %d for %.40q, which is no column", kind, header))
		}
	}
	for _, word := range slices.Concat(c.Active, c.PassOver) {
		if plain(word) == "" {
			faults = append(faults, errors.New("Active or PassOver has an empty spelling"))
		}
	}
	if !(c.MostRemoved >= 0 && c.MostRemoved <= 1) { // also rejects NaN
		faults = append(faults, fmt.Errorf("MostRemoved %v is not from 0 to 1", c.MostRemoved))
	}
	if c.Concurrency < 0 || c.Concurrency > 100 {
		faults = append(faults, fmt.Errorf("Concurrency %d is not from 1 to 100", c.Concurrency))
	}
	if c.Attempts < 0 {
		faults = append(faults, fmt.Errorf("Attempts %d is negative", c.Attempts))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("classlist: %w configuration: %w", grimoireauth.ErrInvalid, err)
	}
	return nil
}

func (c Config) checkRoles() (faults []error) {
	words := make(map[string]grimoireauth.Role)
	for _, word := range slices.Sorted(maps.Keys(c.Roles)) {
		if plain(word) == "" {
			faults = append(faults, errors.New("Roles has an empty spelling"))
		}
		if other, ok := words[plain(word)]; ok && other != c.Roles[word] {
			faults = append(faults, fmt.Errorf("Roles gives %.40q two roles, in two spellings that count as one", word))
		}
		words[plain(word)] = c.Roles[word]
		if c.Roles[word] < grimoireauth.RoleNone {
			faults = append(faults, fmt.Errorf("Roles gives %.40q a role below every role", word))
		}
	}
	return faults
}

func (c Config) highest() grimoireauth.Role {
	if c.Highest == grimoireauth.RoleNone {
		return grimoireauth.RoleStudent
	}
	return c.Highest
}

// namedColumns returns Columns in the spelling in which headers are compared.
func (c Config) namedColumns() map[string]Column {
	out := make(map[string]Column, len(c.Columns))
	for header, kind := range c.Columns {
		out[plain(header)] = kind
	}
	return out
}

// roleWords are the spellings of roles that Moodle, Canvas and OneRoster write: their
// names in English, and the short names of their files. An observer, a guest and a
// designer are not among them, because a student's role would give them more than
// they have.
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

// statusWords are the statuses that the exporters write. "invited" is not among them:
// the importer has to say in the Config whether invited people are members.
var statusWords = map[string]presence{
	"": listed, "active": listed, "current": listed,
	"deleted": left, "inactive": left, "completed": left, "concluded": left, "suspended": left, "not current": left,
	"tobedeleted": left, "rejected": left,
}

// vocabulary has the words for roles and statuses that a Config adds to those.
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

// role returns the role of a spelling, that of the Config first. Short says that the
// file has the short names of Moodle's user upload, in which "teacher" is a
// non-editing teacher, and not an instructor as in other files.
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

// orDefault returns the value, or its default if it is zero.
func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}
