package classlist

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// ErrTooManyRemoved is the error of a list that would remove a larger share of the
// class than [Config.MostRemoved] allows; the file may be truncated. A list that would
// remove the last instructor is [grimoireauth.ErrLastInstructor].
var ErrTooManyRemoved = errors.New("the list would remove more people than it may")

// Fault is one reason why a list is rejected.
type Fault struct {
	Line   int    // the line in the file, from 1; 0 for a fault of the list as a whole
	Column string // the header of the column; empty for a fault of the whole line
	// Cell is the text of the cell, shortened. It can be a person's name or address, so
	// only String prints it.
	Cell    string
	Problem string // the problem and advice, for the person who made the file
	Kind    error  // ErrTooManyRemoved, grimoireauth.ErrLastInstructor or nil

	key string // the same for faults that are the same mistake; empty: Problem is compared
}

// String returns `line 7, column "Email", "ada": …` for the person who made the
// file. It can name people, so do not log it.
func (f Fault) String() string { return f.text(true) }

func (f Fault) text(cell bool) string {
	var where []string
	if f.Line > 0 {
		where = append(where, fmt.Sprintf("line %d", f.Line))
	}
	if f.Column != "" {
		where = append(where, fmt.Sprintf("column %q", shortened(f.Column)))
	}
	if f.Cell != "" && cell {
		where = append(where, fmt.Sprintf("%q", f.Cell))
	}
	if where == nil {
		return f.Problem
	}
	return strings.Join(where, ", ") + ": " + f.Problem
}

// shortened returns the first 30 characters of a cell, for a message.
func shortened(s string) string { return shortenedTo(30, s) }

func shortenedTo(most int, s string) string {
	for i, n := 0, 0; i < len(s); n++ {
		if n == most {
			return s[:i] + "…"
		}
		for i++; i < len(s) && s[i]&0xc0 == 0x80; i++ {
		}
	}
	return s
}

// Faults is the error of a rejected list: all its faults, in the order of the file.
// It matches [grimoireauth.ErrInvalid]. The text of the error quotes headers and
// spellings of roles and statuses, but no name and no address; [Fault.String] also
// prints the cell.
type Faults []Fault

// Error returns all faults, one on each line.
func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "classlist: the list is refused, %d faults", len(f))
	if len(f) == 1 {
		b.Reset()
		b.WriteString("classlist: the list is refused")
	}
	for _, fault := range f {
		b.WriteString("\n" + fault.text(false))
	}
	return b.String()
}

// Unwrap returns ErrInvalid and the kinds of the faults.
func (f Faults) Unwrap() []error {
	errs := []error{grimoireauth.ErrInvalid}
	for _, fault := range f {
		if fault.Kind != nil {
			errs = append(errs, fault.Kind)
		}
	}
	return errs
}

// orNil returns the faults in the order of the file, or nil if there are none, since
// an error that holds an empty Faults is not nil.
func (f Faults) orNil() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return f
}

// Note describes how a list was read: skipped lines, a number in another script,
// sections that could not be split. A list with notes is not rejected.
type Note struct {
	Line int // the line in the file, from 1; 0 for a note about the list as a whole
	Text string
}

// String returns "line 7: …", or the text alone. It can name groups, but not people.
func (n Note) String() string {
	if n.Line == 0 {
		return n.Text
	}
	return fmt.Sprintf("line %d: %s", n.Line, n.Text)
}

// fewLines is how many lines with the same text are reported one by one.
const fewLines = 3

// mergeNotes merges notes with the same text, so that 300 observers are one note.
func mergeNotes(notes []Note) []Note {
	lines := make(map[string][]int)
	for _, note := range notes {
		lines[note.Text] = append(lines[note.Text], note.Line)
	}
	var out []Note
	for _, note := range notes {
		same := lines[note.Text]
		switch {
		case len(same) <= fewLines:
			out = append(out, note)
		case note.Line == same[0]:
			note.Text += " (" + alsoIn(same) + ")"
			out = append(out, note)
		}
	}
	return out
}

// alsoIn returns "and 297 more lines: 8, 9, 12, …".
func alsoIn(lines []int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "and %d more lines: ", len(lines)-1)
	for i, line := range lines[1:] {
		if i == 5 {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, line)
	}
	return b.String()
}

// merged merges the faults that are the same mistake: a column that is wrong as a
// whole, or a word that many lines have. Filled has, by header, how many lines have a
// value in that column.
func (f Faults) merged(filled map[string]int) Faults {
	type mistake struct{ column, key string }
	of := func(fault Fault) mistake { return mistake{fault.Column, cmp.Or(fault.key, fault.Problem)} }
	lines := make(map[mistake][]int)
	for _, fault := range f {
		lines[of(fault)] = append(lines[of(fault)], fault.Line)
	}
	var out Faults
	for _, fault := range f {
		same := lines[of(fault)]
		all := filled[fault.Column]
		whole := fault.Column != "" && len(same) >= 2 && len(same)*10 >= all*9
		switch {
		case fault.Line != same[0] && (whole || fault.key == "" && len(same) > fewLines):
			continue
		case whole && len(same) >= all:
			fault.Problem = fmt.Sprintf("the whole column is wrong, %d cells: %s", len(same), fault.Problem)
		case whole:
			fault.Problem = fmt.Sprintf("the column is wrong, %d of %d cells: %s", len(same), all, fault.Problem)
		case fault.key == "" && len(same) > fewLines:
			fault.Problem += " (" + alsoIn(same) + ")"
		}
		out = append(out, fault)
	}
	return out
}
