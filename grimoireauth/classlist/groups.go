package classlist

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text/nfc"
)

// GroupsOf returns the groups of a member (tutorials, labs, sections) that an import
// has written, or nil. With [SharesGroup] an application can show a student's work to
// the tutors of the same groups only, for example.
func GroupsOf(m grimoireauth.Member) []string {
	switch groups := m.Metadata[GroupsKey].(type) {
	case []string:
		return slices.Clone(groups)
	case []any:
		var out []string
		for _, group := range groups {
			if name, ok := group.(string); ok {
				out = append(out, name)
			}
		}
		return out
	}
	return nil
}

// SharesGroup reports whether two members of one class have a group in common.
func SharesGroup(a, b grimoireauth.Member) bool {
	others := GroupsOf(b)
	return a.Class == b.Class && slices.ContainsFunc(GroupsOf(a), func(group string) bool { return slices.Contains(others, group) })
}

// bracketedGroups returns groups as one text, sorted, to show and to compare them.
func bracketedGroups(groups []string) string {
	if len(groups) == 0 {
		return ""
	}
	return "[" + strings.Join(slices.Sorted(slices.Values(groups)), "], [") + "]"
}

// readGroups splits "[Tutorial 1], [Lab A]" and "Tutorial 1, Lab A".
func readGroups(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	switch opens, closes := strings.HasPrefix(s, "["), strings.HasSuffix(s, "]"); {
	case opens && closes && len(s) > 1:
		return cleanGroups(inBrackets(s[1 : len(s)-1]))
	case opens:
		return nil, errors.New("the groups have a bracket that does not close: close it")
	}
	return cleanGroups(strings.Split(s, ","))
}

// inBrackets splits "Tutorial 1], [Lab A" at each closing bracket that is followed by
// a comma and an opening one. Other brackets are part of a name.
func inBrackets(s string) []string {
	var parts []string
	for from := 0; ; {
		closes := strings.IndexByte(s[from:], ']')
		if closes < 0 {
			return append(parts, s)
		}
		closes += from
		after := strings.TrimLeft(s[closes+1:], " \t")
		next, comma := strings.CutPrefix(after, ",")
		next, opens := strings.CutPrefix(strings.TrimLeft(next, " \t"), "[")
		if !comma || !opens {
			from = closes + 1
			continue
		}
		parts, s, from = append(parts, s[:closes]), next, 0
	}
}

// maxGroups bounds the groups of one person, in bytes of JSON: Stytch stores 4 KB of
// metadata for a member, and the application may have data of its own there.
const maxGroups = 2048

func cleanGroups(parts []string) ([]string, error) {
	var groups []string
	bytes := 0
	for _, part := range parts {
		group, err := nfc.Name(part)
		switch {
		case err != nil:
			return nil, nameFault("groups", err)
		case group == "" || slices.Contains(groups, group):
			continue
		}
		groups = append(groups, strings.Clone(group))
		if bytes += len(group) + len(`"",`); bytes > maxGroups {
			break
		}
	}
	if 6*bytes <= maxGroups { // JSON escapes a byte in six bytes at most
		return groups, nil
	}
	if encoded, err := json.Marshal(groups); err != nil || len(encoded) > maxGroups || bytes > maxGroups {
		return nil, fmt.Errorf("the groups are longer than the %d bytes that are kept of them: shorten their names", maxGroups)
	}
	return groups, nil
}

// sentences splits Canvas's sentences about the sections of a student ("A", "A and B"
// or "A, B, and C", in the teacher's language) by the names of known sections.
type sentences struct {
	known []string // longest first
}

const (
	maxConjunction = 12  // characters of the word between the last two sections
	maxKnown       = 300 // sections that are taken from the list itself, the shortest ones
)

