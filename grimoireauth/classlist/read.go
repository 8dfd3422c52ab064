package classlist

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// maxFile bounds a file. A thousand people need a hundred kilobytes.
const maxFile = 8 << 20

// Read reads a class list in CSV, as the exporters of testdata/README.md write it.
// It finds out by itself which character separates the cells (comma, semicolon,
// tab, colon or bar), takes headers in any case and order, and passes over blank
// lines, a byte order mark, a line "sep=;" and columns it does not know. A cell
// ="00123456" is the text 00123456. The text must be UTF-8. What it needs is a column
// with the e-mail address.
//
// Several lines about one person are one row, with the groups of all of them; a line
// whose status says that they have left counts only if there is no other. Lines that
// contradict each other in the name, the number or the role are a fault.
//
// What is passed over is told to [Config.Note]. The error is a [Faults] with every
// fault of the file, the error of r, or says what is wrong with the Config.
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
		faults = nil // that the list is empty follows from the broken line
	}
	return nil, append(faults, *lines.broken).orNil()
}

// open reads a file and finds out how its lines are split.
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
		whole = strings.ReplaceAll(whole, "\r", "\n") // as old spreadsheets end lines
	}
	return sniff(whole, named), nil
}

// checkText refuses what is no UTF-8 text, in words that say what to do.
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

// separators are what may separate cells, the likeliest first. Moodle has a setting
// for the colon.
const separators = ",;\t:|"

// sniff finds what separates the cells: what makes the most of the header. A first
// line "sep=;", with which Excel is told, decides if two make as much of it.
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
		lines.separator = ',' // the reader will say what is wrong
	}
	return lines
}

// separatorLine reads "sep=;" as Excel writes it, quoted, or with what another
// program has added at its end.
func separatorLine(line string) (mark string, ok bool) {
	line = strings.TrimLeft(strings.TrimLeft(line, " "), "\"")
	if len(line) < 4 || !strings.EqualFold(line[:4], "sep=") {
		return "", false
	}
	if line = line[4:]; line == "" || line[0] == '"' {
		return "\t", true // it was trimmed on the way
	}
	if line[0] < 0x80 && line[0] != '\n' {
		return line[:1], true
	}
	return "", false
}
