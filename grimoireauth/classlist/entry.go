package classlist

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/promptgrimoire/auth/internal/text/nfc"
)

// entry is one line of a list while it is read.
type entry struct {
	Row
	presence presence
	word     string // the status or role because of which the line is skipped
	sections string // Canvas's sentence about the sections, until splitSections splits it
	faults   []Fault
	notes    []string
}

// presence says whether the person of a line is in the class.
type presence uint8

const (
	listed   presence = iota // in the class
	left                     // no longer in the class
	passed                   // not a member: Config.PassOver has the word
	doubtful                 // unknown: the word is a fault
)

func (e *entry) fault(c *columns, kind Column, cell, key string, err error) {
	if err != nil {
		e.faults = append(e.faults, Fault{Line: e.Line, Column: c.header(kind), Cell: shortened(cell), Problem: err.Error(), key: key})
	}
}

// entry reads one line under these columns.
func (c *columns) entry(record Record, v vocabulary) *entry {
	cells := record.Cells
	e := &entry{Row: Row{Line: record.Line}}
	c.readPresence(e, cells, v)
	if e.presence == left || e.presence == passed {
		// Only the address of such a line is used.
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

// readPresence reads the status and the role. A line with several roles gives the
// highest of them. Each role has to be known or one of Config.PassOver; a line that has
// only roles of Config.PassOver is skipped.
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

// readPerson reads the address, the name and the number.
func (c *columns) readPerson(e *entry, cells []string) {
	reported := func(kind Column) bool { // an unreadable cell has its fault already
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
		problem, key := errors.New(advice[err]), err.Error()
		if err == text.ErrNotASCII {
			if _, hidden := text.Name(cell); hidden != nil {
				problem, key = nameFault("e-mail address", hidden), ""
			}
		}
		e.fault(c, ColumnEmail, visible(cell), key, problem)
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

// name joins the parts of a name, or reorders "Last, First". It also returns the
// column of the name, the first one if it has two.
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

// inOrder returns "Ada Lovelace" for "Lovelace, Ada". A name with two commas, as in
// "King, Jr., Martin", is ambiguous and stays as it is.
func inOrder(name string) string {
	last, first, ok := strings.Cut(name, ",")
	if last, first = text.Trim(last), text.Trim(first); !ok || last == "" || first == "" || strings.Contains(first, ",") {
		return name
	}
	return first + " " + last
}

// nameFault describes what is wrong with a name, with advice.
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

// visible returns a text for a message, with "?" for each invisible character.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if text.Invisible(r) {
			return '?'
		}
		return r
	}, s)
}

// isID reports whether Stytch accepts a text as an external_id.
// Source: https://stytch.com/docs/b2b/api/create-member
func isID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '.' && c != '_' && c != '|' && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// The forms in which a spreadsheet program writes an ID number that it has converted
// to an amount.
var (
	decimalForm  = regexp.MustCompile(`^[0-9]+[.,]0+$`)
	exponentForm = regexp.MustCompile(`^[0-9]([.,][0-9]+)?[eE]\+[0-9]+$`)
)

// readID returns the institution's number, or "" for an empty cell.
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
	case strings.ContainsAny(id, ".,+") && (decimalForm.MatchString(id) || exponentForm.MatchString(id)):
		return "", "", errors.New("a program has taken the ID number for an amount, so zeros before it and digits at its end may be lost: export the list again, with the ID number as text")
	case !isID(id):
		return "", "", errors.New(`the ID number is not 1 to 128 letters, digits and "._-|": is this the right column?`)
	case strings.HasPrefix(id, "member-"):
		// Stytch accepts an external_id in place of a member_id, so the two must differ.
		return "", "", errors.New("the ID number begins like an id of Stytch's: give the institution's own")
	}
	return id, note, nil
}
