package classlist

import "github.com/promptgrimoire/auth/grimoireauth"

// roleWords are the spellings of roles that Moodle and Canvas write: their names
// in English, and the short names of their files. Whoever may only look on, such
// as an observer, a guest or a designer, is not among them: there is no role for
// them in a class, and a student's would be too much.
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

// role returns what a spelling means. Moodle's user upload has the short names
// of roles, and "teacher" is the short name of its non-editing teacher; in every
// other file it is somebody who teaches. The config's own word comes first.
func (c Config) role(word string, short bool) (grimoireauth.Role, bool) {
	word = plain(word)
	for spelling, role := range c.Roles {
		if plain(spelling) == word {
			return role, role != grimoireauth.RoleNone
		}
	}
	if short && word == "teacher" {
		word = "non editing teacher"
	}
	role, ok := roleWords[word]
	return role, ok
}
