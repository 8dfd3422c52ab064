package classlist

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
)

// maxFile bounds a file. A thousand people need a hundred kilobytes.
const maxFile = 8 << 20

// Read reads a class list in CSV, as the exporters of testdata/README.md write it.
// It detects the separator (comma, semicolon, tab, colon or bar), accepts headers in
// any case and order, and ignores blank lines, a byte order mark, a line "sep=;" and
// unknown columns. A cell ="00123456" is the text 00123456. The text must be UTF-8,
// and one column must have the e-mail addresses.
//
// Several lines about one person become one row, with the groups of all of them; a
// line whose status says that the person has left is ignored if there is another.
// Lines that contradict each other in the name, the number or the role are a fault.
//
// [Config.Note] gets a note about each line that is skipped. The error is a [Faults]
// with every fault of the file, the error of r, or describes the faults of the Config.
func Read(r io.Reader, config Config) (List, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	lines, err := open(r, config.namedColumns())
	if err != nil {
		return nil, err
	}
	list, err := FromTable(lines.records, config)
	if lines.broken == nil {
		return list, err
	}
	faults, _ := err.(Faults)
	if len(faults) > 0 && faults[0].Line == 0 {
		faults = nil // the list is empty only because of the broken line
	}
	return nil, append(faults, *lines.broken).orNil()
}

// open reads a file and detects how its lines are split.
func open(r io.Reader, named map[string]Column) (*csvLines, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("classlist: %w: read the list: %w", grimoireauth.ErrUnavailable, err)
	}
	if fault := checkText(raw); fault != nil {
		return nil, Faults{*fault}
	}
	whole := strings.TrimLeft(string(raw), "\ufeff")
	if !strings.Contains(whole, "\n") {
		whole = strings.ReplaceAll(whole, "\r", "\n") // old spreadsheet programs end lines with CR
	}
	return sniff(whole, named), nil
}

// checkText returns a fault, with advice, for a file that is not UTF-8 text.
func checkText(raw []byte) *Fault {
	refuse := func(line int, problem string) *Fault { return &Fault{Line: line, Problem: problem} }
	switch {
	case len(raw) > maxFile:
		return refuse(0, fmt.Sprintf("the file is larger than %d MB, and no class list is", maxFile>>20))
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")), bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0")):
		return refuse(0, "this is a workbook of a spreadsheet program: save it as CSV UTF-8")
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")), bytes.IndexByte(raw, 0) >= 0:
		return refuse(0, "the text is in UTF-16 or is no text at all: save it as CSV UTF-8")
	case utf8.Valid(raw):
		return nil
	}
	line := 1
	for at := 0; at < len(raw); {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size == 1 {
			break
		} else if r == '\n' {
			line++
		}
		at += size
	}
	return refuse(line, "the text is not in UTF-8, probably in Latin-1 or Windows-1252, so names would be garbled: save it as CSV UTF-8")
}

// separators are the characters that may separate cells, the most likely first.
// Moodle has a setting for the colon.
const separators = ",;\t:|"

// sniff detects the separator: the one that splits the header into the most known
// columns. If two are equal, a first line "sep=;", which is meant for Excel, decides.
func sniff(whole string, named map[string]Column) *csvLines {
	lines := &csvLines{rest: whole, line: 1}
	candidates := separators
	for lines.rest != "" {
		line, tail, _ := strings.Cut(lines.rest, "\n")
		line = strings.TrimSuffix(line, "\r")
		if mark, ok := separatorLine(line); ok {
			candidates = mark + strings.ReplaceAll(candidates, mark, "")
		} else if strings.Trim(line, separators+" \"\r") != "" {
			break
		}
		lines.rest = tail
		lines.line++
	}
	best := -1
	for _, candidate := range candidates {
		header := csvLines{rest: lines.rest, line: lines.line, separator: candidate}
		record, ok := header.next()
		if !ok {
			continue
		}
		if n := recognised(record.Cells, named); n > best {
			best, lines.separator = n, candidate
		}
	}
	if best < 0 {
		lines.separator = ',' // reading the header returns the fault
	}
	return lines
}

// separatorLine reads "sep=;" as Excel writes it, quoted, or with empty cells that
// another program has appended.
func separatorLine(line string) (mark string, ok bool) {
	line = strings.TrimLeft(strings.TrimLeft(line, " "), "\"")
	if len(line) < 4 || !strings.EqualFold(line[:4], "sep=") {
		return "", false
	}
	if line = line[4:]; line == "" || line[0] == '"' {
		return "\t", true // a program has trimmed the tab
	}
	if line[0] < 0x80 && line[0] != '\n' {
		return line[:1], true
	}
	return "", false
}

