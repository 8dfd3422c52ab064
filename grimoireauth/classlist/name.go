package classlist

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds names and groups, in characters.
const maxName = 200

// name joins the parts of a name, or turns "Last, First" round.
func (c *columns) name(cells []string) (string, error) {
	name := trim(c.cell(cells, colFirst) + " " + c.cell(cells, colLast))
	if name == "" {
		name = inOrder(c.cell(cells, colName))
	}
	if name == "" {
		name = inOrder(c.cell(cells, colSortable))
	}
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == 0xa0 }), " ")
	if !isText(name) {
		return "", fmt.Errorf("the name has invisible characters, a line break, or more than %d letters", maxName)
	}
	return name, nil
}

// inOrder returns "Ada Lovelace" for "Lovelace, Ada". With two commas, as in
// "King, Jr., Martin", nobody can tell, so the name stays as it is.
func inOrder(name string) string {
	last, first, ok := strings.Cut(name, ",")
	if last, first = trim(last), trim(first); !ok || last == "" || first == "" || strings.Contains(first, ",") {
		return name
	}
	return first + " " + last
}

// isText reports whether a text can be shown in a line. Characters that turn the
// direction of writing could make one name look like another.
func isText(s string) bool {
	return utf8.RuneCountInString(s) <= maxName && strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError || r == 0x2028 || r == 0x2029
	}) < 0
}
