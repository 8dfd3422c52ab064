package classlist

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/internal/text"
)

// ReadEnrolled reads the list of one class from two files of a school: users.csv,
// which has every person, and enrollments.csv, which says who is in which class. It
// reads OneRoster 1.1 and 1.2 (classSourcedId names the class), and Canvas's SIS
// export and provisioning report (course_id names it; the sections become groups).
//
// Class is the id of the class in enrollments.csv. It may be empty if the file has
// one class only. Line numbers are those of enrollments.csv. OneRoster's preferred
// names are used before the others, and its identifier is the ID number.
//
// The errors are those of [Read].
func ReadEnrolled(users, enrollments io.Reader, class string, config Config) (List, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	people, err := readFields(users, "users.csv")
	if err != nil {
		return nil, err
	}
	lines, err := readFields(enrollments, "enrollments.csv")
	if err != nil {
		return nil, err
	}
	kind, err := schoolFileOf(people, lines)
	if err != nil {
		return nil, err
	}
	if class, err = kind.class(lines, class); err != nil {
		return nil, err
	}
	byKey := make(map[string]int, len(people.rows))
	for i := range people.rows {
		key := people.field(i, kind.userKey)
		if at, ok := byKey[key]; !ok || kind.better(people, i, at) {
			byKey[key] = i
		}
	}
	var unknown Faults
	list, err := FromTable(func(yield func(Record) bool) {
		header := []string{"Email", "First name", "Last name", "ID number", "Role", "Groups", "Status"}
		if !yield(Record{Line: 1, Cells: header}) {
			return
		}
		for i, row := range lines.rows {
			if !slices.Contains(kind.classes(lines, i), class) {
				continue
			}
			key := lines.field(i, kind.memberKey)
			at, ok := byKey[key]
			if key == "" || !ok {
				unknown = append(unknown, Fault{Line: row.line, Column: lines.shown[kind.memberKey], Cell: shortened(key), Problem: "users.csv has no person with this id: export both files at one time"})
				continue
			}
			cells := kind.person(people, at)
			status := cmp.Or(kind.presence(people, at), lines.field(i, "status"))
			cells = append(cells, lines.field(i, "role"), bracketed(lines.field(i, kind.groupKey)), status)
			if !yield(Record{Line: row.line, Cells: cells}) {
				return
			}
		}
	}, config)
	if unknown != nil {
		faults, _ := err.(Faults)
		faults = slices.DeleteFunc(faults, func(f Fault) bool { return f.Line == 0 })
		return nil, append(faults, unknown...).orNil()
	}
	return list, err
}

// bracketed writes a section as one group, even if its name has a comma.
func bracketed(section string) string {
	if section == "" {
		return ""
	}
	return "[" + section + "]"
}

// fields is a file that a program has written, with its columns found by name.
type fields struct {
	at    map[string]int
	shown map[string]string // the names as the file spells them
	rows  []fieldRow
}

type fieldRow struct {
	line  int
	cells []string
}

// field returns a cell, or "" if the file has no such column.
func (f *fields) field(row int, name string) string {
	if at, ok := f.at[name]; ok && at < len(f.rows[row].cells) {
		return text.Trim(f.rows[row].cells[at])
	}
	return ""
}

func (f *fields) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { _, ok := f.at[name]; return !ok })
}

// maxSchool bounds the lines of a school's files.
const maxSchool = 200_000

func readFields(r io.Reader, what string) (*fields, error) {
	lines, err := open(r, nil)
	if err != nil {
		return nil, err
	}
	out := &fields{}
	lines.separator = ',' // both formats say so
	for record := range lines.records {
		switch {
		case isBlank(record.Cells):
		case out.at == nil:
			out.at, out.shown = make(map[string]int, len(record.Cells)), make(map[string]string, len(record.Cells))
			for i, name := range record.Cells {
				key := strings.ToLower(text.Trim(name))
				out.at[key], out.shown[key] = i, text.Trim(name)
			}
		case len(out.rows) == maxSchool:
			return nil, Faults{{Line: record.Line, Problem: fmt.Sprintf("%s has more than %d lines: export one class", what, maxSchool)}}
		default:
			out.rows = append(out.rows, fieldRow{record.Line, record.Cells})
		}
	}
	if lines.broken != nil {
		return nil, Faults{{Line: lines.broken.Line, Problem: what + ": " + lines.broken.Problem}}
	}
	if out.at == nil {
		return nil, Faults{{Problem: what + " is empty"}}
	}
	return out, nil
}