// csvLines splits a text into lines and cells by RFC 4180, and also accepts the text
// formulas of spreadsheet programs: ="00123456".
type csvLines struct {
	rest      string // the text that is not read yet
	line      int    // the number of its first line
	separator rune
	broken    *Fault // where and why reading stopped; nil if it did not
}

// records yields the lines until the end, or until one is broken.
func (l *csvLines) records(yield func(Record) bool) {
	for {
		record, ok := l.next()
		if !ok || !yield(record) {
			return
		}
	}
}

// next returns the next line, or false at the end of the text and at a broken line.
func (l *csvLines) next() (Record, bool) {
	if l.rest == "" {
		return Record{}, false
	}
	record := Record{Line: l.line}
	for {
		cell, ended, problem := l.cell(&record)
		if problem != "" {
			l.broken = &Fault{Line: l.line, Problem: problem}
			return Record{}, false
		}
		if record.Cells = append(record.Cells, cell); ended {
			return record, true
		}
	}
}

// cell removes one cell from the text, and reports whether it was the last of its line.
func (l *csvLines) cell(record *Record) (cell string, ended bool, problem string) {
	if strings.HasPrefix(l.rest, "=\"") {
		before := *l
		l.rest = l.rest[1:]
		if cell, ended, problem = l.quoted(); problem == "" {
			return cell, ended, ""
		}
		*l = before // the formula has more in it than a text
	}
	if strings.HasPrefix(l.rest, "\"") {
		cell, ended, problem = l.quoted()
	} else {
		end := strings.IndexFunc(l.rest, func(r rune) bool { return r == l.separator || r == '\n' })
		if end < 0 {
			end = len(l.rest)
		}
		cell = l.rest[:end]
		l.rest = l.rest[end:]
		ended = l.endOfCell()
		cell = strings.TrimSuffix(cell, "\r")
		if strings.Contains(cell, "\"") && !strings.HasPrefix(cell, "=") {
			l.line -= boolToInt(ended)
			return "", false, "there is a quotation mark in a cell that does not begin with one: put the whole cell in quotation marks, and double those inside"
		}
	}
	if shown := text.Trim(cell); strings.HasPrefix(shown, "=") {
		if value, ok := textFormula(shown); ok {
			return value, ended, problem
		}
		if record.Unreadable == nil {
			record.Unreadable = make(map[int]string)
		}
		record.Unreadable[len(record.Cells)] = "this is a formula, whose value is not in the file: put the value there"
	}
	return cell, ended, problem
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// textFormula returns the text of ="…".
func textFormula(cell string) (string, bool) {
	inner, ok := strings.CutPrefix(cell, "=\"")
	if !ok || !strings.HasSuffix(inner, "\"") {
		return "", false
	}
	inner = inner[:len(inner)-1]
	if strings.Contains(strings.ReplaceAll(inner, "\"\"", ""), "\"") {
		return "", false
	}
	return strings.ReplaceAll(inner, "\"\"", "\""), true
}

// quoted removes a cell in quotation marks from the text.
func (l *csvLines) quoted() (cell string, ended bool, problem string) {
	const unclosed = "a cell begins with a quotation mark, and what ends it is missing or followed by something else: double quotation marks inside of a cell"
	s, doubled := l.rest[1:], false
	for at := 0; ; {
		end := strings.IndexByte(s[at:], '"')
		if end < 0 {
			return "", false, unclosed
		}
		at += end + 1
		if strings.HasPrefix(s[at:], "\"") {
			doubled = true
			at++
			continue
		}
		cell = s[:at-1]
		l.rest = strings.TrimPrefix(s[at:], "\r")
		if l.rest != s[at:] && l.rest != "" && l.rest[0] != '\n' {
			return "", false, unclosed
		}
		break
	}
	if l.rest != "" && !strings.HasPrefix(l.rest, "\n") && !strings.HasPrefix(l.rest, string(l.separator)) {
		return "", false, unclosed
	}
	inside := strings.Count(cell, "\n")
	if doubled {
		cell = strings.ReplaceAll(cell, "\"\"", "\"")
	}
	ended = l.endOfCell()
	l.line += inside
	return cell, ended, ""
}

// endOfCell removes the separator or the line break from the text, and reports whether
// the line has ended.
func (l *csvLines) endOfCell() (ended bool) {
	switch {
	case l.rest == "":
		return true
	case l.rest[0] == '\n':
		l.rest = l.rest[1:]
		l.line++
		return true
	}
	l.rest = l.rest[len(string(l.separator)):]
	return false // an empty cell follows, even at the end of the text
}
