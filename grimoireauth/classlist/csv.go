package classlist

import (
	"strings"

	"github.com/promptgrimoire/auth/internal/text"
)

// csvLines splits a text into lines and cells, as RFC 4180 says, and takes the text
// formulas of spreadsheet programs as cells: ="00123456".
type csvLines struct {
	rest      string // what is not read yet
	line      int    // the number of its first line
	separator rune
	broken    *Fault // why the text could not be read to its end
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

// next returns the next line, or false at the end and where the text is broken.
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

// cell takes one cell off the text, and reports whether it was the last of its line.
func (l *csvLines) cell(record *Record) (cell string, ended bool, problem string) {
	if strings.HasPrefix(l.rest, "=\"") {
		before := *l
		l.rest = l.rest[1:]
		if cell, ended, problem = l.quoted(); problem == "" {
			return cell, ended, ""
		}
		*l = before // a formula that is more than a text
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

// quoted takes a cell in quotation marks off the text.
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

// endOfCell takes the separator or the line break off the text.
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
	if l.rest == "" {
		return false // an empty cell follows
	}
	return false
}
