package classlist

import (
	"fmt"
	"iter"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// List is who should be in a class, in the order of the file.
type List []Row

// Row is one person of a list.
type Row struct {
	Line  int    // of the file, from 1
	Email string // in lower case
	Name  string // "First Last"; may be empty
	ID    string // the institution's number for them; may be empty
	// Role is what the list says they are; RoleNone if it does not say. Then new
	// people become students, and people of the class stay what they are.
	Role grimoireauth.Role
	// Groups are tutorials, labs and sections. Stytch has no place for them; they
	// are here for the application's own tables.
	Groups []string
}

// maxRows bounds a list. It is twenty times the largest class that was ever
// heard of.
const maxRows = 20_000

// FromRecords makes a List of a table that was read from elsewhere, such as a
// workbook. It ranges over line numbers and the cells of those lines; the first
// line with anything in it is the header. Its error is a [Faults], or says what
// is wrong with the Config.
func FromRecords(records iter.Seq2[int, []string], config Config) (List, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	t := table{config: config, emails: map[string]int{}, ids: map[string]int{}}
	for line, cells := range records {
		if !t.add(line, cells) {
			break
		}
	}
	return t.finish()
}

// table collects the rows and the faults of a list.
type table struct {
	config  Config
	columns *columns // nil until the header was read
	lines   int      // below the header
	rows    List
	faults  Faults
	emails  map[string]int // the line of each address
	ids     map[string]int // the line of each number
}

func (t *table) fault(line int, format string, args ...any) {
	t.faults = append(t.faults, Fault{Line: line, Problem: fmt.Sprintf(format, args...)})
}

// add takes one line. It returns false if the rest makes no sense to read.
func (t *table) add(line int, cells []string) bool {
	if isBlank(cells) {
		return true
	}
	if t.columns == nil {
		columns, problems := readHeader(cells)
		for _, problem := range problems {
			t.fault(line, "%s", problem)
		}
		t.columns = columns
		return len(problems) == 0
	}
	if t.lines++; t.lines > maxRows {
		t.fault(line, "the list has more than %d lines", maxRows)
		return false
	}
	t.addRow(line, cells)
	return true
}

func (t *table) addRow(line int, cells []string) {
	if t.columns.isDecoration(cells) {
		return
	}
	row, gone, problems := t.columns.row(line, cells, t.config)
	for _, problem := range problems {
		t.fault(line, "%s", problem)
	}
	if row.Email != "" {
		if first, ok := t.emails[row.Email]; ok {
			t.fault(line, "the same e-mail address as line %d", first)
		} else {
			t.emails[row.Email] = line
		}
	}
	if row.ID != "" {
		if first, ok := t.ids[row.ID]; ok {
			t.fault(line, "the same ID number as line %d", first)
		} else {
			t.ids[row.ID] = line
		}
	}
	if !gone && len(problems) == 0 {
		t.rows = append(t.rows, row)
	}
}

func (t *table) finish() (List, error) {
	switch {
	case t.columns == nil && len(t.faults) == 0:
		t.fault(0, "the file is empty")
	case len(t.rows) == 0 && len(t.faults) == 0:
		t.fault(0, "the list has a header and nobody in it")
	}
	if err := t.faults.orNil(); err != nil {
		return nil, err
	}
	return t.rows, nil
}

func isBlank(cells []string) bool {
	for _, cell := range cells {
		if trim(cell) != "" {
			return false
		}
	}
	return true
}
