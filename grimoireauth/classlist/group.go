package classlist

import (
	"errors"
	"regexp"
	"strings"
)

var groupsInBrackets = regexp.MustCompile(`\]\s*,\s*\[`)

// readGroups splits "[Tutorial 1], [Lab A]" as Moodle's gradebook writes it, and
// "Tutorial 1, Lab A" as its participants do.
func readGroups(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	var parts []string
	switch opens, closes := strings.HasPrefix(s, "["), strings.HasSuffix(s, "]"); {
	case opens && closes && len(s) > 1:
		parts = groupsInBrackets.Split(s[1:len(s)-1], -1)
	case opens:
		return nil, errors.New("the groups have a bracket that does not close")
	default:
		parts = strings.Split(s, ",")
	}
	var groups []string
	for _, part := range parts {
		switch part = trim(part); {
		case !isText(part):
			return nil, errors.New("a group has invisible characters, a line break, or is too long")
		case part != "":
			groups = append(groups, part)
		}
	}
	return groups, nil
}
