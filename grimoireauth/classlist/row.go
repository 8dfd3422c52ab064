package classlist

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/promptgrimoire/auth/internal/text/nfc"
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

// standing is what a line says of a person's place in the class.
type standing uint8

const (
	listed   standing = iota // in the class
	left                     // was in it
	passed                   // is about no member
	doubtful                 // the word is not known
)

// statusWords are the statuses that the exporters write. "invited" is not among
// them: whether a person who was invited there belongs to the class is for the
// importer to say.
var statusWords = map[string]standing{
	"": listed, "active": listed, "current": listed,
	"deleted": left, "inactive": left, "completed": left, "concluded": left, "suspended": left, "not current": left,
	"tobedeleted": left, "rejected": left,
}

// vocabulary is the words of the roles and statuses that a Config adds to those.
type vocabulary struct {
	roles    map[string]grimoireauth.Role
	statuses map[string]standing
	highest  grimoireauth.Role
}

func (c Config) vocabulary() vocabulary {
	v := vocabulary{roles: make(map[string]grimoireauth.Role), statuses: make(map[string]standing), highest: c.highest()}
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
// other file it is somebody who teaches. The config's own word comes first.
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

// entry is one line of a list while it is read.
type entry struct {
	Row
	standing standing
	word     string // why it is passed over
	sections string // Canvas's sentence about the sections, which is split later
	faults   []Fault
	notes    []string
}

func (e *entry) fault(c *columns, kind Column, cell, key string, err error) {
	if err != nil {
		e.faults = append(e.faults, Fault{Line: e.Line, Column: c.header(kind), Cell: shortened(cell), Problem: err.Error(), key: key})
	}
}

// entry reads one line under these columns.
func (c *columns) entry(record Record, v vocabulary) *entry {
	cells := record.Cells
	e := &entry{Row: Row{Line: record.Line}}
	c.readStanding(e, cells, v)
	if e.standing == left || e.standing == passed {
		// Nothing of the line is used but the address, which finds the same person's
		// other lines.
		e.Email, _ = text.Address(c.cell(cells, ColumnEmail))
		e.faults = nil
		return e
	}
	if width := len(c.names); len(cells) > width && !isBlank(cells[width:]) {
		e.faults = append(e.faults, Fault{Line: e.Line, Problem: fmt.Sprintf("it has %d cells, and the header %d: has a cell slipped, such as at a comma without quotation marks?", len(cells), width)})
	}
	for i, why := range record.Unreadable {
		if kind, ok := c.reads(i); ok {
			e.fault(c, kind, "", "", errors.New(why))
			cells = slices.Clone(cells)
			cells[i] = ""
		}
	}
	c.readPerson(e, cells)
	if e.sections = ""; c.canvas {
		e.sections = c.cell(cells, ColumnGroups)
	} else {
		cell := c.cell(cells, ColumnGroups)
		groups, err := readGroups(cell)
		e.Groups = groups
		e.fault(c, ColumnGroups, cell, "", err)
	}
	return e
}

// readPerson reads the address, the name and the number.
func (c *columns) readPerson(e *entry, cells []string) {
	reported := func(kind Column) bool { // a cell that cannot be read has its fault already
		return slices.ContainsFunc(e.faults, func(f Fault) bool { return f.Column == c.header(kind) })
	}
	cell := c.cell(cells, ColumnEmail)
	if address, err := text.Address(cell); err == nil {
		e.Email = strings.Clone(address)
	} else if !reported(ColumnEmail) {
		advice := map[error]string{
			text.ErrNoAddress:   "the e-mail address is missing: fill it in, or delete the line",
			text.ErrAddressForm: "the e-mail address is not of the form name@example.edu: is this the right column?",
			text.ErrNotASCII:    "the e-mail address has a letter outside ASCII, which can look like another one: type it anew",
		}
		e.fault(c, ColumnEmail, cell, err.Error(), errors.New(advice[err]))
	}
	name, kind := c.name(cells)
	if plain, err := nfc.Name(name); err == nil {
		e.Name = strings.Clone(plain)
	} else {
		e.fault(c, kind, visible(name), "", nameFault("name", err))
	}
	cell = c.cell(cells, ColumnID)
	id, note, err := c.readID(cell)
	if e.ID = strings.Clone(id); note != "" {
		e.notes = append(e.notes, note)
	}
	e.fault(c, ColumnID, cell, fmt.Sprint(err), err)
}

// name joins the parts of a name, or turns "Last, First" round. It returns the
// column that the name is from, the first of two.
func (c *columns) name(cells []string) (string, Column) {
	first, last := c.cell(cells, ColumnFirstName), c.cell(cells, ColumnLastName)
	switch {
	case first != "" && last != "":
		return first + " " + last, ColumnFirstName
	case first != "":
		return first, ColumnFirstName
	case last != "":
		return last, ColumnLastName
	}
	if name := c.cell(cells, ColumnName); name != "" {
		return inOrder(name), ColumnName
	}
	return inOrder(c.cell(cells, columnSortable)), columnSortable
}

// inOrder returns "Ada Lovelace" for "Lovelace, Ada". With two commas, as in
// "King, Jr., Martin", the parts cannot be told apart, so the name stays as it is.
func inOrder(name string) string {
	last, first, ok := strings.Cut(name, ",")
	if last, first = text.Trim(last), text.Trim(first); !ok || last == "" || first == "" || strings.Contains(first, ",") {
		return name
	}
	return first + " " + last
}

// nameFault says what is wrong with a name and what to do.
func nameFault(what string, err error) error {
	var char *text.CharError
	if errors.As(err, &char) && char.Char == utf8.RuneError {
		return fmt.Errorf("in the %s, %v: type it anew", what, char)
	} else if char != nil {
		return fmt.Errorf("in the %s, %v: delete that character", what, char)
	}
	var length *text.LengthError
	if errors.As(err, &length) {
		return fmt.Errorf("the %s has more than %d letters: shorten it", what, text.MaxName)
	}
	return err
}

// visible returns a text with what cannot be seen as "?", for a message.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if text.Invisible(r) {
			return '?'
		}
		return r
	}, s)
}

