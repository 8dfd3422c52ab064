package xlsx

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
)

// sheetRow is one row of a sheet that is not empty.
type sheetRow struct {
	number     int
	hidden     bool
	cells      []string
	unreadable map[int]string // by column: why the text of a cell is not known
}

// sheetReader reads the rows of one sheet.
type sheetReader struct {
	book          *book
	sheet         sheet
	hiddenColumns []string // letters
	merged        []string // ranges of cells in several rows that show one value
	err           error
}

// each calls do with the rows in their order, until it returns false.
func (r *sheetReader) each(do func(sheetRow) bool) {
	last, allHidden := 0, false
	r.err = r.book.each(r.sheet.part, func(x *reader, start xml.StartElement) error {
		switch start.Name.Local {
		case "sheetFormatPr":
			allHidden = isTrue(attr(start, "zeroHeight"))
		case "col":
			r.hideColumns(start)
		case "mergeCell":
			from, to, _ := strings.Cut(attr(start, "ref"), ":")
			if strings.TrimLeft(from, lettersOfColumns) != strings.TrimLeft(to, lettersOfColumns) {
				r.merged = append(r.merged, attr(start, "ref"))
			}
		case "row":
			row := sheetRow{number: last + 1, hidden: isTrue(attr(start, "hidden"))}
			if at := attr(start, "r"); at != "" {
				number, err := strconv.Atoi(at)
				if err != nil || number <= last || number > 1<<20 {
					return errBroken
				}
				row.number = number
			}
			if allHidden && attr(start, "ht") == "" {
				row.hidden = true
			}
			last = row.number
			if err := r.readRow(x, &row); err != nil {
				return err
			}
			if len(row.cells) > 0 && !do(row) {
				return errStop
			}
		}
		return nil
	})
}

func isTrue(s string) bool { return s == "1" || s == "true" }

func (r *sheetReader) hideColumns(start xml.StartElement) {
	from, _ := strconv.Atoi(attr(start, "min"))
	to, _ := strconv.Atoi(attr(start, "max"))
	if !isTrue(attr(start, "hidden")) || from < 1 || to > maxColumns {
		return // some people hide all columns to the right of a list
	}
	for column := from; column <= to; column++ {
		r.hiddenColumns = append(r.hiddenColumns, letters(column))
	}
}

const lettersOfColumns = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$"

// letters is the name of a column, from 1.
func letters(column int) string {
	name := ""
	for ; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// columnOf returns the column of "B5", from 1, or 0 for a text of another form.
func columnOf(cell string) int {
	column := 0
	for i := range len(cell) {
		c := cell[i]
		switch {
		case c >= 'A' && c <= 'Z':
			column = column*26 + int(c-'A') + 1
		case c >= 'a' && c <= 'z':
			column = column*26 + int(c-'a') + 1
		case i == 0 || c < '0' || c > '9':
			return 0
		default:
			return column
		}
		if column > 1<<14 {
			return 0
		}
	}
	return column
}

// readRow reads the cells of a row up to its end.
func (r *sheetReader) readRow(x *reader, row *sheetRow) error {
	column := 0
	for {
		token, err := x.RawToken()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.EndElement:
			if token.Name.Local == "row" {
				return nil
			}
		case xml.StartElement:
			if token.Name.Local != "c" {
				continue
			}
			column++
			if at := attr(token, "r"); at != "" {
				if column = columnOf(at); column == 0 {
					return errBroken
				}
			}
			text, why, err := r.readCell(x, token)
			if err != nil {
				return err
			}
			if text == "" && why == "" {
				continue
			}
			if column > maxColumns {
				return errBroken
			}
			for len(row.cells) < column {
				row.cells = append(row.cells, "")
			}
			if row.cells[column-1] = text; why != "" {
				if row.unreadable == nil {
					row.unreadable = make(map[int]string)
				}
				row.unreadable[column-1] = why
			}
		}
	}
}

// readCell returns the text that a cell shows, or why it is not known.
func (r *sheetReader) readCell(x *reader, start xml.StartElement) (text, why string, err error) {
	kind := attr(start, "t")
	value, formula, valued := "", false, false
	for {
		token, err := x.RawToken()
		if err != nil {
			return "", "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "f":
				formula = true
				if _, err := x.value("f"); err != nil {
					return "", "", err
				}
			case "v":
				valued = true
				if value, err = x.value("v"); err != nil {
					return "", "", err
				}
			case "is":
				valued = true
				if value, err = x.text("is"); err != nil {
					return "", "", err
				}
			}
			continue
		case xml.EndElement:
			if token.Name.Local != "c" {
				continue
			}
		default:
			continue
		}
		break
	}
	if formula && !valued {
		return "", "this is a formula whose value is not in the file: open the workbook in a spreadsheet program, save it, and try again", nil
	}
	format := "General"
	if style, err := strconv.Atoi(attr(start, "s")); err == nil && style >= 0 && style < len(r.book.formats) {
		format = r.book.formats[style]
	}
	if sections := strings.Split(format, ";"); len(sections) == 4 && sections[3] == "" && value != "" && (kind == "s" || kind == "str" || kind == "inlineStr") {
		return "", undecided(format), nil // the fourth section is how text is shown
	}
	switch kind {
	case "s":
		index, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || index < 0 || index >= len(r.book.texts) {
			return "", "", errBroken
		}
		return r.book.texts[index], "", nil
	case "str":
		return unescaped(value), "", nil
	case "inlineStr":
		return value, "", nil
	case "b":
		return map[bool]string{true: "TRUE", false: "FALSE"}[isTrue(value)], "", nil
	case "e":
		return "", "the cell shows the error " + value[:min(len(value), 20)] + ": correct it", nil
	case "d":
		return "", "this is a date", nil
	}
	if value == "" {
		return "", "", nil
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return "", "", errBroken
	}
	text, why = shown(number, format)
	return text, why, nil
}
