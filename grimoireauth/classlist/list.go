package classlist

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
)

// List is who should be in a class, in the order of the file. Each person is in it
// once.
type List []Row

// Row is one person of a list.
type Row struct {
	Line  int    // in the file, from 1; the first one if several lines are about the person
	Email string // in lower case
	Name  string // "First Last"; may be empty
	ID    string // the institution's number for them; may be empty
	// Role is the role that the list gives. RoleNone: it gives none, so a new member
	// becomes a student, and a member of the class keeps their role.
	Role grimoireauth.Role
	// Groups are tutorials, labs and sections, as [GroupsOf] returns them once the
	// list was applied. Nil: the list has none for this person, and theirs stay.
	Groups []string
}

// maxRows bounds a list, far above the largest class, since every row is held in
// memory.
const maxRows = 20_000

// Record is one line of a table that was read from elsewhere, such as a workbook.
type Record struct {
	Line  int // from 1
	Cells []string
	// Unreadable has, by the index of a cell, the reason why its text is unknown, such
	// as a formula without a value. It is a fault if the column is read. Nil: Cells has
	// the text of every cell.
	Unreadable map[int]string
}

// FromRecords returns the List of a table that was read from elsewhere, given as line
// numbers and the cells of those lines. The first line that is not blank is the
// header. The error is a [Faults], or describes the faults of the Config.
func FromRecords(records iter.Seq2[int, []string], config Config) (List, error) {
	return FromTable(func(yield func(Record) bool) {
		for line, cells := range records {
			if !yield(Record{Line: line, Cells: cells}) {
				return
			}
		}
	}, config)
}

// FromTable is [FromRecords] for tables in which not every cell can be read.
func FromTable(records iter.Seq[Record], config Config) (List, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	t := table{config: config, words: config.vocabulary(), filled: make(map[string]int)}
	for record := range records {
		if !t.add(record) {
			break
		}
	}
	return t.finish()
}

// table collects the lines, the faults and the notes of a list while it is read.
type table struct {
	config  Config
	words   vocabulary
	columns *columns // nil until the header was read
	lines   int      // below the header
	entries []*entry
	filled  map[string]int // by header: how many lines have a value in that column
	faults  Faults
	notes   []Note
}

func (t *table) fault(line int, format string, args ...any) {
	t.faults = append(t.faults, Fault{Line: line, Problem: fmt.Sprintf(format, args...)})
}

func (t *table) note(line int, format string, args ...any) {
	t.notes = append(t.notes, Note{line, fmt.Sprintf(format, args...)})
}

// add reads one line. It returns false when the lines after it are not to be read.
func (t *table) add(record Record) bool {
	if isBlank(record.Cells) && record.Unreadable == nil {
		return true
	}
	if t.columns == nil {
		columns, notes, problems, missing := readHeader(record.Cells, t.config.namedColumns())
		if missing != "" {
			t.faults = append(t.faults, Fault{Line: record.Line, Cell: shortenedTo(80, visible(strings.Join(columns.names, ", "))), Problem: missing})
			return false
		}
		for _, problem := range problems {
			t.fault(record.Line, "%s", problem)
		}
		for _, note := range notes {
			t.note(0, "%s", note)
		}
		t.columns = columns
		return len(problems) == 0
	}
	if t.columns.isDecoration(record.Cells) {
		return true
	}
	if t.lines++; t.lines > maxRows {
		t.fault(record.Line, "the list has more than %d lines: no class is as large", maxRows)
		return false
	}
	if t.columns.isTestStudent(record.Cells) {
		t.note(record.Line, "passed over: the student that Canvas invents for testing")
		return true
	}
	t.entries = append(t.entries, t.columns.entry(record, t.words))
	if e := t.entries[len(t.entries)-1]; e.presence == listed || e.presence == doubtful {
		t.filled[t.columns.header(ColumnEmail)]++ // an empty address is a fault, too
		for kind := ColumnFirstName; kind < columnKinds; kind++ {
			if t.columns.cell(record.Cells, kind) != "" {
				t.filled[t.columns.header(kind)]++
			}
		}
	}
	return true
}