// idForm is what Stytch takes as an external id.
// Source: https://stytch.com/docs/b2b/api/create-member
var idForm = regexp.MustCompile(`^[A-Za-z0-9._|-]{1,128}$`)

// A spreadsheet program that took a number for an amount writes it like this.
var (
	decimalForm  = regexp.MustCompile(`^[0-9]+[.,]0+$`)
	exponentForm = regexp.MustCompile(`^[0-9]([.,][0-9]+)?[eE]\+[0-9]+$`)
)

// readID returns the institution's number. Many lists leave it out for some.
func (c *columns) readID(s string) (id, note string, err error) {
	if c.brightspace {
		s = strings.TrimPrefix(s, "#")
	}
	if s == "" {
		return "", "", nil
	}
	id, changed := text.Digits(s)
	if changed {
		note = "the ID number is written in digits of another script, and was read as 0 to 9"
	}
	switch {
	case decimalForm.MatchString(id), exponentForm.MatchString(id):
		return "", "", errors.New("a program has taken the ID number for an amount, so zeros before it and digits at its end may be lost: export the list again, with the ID number as text")
	case !idForm.MatchString(id):
		return "", "", errors.New(`the ID number is not 1 to 128 letters, digits and "._-|": is this the right column?`)
	case strings.HasPrefix(id, "member-"):
		// It could be taken for a member_id of Stytch's.
		return "", "", errors.New("the ID number begins like an id of Stytch's: give the institution's own")
	}
	return id, note, nil
}

// readStanding reads the status and the role. Of several roles the highest counts;
// each of them has to be known or passed over, and a line with none but those is
// passed over itself.
func (c *columns) readStanding(e *entry, cells []string, v vocabulary) {
	cell := c.cell(cells, ColumnStatus)
	word := plain(cell)
	where, ok := v.statuses[word]
	if !ok {
		where, ok = statusWords[word]
	}
	switch {
	case !ok:
		e.standing = doubtful
		e.fault(c, ColumnStatus, "", "", fmt.Errorf("the status %q is not known: is the person in the class? Delete the line if not, or tell the import what the word means", shortened(cell)))
	case where == passed:
		e.standing, e.word = passed, fmt.Sprintf("the status %q", shortened(cell))
		return
	case where == left:
		e.standing = left
		return
	}
	switch cell = c.cell(cells, columnSuspended); plain(cell) {
	case "", "no", "0", "false":
	case "yes", "1", "true":
		e.standing = left
		return
	default:
		e.standing = doubtful
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
		e.standing, e.word = passed, fmt.Sprintf("the role %q", shortened(cell))
		return
	}
	if e.Role > v.highest {
		e.fault(c, ColumnRole, "", "", fmt.Errorf("it makes somebody %v, and this import may give %v at most", e.Role, v.highest))
		e.Role = grimoireauth.RoleNone
	}
}

var groupsInBrackets = regexp.MustCompile(`\]\s*,\s*\[`)

