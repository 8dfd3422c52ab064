package scim

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// comparison is the one kind of filter that there is here: an attribute equals a value.
type comparison struct {
	attribute string // without the URN of the resource's own schema
	value     any    // a string or a bool
}

// matches compares a text or a flag. Texts are compared without regard to the case of
// ASCII letters, but for those that exact says (RFC 7643, 2.2).
func (f comparison) matches(value any, exact bool) bool {
	want, isText := f.value.(string)
	got, ok := value.(string)
	if !isText || !ok || exact {
		return f.value == value
	}
	return wire.FoldEmail(want) == wire.FoldEmail(got)
}

var (
	// attributeForm is attrPath of RFC 7644, figure 1, without a URN.
	attributeForm = regexp.MustCompile(`^[A-Za-z$][A-Za-z0-9_$-]*(\.[A-Za-z$][A-Za-z0-9_$-]*)?$`)
	operators     = map[string]bool{"eq": true, "ne": true, "co": true, "sw": true, "ew": true, "gt": true, "ge": true, "lt": true, "le": true, "pr": true}
)

// parseFilter reads a filter of RFC 7644, 3.4.2.2. What is no filter is 400, and a filter
// that says more than that an attribute equals a string or a flag is 501.
func parseFilter(text string) (comparison, error) {
	var none comparison
	wrong := func(why string) (comparison, error) {
		return none, invalid("invalidFilter", "The filter %.200q %s.", text, why)
	}
	more := func(what string) (comparison, error) {
		return none, beyond("%s in a filter; the filters are such as userName eq \"ada@example.edu\"", what)
	}
	rest := strings.TrimLeft(text, " ")
	if strings.HasPrefix(rest, "(") {
		return more("parentheses")
	}
	end := strings.IndexAny(rest, " [")
	if end < 0 {
		return wrong("has no operator")
	}
	name := withoutURN(rest[:end])
	if strings.EqualFold(name, "not") {
		return more("not")
	}
	if strings.HasPrefix(strings.ToLower(name), "urn:") {
		return more("an attribute of an extension")
	}
	if !attributeForm.MatchString(name) {
		return wrong("does not begin with an attribute")
	}
	if rest[end] == '[' {
		return more("brackets")
	}
	rest = strings.TrimLeft(rest[end:], " ")
	operator, rest, _ := strings.Cut(rest, " ")
	switch operator = strings.ToLower(operator); {
	case !operators[operator]:
		return wrong("has no operator behind the attribute")
	case operator != "eq":
		return more(operator)
	}
	decoder := json.NewDecoder(strings.NewReader(rest))
	var value any
	if decoder.Decode(&value) != nil {
		return wrong("has no value behind eq")
	}
	switch value.(type) {
	case string, bool:
	case nil, float64:
		return more("a value that is no string")
	default:
		return wrong("has no value behind eq")
	}
	rest = rest[decoder.InputOffset():]
	behind := strings.TrimLeft(rest, " ")
	word, _, _ := strings.Cut(strings.ToLower(behind), " ")
	switch {
	case behind == "":
		return comparison{attribute: name, value: value}, nil
	case behind != rest && (word == "and" || word == "or"):
		return more(word)
	}
	return wrong("has something behind the value")
}

// String writes the filter as parseFilter reads it.
func (f comparison) String() string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(f.value) != nil {
		return "" // a string or a bool is always JSON
	}
	return f.attribute + " eq " + strings.TrimSuffix(out.String(), "\n")
}

// withoutURN removes the URN of the resources' own schemas from the name of an attribute.
// Their names are case-insensitive, as all of SCIM's are.
func withoutURN(name string) string {
	for _, urn := range []string{userURN, groupURN} {
		if len(name) > len(urn) && strings.EqualFold(name[:len(urn)], urn) && name[len(urn)] == ':' {
			return name[len(urn)+1:]
		}
	}
	return name
}
