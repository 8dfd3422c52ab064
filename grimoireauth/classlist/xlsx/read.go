package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// The limits of a workbook, which is a zip archive and can be very much larger when it
// is unpacked. A thousand people take a hundred kilobytes packed and a megabyte unpacked.
const (
	maxFile     = 8 << 20
	maxUnpacked = 32 << 20 // of the parts that are read
	maxRatio    = 50       // of unpacked to packed bytes, beyond the first megabyte
	maxColumns  = 2000     // a gradebook has one for each thing that is graded
)

// Read reads a class list from the sheet of a workbook that has one, which is a sheet
// with a header that names a column of e-mail addresses. The columns, the rows and the
// faults are those of [classlist.Read]; lines are rows of the sheet. Hidden sheets and
// rows are not read, with a note. Two sheets with a list are a fault; [ReadSheet] reads
// one of them. Workbooks of Excel before 2007, and those with a password, are rejected.
//
// The error is a [classlist.Faults], the error of r, or describes the faults of the
// Config. It writes no files.
func Read(r io.Reader, config classlist.Config) (classlist.List, error) {
	return read(r, "", config)
}

// ReadSheet is [Read] for the sheet of this name, which must not be hidden.
func ReadSheet(r io.Reader, sheet string, config classlist.Config) (classlist.List, error) {
	return read(r, sheet, config)
}

func read(r io.Reader, name string, config classlist.Config) (classlist.List, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("xlsx: %w: read the list: %w", grimoireauth.ErrUnavailable, err)
	}
	switch {
	case len(raw) > maxFile:
		return nil, refuse(fmt.Sprintf("the file is larger than %d MB, and no class list is", maxFile>>20))
	case !bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		return nil, refuse("this is no workbook in the XLSX format, or it has a password: save it as XLSX without one")
	}
	b, err := open(raw)
	if errors.Is(err, errOpenDocument) {
		return nil, refuse(err.Error())
	} else if err != nil {
		return nil, refuse(broken)
	}
	notes := noted{config: config}
	chosen, problem, err := b.choose(name, config, &notes)
	switch {
	case err != nil:
		return nil, refuse(broken)
	case problem != "":
		return nil, refuse(problem)
	case chosen == nil:
		return classlist.FromTable(func(func(classlist.Record) bool) {}, config)
	}
	rows := sheetReader{book: b, sheet: *chosen}
	list, err := classlist.FromTable(func(yield func(classlist.Record) bool) {
		rows.each(func(row sheetRow) bool {
			if row.hidden && (notes.header || !classlist.IsHeader(row.cells, config)) {
				notes.hidden = append(notes.hidden, row.number)
				return true
			}
			notes.header = notes.header || len(row.cells) > 0
			return yield(classlist.Record{Line: row.number, Cells: row.cells, Unreadable: row.unreadable})
		})
	}, config)
	if rows.err != nil {
		return nil, refuse(broken)
	}
	notes.send(rows.hiddenColumns)
	if err == nil && len(rows.merged) > 0 {
		return nil, refuse(fmt.Sprintf("the cells %s are merged, and only the first of them has their value: take them apart", rows.merged[0]))
	}
	return list, err
}

const broken = "the workbook is damaged, or too large when it is unpacked: save it anew, or as CSV UTF-8"

var errBroken = errors.New(broken)

func refuse(problem string) error { return classlist.Faults{{Problem: problem}} }

// choose finds the sheet to read: the one with this name, or the one that has a list,
// or the first one that is not empty. It returns nil for a workbook without cells.
func (b *book) choose(name string, config classlist.Config, notes *noted) (chosen *sheet, problem string, err error) {
	var lists []sheet
	for i := range b.sheets {
		s := b.sheets[i]
		switch {
		case s.hidden && s.name == name:
			return nil, fmt.Sprintf("the sheet %.40q is hidden: show it", name), nil
		case s.hidden:
			notes.sheets = append(notes.sheets, s.name)
			continue
		case name != "" && s.name != name:
			continue
		case s.name == name:
			return &s, "", nil
		}
		first, err := b.firstRow(s, config)
		switch {
		case err != nil:
			return nil, "", err
		case first == nil:
			continue
		case classlist.IsHeader(first, config):
			lists = append(lists, s)
		}
		if chosen == nil {
			chosen = &s
		}
	}
	switch {
	case name != "":
		return nil, fmt.Sprintf("the workbook has no sheet %.40q", name), nil
	case len(lists) > 1:
		return nil, fmt.Sprintf("there are two sheets with a list, %.40q and %.40q: hide the one that does not count, or say which one does", lists[0].name, lists[1].name), nil
	case len(lists) == 1:
		return &lists[0], "", nil
	}
	return chosen, "", nil // reading its header returns the fault
}

// firstRow returns the first row that is not blank and is shown, or is the header.
func (b *book) firstRow(s sheet, config classlist.Config) (cells []string, err error) {
	rows := sheetReader{book: b, sheet: s}
	rows.each(func(row sheetRow) bool {
		if strings.TrimSpace(strings.Join(row.cells, "")) == "" || row.hidden && !classlist.IsHeader(row.cells, config) {
			return true
		}
		cells = row.cells
		return false
	})
	return cells, rows.err
}

// noted collects the hidden parts, for notes after the list was read.
type noted struct {
	config classlist.Config
	sheets []string
	hidden []int // rows
	header bool  // the header was read
}

func (n *noted) send(columns []string) {
	if n.config.Note == nil {
		return
	}
	for _, name := range n.sheets {
		n.config.Note(classlist.Note{Text: fmt.Sprintf("the sheet %.40q is hidden, and was not read", name)})
	}
	if rows := len(n.hidden); rows > 0 {
		some := make([]string, 0, 10)
		for _, row := range n.hidden[:min(rows, 10)] {
			some = append(some, fmt.Sprint(row))
		}
		if rows > len(some) {
			some = append(some, "…")
		}
		what := fmt.Sprintf("%d rows are", rows)
		if rows == 1 {
			what = "1 row is"
		}
		n.config.Note(classlist.Note{Text: what + " hidden or filtered out, and were not read: " + strings.Join(some, ", ")})
	}
	for _, column := range columns {
		n.config.Note(classlist.Note{Text: fmt.Sprintf("the column %s is hidden, and is read like the others", column)})
	}
}