// newSentences takes the sections that the Config names, and the texts of the list,
// the shortest of which are single sections.
func newSentences(named, texts map[string]bool) sentences {
	learnt := slices.SortedFunc(maps.Keys(texts), func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) })
	learnt = slices.DeleteFunc(learnt, func(text string) bool { return named[text] || text == "" })
	s := sentences{known: slices.Concat(slices.Collect(maps.Keys(named)), learnt[:min(len(learnt), maxKnown)])}
	slices.SortFunc(s.known, func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	return s
}

// split returns the sections of a sentence, or nil if it cannot be split.
func (s sentences) split(sentence string) []string {
	dead := make(map[int]bool) // lengths of the rests that cannot be split
	for _, first := range s.known {
		rest, ok := strings.CutPrefix(sentence, first)
		if !ok || rest == "" {
			continue
		}
		if tail := s.rest(rest, dead); tail != nil {
			return append([]string{first}, tail...)
		}
	}
	return nil
}

// rest splits the text after a section: a comma and more sections, or a conjunction
// and the last section.
func (s sentences) rest(text string, dead map[int]bool) []string {
	if dead[len(text)] {
		return nil
	}
	for _, comma := range []string{", ", "、", "، "} {
		after, ok := strings.CutPrefix(text, comma)
		if !ok {
			continue
		}
		for _, section := range s.known {
			if more, ok := strings.CutPrefix(after, section); ok && more != "" {
				if tail := s.rest(more, dead); tail != nil {
					return append([]string{section}, tail...)
				}
			}
		}
	}
	for _, section := range s.known {
		if between, ok := strings.CutSuffix(text, section); ok && isConjunction(between) {
			return []string{section}
		}
	}
	dead[len(text)] = true
	return nil
}

// isConjunction reports whether a text can be ", and " in some language: one word,
// perhaps after a comma. Two words can be an unknown section.
func isConjunction(s string) bool {
	word := strings.TrimLeft(s, ",、،")
	if word == "" || utf8.RuneCountInString(word) > maxConjunction || strings.ContainsAny(word, ",、،0123456789") {
		return false
	}
	return len(strings.Fields(word)) == 1 && (word[0] == ' ' && word[len(word)-1] == ' ' || word[0] >= 0x80)
}

// looksJoined reports whether a sentence that could not be split may have several
// sections.
func (s sentences) looksJoined(sentence string) bool {
	if strings.ContainsAny(sentence, ",、،") {
		return true
	}
	for _, word := range []string{" and ", " et ", " und ", " y ", " e ", " en ", " og ", " och ", " i ", " и "} {
		if strings.Contains(sentence, word) {
			return true
		}
	}
	return slices.ContainsFunc(s.known, func(section string) bool {
		return section != sentence && (strings.HasPrefix(sentence, section+" ") || strings.HasSuffix(sentence, " "+section))
	})
}

// splitSections splits Canvas's sentences about sections, after all lines were read.
func (t *table) splitSections() {
	if t.columns == nil || !t.columns.canvas {
		return
	}
	named, texts := make(map[string]bool), make(map[string]bool)
	for _, group := range t.config.Groups {
		if name, err := nfc.Name(group); err == nil && name != "" {
			named[name] = true
		}
	}
	cells := make(map[string]string)
	for _, e := range t.entries {
		if _, ok := cells[e.sections]; !ok && e.sections != "" {
			cells[e.sections], _ = nfc.Name(e.sections)
			texts[cells[e.sections]] = true
		}
	}
	s := newSentences(named, texts)
	parts := make(map[string][]string)
	for _, name := range cells {
		if name != "" && !named[name] {
			parts[name] = s.split(name)
		}
	}
	for _, e := range t.entries {
		if e.sections == "" {
			continue
		}
		name := cells[e.sections]
		groups := parts[name]
		if groups == nil {
			groups = []string{e.sections}
			if !named[name] && s.looksJoined(name) {
				e.notes = append(e.notes, fmt.Sprintf("the sections %q may be several, and were kept as one, since their names are not known", shortened(name)))
			}
		}
		clean, err := cleanGroups(groups)
		e.Groups = clean
		e.fault(t.columns, ColumnGroups, visible(e.sections), "", err)
	}
}
