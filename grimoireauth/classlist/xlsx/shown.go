package xlsx

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// builtIn returns the built-in number format with this id, which workbooks do not
// contain. Dates and amounts get a name only, since such cells are faults.
// Source: ECMA-376, part 1, section 18.8.30.
func builtIn(id string) string {
	switch id {
	case "", "0":
		return "General"
	case "1":
		return "0"
	case "49":
		return "@"
	case "2":
		return "0.00"
	case "3":
		return "#,##0"
	case "4":
		return "#,##0.00"
	case "9":
		return "0%"
	case "11":
		return "0.00E+00"
	}
	return "number " + id
}

// shown returns the text that a cell with a number shows, for the formats that ID
// numbers have: digits, leading zeros, and letters and hyphens between. For every other
// format it returns why the text is not known. It ignores the width of the column.
func shown(number float64, format string) (text, why string) {
	if math.Abs(number) >= 1e15 {
		return "", "this number has more than 15 digits, which spreadsheet programs round: make the column text and type it anew"
	}
	whole := number == math.Trunc(number)
	switch format {
	case "", "General", "GENERAL", "general", "@":
		if whole {
			return strconv.FormatInt(int64(number), 10), ""
		}
		return strconv.FormatFloat(number, 'f', -1, 64), ""
	}
	if pattern, ok := digitsOf(format); ok && whole && number >= 0 {
		return fill(pattern, strconv.FormatInt(int64(number), 10)), ""
	}
	return "", undecided(format)
}

func undecided(format string) string {
	return fmt.Sprintf("what the cell shows in the number format %q cannot be told: make the column text", format[:min(len(format), 30)])
}

// place is a character of a number format: one that is shown, or a place for a digit.
type place struct {
	char  rune
	digit bool // '0' shows a zero if there is no digit, '#' nothing
}

// digitsOf reads a format that has only places for digits and characters between them.
// It returns false for other formats, such as those with a condition, a colour, a
// decimal point, groups of thousands or a date.
func digitsOf(format string) (pattern []place, ok bool) {
	section, _, _ := strings.Cut(format, ";") // the first is for numbers from zero
	places := 0
	runes := []rune(section)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; c {
		case '0', '#':
			places++
			pattern = append(pattern, place{c, true})
		case '-', ' ', '(', ')', ':', '/':
			pattern = append(pattern, place{c, false})
		case '\\':
			if i++; i == len(runes) {
				return nil, false
			}
			pattern = append(pattern, place{runes[i], false})
		case '"':
			for i++; ; i++ {
				if i == len(runes) {
					return nil, false
				}
				if runes[i] == '"' {
					break
				}
				pattern = append(pattern, place{runes[i], false})
			}
		default:
			return nil, false
		}
	}
	return pattern, places > 0
}

// fill writes digits into the places, from the right; digits without a place come before
// the first one.
func fill(pattern []place, digits string) string {
	left := 0
	for _, p := range pattern {
		if p.digit {
			left++
		}
	}
	var b strings.Builder
	for _, p := range pattern {
		if !p.digit {
			b.WriteRune(p.char)
			continue
		}
		if len(digits) > left {
			more := len(digits) - left
			b.WriteString(digits[:more])
			digits = digits[more:]
		}
		switch {
		case len(digits) == left:
			b.WriteByte(digits[0])
			digits = digits[1:]
		case p.char == '0':
			b.WriteByte('0')
		}
		left--
	}
	return b.String()
}
