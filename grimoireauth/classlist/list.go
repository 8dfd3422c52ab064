package classlist

import (
	"iter"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// List is who should be in a class, in the order of the file. Each person is in it
// once.
type List []Row

// Row is one person of a list.
type Row struct {
	Line  int    // of the file, from 1; of several lines about one person the first
	Email string // in lower case
	Name  string // "First Last"; may be empty
	ID    string // the institution's number for them; may be empty
	// Role is what the list says they are; RoleNone if it does not say. Then new
	// people become students, and people of the class stay what they are.
	Role grimoireauth.Role
	// Groups are tutorials, labs and sections, as [GroupsOf] returns them once the
	// list was applied. Nil: the list does not say.
	Groups []string
}

// maxRows bounds a list. It is twenty times the largest class that was ever
// heard of.
const maxRows = 20_000

// Record is one line of a table that was read from elsewhere, such as a workbook.
type Record struct {
	Line  int // from 1
	Cells []string
	// Unreadable says, by the index of a cell, why it cannot be told what a person
	// sees there, such as a formula without a value. It is a fault if the column is
	// one that is read. Nil: every cell is as a person sees it.
	Unreadable map[int]string
}

// FromRecords makes a List of a table that was read from elsewhere. It ranges over
// line numbers and the cells of those lines; the first line with anything in it is
// the header. Its error is a [Faults], or says what is wrong with the Config.
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