// finish joins the lines about one person into one row, and returns the rows or all
// faults of the list.
func (t *table) finish() (List, error) {
	t.splitSections()
	var rows List
	at := make(map[string]int) // the index in rows, by address
	ids := make(map[string]int)
	gone, again, absent := 0, 0, 0
	for _, e := range t.entries {
		switch e.presence {
		case left:
			gone++
			continue
		case passed:
			t.note(e.Line, "passed over: %s", e.word)
			absent++
			continue
		}
		t.faults = append(t.faults, e.faults...)
		for _, note := range e.notes {
			t.note(e.Line, "%s", note)
		}
		if e.Email == "" {
			continue
		}
		i, ok := at[e.Email]
		if !ok {
			i = len(rows)
			at[e.Email] = i
			rows = append(rows, e.Row)
		} else {
			again++
			t.join(&rows[i], e)
		}
		if id := e.ID; id != "" {
			if first, ok := ids[id]; ok && first != i {
				t.faults = append(t.faults, Fault{
					Line: e.Line, Column: t.columns.header(ColumnID), Cell: shortened(id),
					Problem: fmt.Sprintf("the same ID number as line %d, which has another e-mail address: correct one of the two", rows[first].Line),
				})
			}
			ids[id] = i
		}
	}
	if gone > 0 {
		t.note(0, "%s about people who have left", lines(gone))
	}
	if again > 0 {
		t.note(0, "%s about people of earlier lines, and joined with those", lines(again))
	}
	switch {
	case t.columns == nil && len(t.faults) == 0:
		t.fault(0, "the file is empty")
	case len(rows) == 0 && len(t.faults) == 0 && gone+absent > 0:
		t.fault(0, "the list has no person in it: %s about people who have left, and %d passed over", lines(gone), absent)
	case len(rows) == 0 && len(t.faults) == 0:
		t.fault(0, "the list has a header and no person in it")
	}
	t.sendNotes()
	if err := t.faults.merged(t.filled).orNil(); err != nil {
		return nil, err
	}
	return rows, nil
}

// join adds a line to the row of the same person, and records a fault where the two
// contradict each other.
func (t *table) join(row *Row, e *entry) {
	for _, field := range []struct {
		what   string
		column Column
		old    *string
		new    string
	}{
		{"name", ColumnName, &row.Name, e.Name}, {"ID number", ColumnID, &row.ID, e.ID},
	} {
		switch {
		case field.new == "" || field.new == *field.old:
		case *field.old == "":
			*field.old = field.new
		default:
			t.faults = append(t.faults, Fault{
				Line: e.Line, Column: t.columns.header(field.column), Cell: shortened(field.new),
				Problem: fmt.Sprintf("the same e-mail address as line %d, and another %s: correct one of the two", row.Line, field.what),
			})
		}
	}
	switch {
	case e.Role == grimoireauth.RoleNone || e.Role == row.Role:
	case row.Role == grimoireauth.RoleNone:
		row.Role = e.Role
	default:
		t.fault(e.Line, "the same e-mail address as line %d, and %v instead of %v: correct one of the two", row.Line, e.Role, row.Role)
	}
	groups, err := cleanGroups(slices.Concat(row.Groups, e.Groups))
	if err != nil {
		t.fault(e.Line, "with those of line %d, %v", row.Line, err)
	}
	row.Groups = groups
}

// sendNotes calls the Config's Note with the notes, in the order of the file.
func (t *table) sendNotes() {
	if t.config.Note == nil {
		return
	}
	slices.SortStableFunc(t.notes, func(a, b Note) int { return cmp.Compare(a.Line, b.Line) })
	for _, note := range mergeNotes(t.notes) {
		t.config.Note(note)
	}
}

func isBlank(cells []string) bool {
	for _, cell := range cells {
		if text.Trim(cell) != "" {
			return false
		}
	}
	return true
}

// lines returns "1 line is" or "7 lines are".
func lines(n int) string {
	if n == 1 {
		return "1 line is"
	}
	return fmt.Sprintf("%d lines are", n)
}