// schoolFile has the names of the columns in one format.
type schoolFile struct {
	userKey, memberKey string // of the person's id, by which the two files are joined
	classKey, groupKey string // of enrollments.csv
	oneRoster          bool
}

func schoolFileOf(people, lines *fields) (schoolFile, error) {
	switch {
	case people.has("sourcedid", "enableduser") && lines.has("usersourcedid", "classsourcedid"):
		return schoolFile{userKey: "sourcedid", memberKey: "usersourcedid", classKey: "classsourcedid", oneRoster: true}, nil
	case lines.has("sourcedid", "enableduser") || lines.has("email", "login_id"):
		return schoolFile{}, Faults{{Problem: "the two files are the wrong way round: users.csv has the people"}}
	case people.has("canvas_user_id", "email") && lines.has("canvas_user_id", "canvas_course_id"):
		// This id of Canvas's own is there for every person, the school's for some.
		return schoolFile{userKey: "canvas_user_id", memberKey: "canvas_user_id", classKey: "course_id", groupKey: "section_id"}, nil
	case people.has("user_id", "email") && lines.has("user_id", "course_id"):
		return schoolFile{userKey: "user_id", memberKey: "user_id", classKey: "course_id", groupKey: "section_id"}, nil
	}
	return schoolFile{}, Faults{{Problem: "these are not users.csv and enrollments.csv of OneRoster or Canvas: their columns are others"}}
}

// class returns the class if enrollments.csv has it, or the only one if none is named.
func (k schoolFile) class(lines *fields, class string) (string, error) {
	var all []string
	seen := make(map[string]bool)
	for i := range lines.rows {
		ids := k.classes(lines, i)
		if class != "" && slices.Contains(ids, class) {
			return class, nil
		}
		if len(ids) > 0 && !seen[ids[0]] {
			seen[ids[0]] = true
			all = append(all, ids[0])
		}
	}
	if class == "" && len(all) == 1 {
		return all[0], nil
	}
	some := all[:min(len(all), 10)]
	problem := fmt.Sprintf("enrollments.csv has %d classes: say which one is meant, such as %s", len(all), strings.Join(some, ", "))
	if class != "" {
		problem = fmt.Sprintf("enrollments.csv has no class %q; it has %d, such as %s", shortened(class), len(all), strings.Join(some, ", "))
	} else if len(all) == 0 {
		problem = "enrollments.csv has no lines"
	}
	return "", Faults{{Problem: problem}}
}

// classes returns the ids of a line's class: the school's and, in Canvas's report,
// Canvas's own.
func (k schoolFile) classes(lines *fields, i int) []string {
	ids := []string{lines.field(i, k.classKey), lines.field(i, "canvas_course_id")}
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

// better reports whether one record of a person is preferred to another: one that is
// not deleted, and one with the school's number. Canvas has a record for each login.
func (k schoolFile) better(people *fields, one, other int) bool {
	if gone := k.presence(people, other) != ""; gone != (k.presence(people, one) != "") {
		return gone
	}
	return !k.oneRoster && people.field(other, "user_id") == "" && people.field(one, "user_id") != ""
}

// person returns the address, the names and the number of a person.
func (k schoolFile) person(people *fields, at int) []string {
	email := people.field(at, "email")
	if k.oneRoster {
		return []string{
			email, cmp.Or(people.field(at, "preferredgivenname"), people.field(at, "givenname")),
			cmp.Or(people.field(at, "preferredfamilyname"), people.field(at, "familyname")), people.field(at, "identifier"),
		}
	}
	return []string{email, people.field(at, "first_name"), people.field(at, "last_name"), people.field(at, "user_id")}
}

// presence returns the status of a person who has left the school or may not sign
// in, and "" for others.
func (k schoolFile) presence(people *fields, at int) string {
	if status := people.field(at, "status"); statusWords[plain(status)] == left {
		return status
	}
	if k.oneRoster && strings.EqualFold(people.field(at, "enableduser"), "false") {
		return "suspended"
	}
	return ""
}
