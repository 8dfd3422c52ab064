package scim

import "strings"

// attributePath is the path of a PATCH operation: an attribute, which of its values, and
// an attribute within those.
type attributePath struct {
	steps  []string    // "name", "givenName"; the enterprise extension is a step of its own
	filter *comparison // of the values of the first step; nil: none
}

// parsePath reads a path of RFC 7644, figure 7, such as active, name.givenName,
// emails[type eq "work"].value, or the URN of the enterprise extension with an attribute.
func parsePath(text string) (attributePath, error) {
	var none attributePath
	wrong := func() (attributePath, error) { return none, invalid("invalidPath", "%.200q is no path.", text) }
	rest := withoutURN(text)
	var out attributePath
	if n := len(enterpriseURN); len(rest) >= n && strings.EqualFold(rest[:n], enterpriseURN) {
		out.steps = []string{enterpriseURN}
		if rest = rest[n:]; rest == "" {
			return out, nil
		}
		if rest[0] != ':' {
			return wrong()
		}
		rest = rest[1:]
	}
	name, behind, filtered := strings.Cut(rest, "[")
	if !filtered {
		if !attributeForm.MatchString(rest) {
			return wrong()
		}
		out.steps = append(out.steps, strings.Split(rest, ".")...)
		return out, nil
	}
	end := strings.LastIndexByte(behind, ']') // a value may have one too
	if end < 0 || len(out.steps) > 0 || !attributeForm.MatchString(name) || strings.Contains(name, ".") {
		return wrong()
	}
	filter, err := parseFilter(behind[:end])
	if err != nil {
		return none, err
	}
	out.steps, out.filter = append(out.steps, name), &filter
	switch sub, dotted := strings.CutPrefix(behind[end+1:], "."); {
	case behind[end+1:] == "":
	case !dotted || !attributeForm.MatchString(sub) || strings.Contains(sub, "."):
		return wrong()
	default:
		out.steps = append(out.steps, sub)
	}
	return out, nil
}

// String writes the path as parsePath reads it.
func (p attributePath) String() string {
	steps := p.steps
	if p.filter != nil {
		steps = append([]string{steps[0] + "[" + p.filter.String() + "]"}, steps[1:]...)
	}
	if steps[0] == enterpriseURN && len(steps) > 1 {
		return enterpriseURN + ":" + strings.Join(steps[1:], ".")
	}
	return strings.Join(steps, ".")
}

// resolve returns the attributes that the steps name, of a resource with these
// attributes; false if one is unknown.
func (p attributePath) resolve(all []attribute) ([]attribute, bool) {
	var out []attribute
	for _, step := range p.steps {
		a := attributeNamed(all, step)
		if a == nil {
			return nil, false
		}
		out, all = append(out, *a), a.sub
	}
	return out, true
}