// readGroups splits "[Tutorial 1], [Lab A]" and "Tutorial 1, Lab A".
func readGroups(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	switch opens, closes := strings.HasPrefix(s, "["), strings.HasSuffix(s, "]"); {
	case opens && closes && len(s) > 1:
		return cleanGroups(groupsInBrackets.Split(s[1:len(s)-1], -1))
	case opens:
		return nil, errors.New("the groups have a bracket that does not close: close it")
	}
	return cleanGroups(strings.Split(s, ","))
}

// maxGroups bounds the groups of one person, in bytes of JSON: Stytch keeps 4 KB
// with a member, and the application may have data of its own there.
const maxGroups = 2048

func cleanGroups(parts []string) ([]string, error) {
	var groups []string
	for _, part := range parts {
		group, err := nfc.Name(part)
		switch {
		case err != nil:
			return nil, nameFault("groups", err)
		case group != "" && !slices.Contains(groups, group):
			groups = append(groups, strings.Clone(group))
		}
	}
	bytes := 2
	for _, group := range groups {
		bytes += 6*len(group) + 3 // JSON makes six bytes of one at most
	}
	if bytes <= maxGroups {
		return groups, nil
	}
	if encoded, err := json.Marshal(groups); err != nil || len(encoded) > maxGroups {
		return nil, fmt.Errorf("the groups are longer than the %d bytes that are kept of them: shorten their names", maxGroups)
	}
	return groups, nil
}

// sentences splits Canvas's sentences about the sections of a student, "A", "A and
// B" or "A, B, and C" in the language of the teacher, by the sections that are known.
type sentences struct {
	known []string // longest first
}

const (
	maxConjunction = 12  // characters of the word between the last two of a list
	maxKnown       = 300 // sections that are learnt from the list itself, the shortest
)

// newSentences takes the sections that the Config names, and the texts of the list, of
// which the short ones are sections.
func newSentences(named, texts map[string]bool) sentences {
	learnt := slices.SortedFunc(maps.Keys(texts), func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) })
	learnt = slices.DeleteFunc(learnt, func(text string) bool { return named[text] || text == "" })
	s := sentences{known: slices.Concat(slices.Collect(maps.Keys(named)), learnt[:min(len(learnt), maxKnown)])}
	slices.SortFunc(s.known, func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	return s
}

// split returns the sections of a sentence, or nothing if it cannot be split.
func (s sentences) split(sentence string) []string {
	dead := make(map[int]bool) // lengths of what is left that cannot be split
	for _, first := range s.known {
		rest, ok := strings.CutPrefix(sentence, first)
		if !ok || rest == "" {
			continue
		}
		if tail := s.rest(rest, dead); tail != nil {
			return append([]string{first}, tail...)
		}
	}
	return nil
}

// rest splits what follows a section: a comma and more sections, or a conjunction
// and the last one.
func (s sentences) rest(text string, dead map[int]bool) []string {
	if dead[len(text)] {
		return nil
	}
	for _, comma := range []string{", ", "、", "، "} {
		after, ok := strings.CutPrefix(text, comma)
		if !ok {
			continue
		}
		for _, section := range s.known {
			if more, ok := strings.CutPrefix(after, section); ok && more != "" {
				if tail := s.rest(more, dead); tail != nil {
					return append([]string{section}, tail...)
				}
			}
		}
	}
	for _, section := range s.known {
		if between, ok := strings.CutSuffix(text, section); ok && isConjunction(between) {
			return []string{section}
		}
	}
	dead[len(text)] = true
	return nil
}

// isConjunction reports whether a text can be ", and " or its like in a language:
// one word, perhaps behind a comma. Two words can be a section that is not known.
func isConjunction(s string) bool {
	word := strings.TrimLeft(s, ",、،")
	if word == "" || utf8.RuneCountInString(word) > maxConjunction || strings.ContainsAny(word, ",、،0123456789") {
		return false
	}
	return len(strings.Fields(word)) == 1 && (word[0] == ' ' && word[len(word)-1] == ' ' || word[0] >= 0x80)
}

// looksJoined reports whether a sentence that could not be split may be several
// sections.
func (s sentences) looksJoined(sentence string) bool {
	if strings.ContainsAny(sentence, ",、،") {
		return true
	}
	for _, word := range []string{" and ", " et ", " und ", " y ", " e ", " en ", " og ", " och ", " i ", " и "} {
		if strings.Contains(sentence, word) {
			return true
		}
	}
	return slices.ContainsFunc(s.known, func(section string) bool {
		return section != sentence && (strings.HasPrefix(sentence, section+" ") || strings.HasSuffix(sentence, " "+section))
	})
}
