package classlist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// maxFile bounds a file. A thousand people need a hundred kilobytes.
const maxFile = 8 << 20

// Read reads a class list in CSV. It finds out by itself whether commas,
// semicolons or tabs separate the cells, takes headers in any case and order,
// and passes over blank lines, a byte order mark and columns it does not know.
// The text must be UTF-8. What it needs is a column with the e-mail address.
//
// Its error is a [Faults] with every fault of the file, the error of r, or says
// what is wrong with the Config.
func Read(r io.Reader, config Config) (List, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("classlist: %w: read the list: %w", grimoireauth.ErrUnavailable, err)
	}
	if fault := checkText(raw); fault != nil {
		return nil, Faults{*fault}
	}
	text := string(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")))
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n") // as old spreadsheets end lines
	}
	before, text, separator := sniff(text)

	records := csv.NewReader(strings.NewReader(text))
	records.Comma = separator
	records.FieldsPerRecord = -1 // the table compares each line with the header
	var broken *Fault
	list, err := FromRecords(func(yield func(int, []string) bool) {
		for {
			cells, err := records.Read()
			if err != nil {
				broken = csvFault(err, before)
				return
			}
			line, _ := records.FieldPos(0)
			if !yield(line+before, cells) {
				return
			}
		}
	}, config)
	if broken == nil {
		return list, err
	}
	var faults Faults
	if !errors.As(err, &faults) || faults[0].Line == 0 {
		faults = nil // that nobody was found follows from the broken line
	}
	return nil, append(faults, *broken).orNil()
}

// csvFault explains why the reader stopped, nil if it came to the end.
func csvFault(err error, before int) *Fault {
	if errors.Is(err, io.EOF) {
		return nil
	}
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return &Fault{Problem: "the list cannot be read"} // the text is in memory, so this does not happen
	}
	if errors.Is(parse.Err, csv.ErrBareQuote) {
		return &Fault{Line: parse.Line + before, Problem: "there is a quotation mark in a cell that does not begin with one"}
	}
	return &Fault{Line: parse.StartLine + before, Problem: "a cell begins with a quotation mark, and what ends it is missing or followed by something else"}
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
	}
	for at := 0; at < len(raw); {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size == 1 {
			line := 1 + bytes.Count(raw[:at], []byte("\n"))
			return refuse(line, "the text is not in UTF-8, probably in Latin-1 or Windows-1252, so names would be garbled: save it as CSV UTF-8")
		}
		at += size
	}
	return nil
}

// sniff finds what separates the cells: what makes the most of the header. Excel
// can say so itself, in a first line "sep=;". Before is how many lines were cut
// off the text.
func sniff(text string) (before int, rest string, separator rune) {
	for {
		line, tail, more := strings.Cut(text, "\n")
		if !more || strings.Trim(line, ",;\t \r") != "" {
			break
		}
		before, text = before+1, tail
	}
	first, tail, _ := strings.Cut(text, "\n")
	if mark, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(first)), "sep="); ok && len(mark) <= 1 {
		switch mark {
		case ",", ";":
			return before + 1, tail, rune(mark[0])
		case "": // a tab, which the trimming took
			return before + 1, tail, '\t'
		}
	}
	best := -1
	for _, candidate := range []rune{',', ';', '\t'} {
		records := csv.NewReader(strings.NewReader(text))
		records.Comma, records.FieldsPerRecord = candidate, -1
		cells, err := records.Read()
		if err != nil {
			continue
		}
		if n := recognised(cells); n > best {
			best, separator = n, candidate
		}
	}
	if best < 0 {
		separator = ',' // the reader will say what is wrong
	}
	return before, text, separator
}
