package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// options has all differences between the demonstration, a test and a real class, so that
// the import is the same code for them.
type options struct {
	projectID string
	secret    grimoireauth.Secret
	stytchURL string            // empty: Stytch's own
	transport http.RoundTripper // nil: the network
	class     grimoireauth.ClassID
	name      string // what messages call the list
	open      func() (io.ReadCloser, error)
	enrolled  func() (io.ReadCloser, error) // enrollments.csv, if the list is a users.csv
	of        string                        // the class's id there
	config    classlist.Config
	apply     bool
	sample    bool // the demonstration with its own list
}

// flags has the values of the command line.
type flags struct {
	file, class, as, stytch string
	enrollments, of         string
	columns                 map[string]classlist.Column
	passOver, active        []string
	mostRemoved             float64
	apply                   bool
}

// columnWords are the names of columns on the command line.
var columnWords = map[string]classlist.Column{
	"email": classlist.ColumnEmail, "first": classlist.ColumnFirstName, "last": classlist.ColumnLastName, "name": classlist.ColumnName,
	"id": classlist.ColumnID, "role": classlist.ColumnRole, "groups": classlist.ColumnGroups, "status": classlist.ColumnStatus,
	"ignored": classlist.ColumnIgnored,
}

// column reads "E-Mail-Adresse=email".
func (f *flags) column(text string) error {
	at := strings.LastIndex(text, "=")
	if at <= 0 {
		return errors.New("it is of the form header=email")
	}
	column, ok := columnWords[text[at+1:]]
	if !ok {
		return errors.New("after the = stands email, first, last, name, id, role, groups, status or ignored")
	}
	if f.columns == nil {
		f.columns = make(map[string]classlist.Column)
	}
	f.columns[text[:at]] = column
	return nil
}

// readFlags parses the command line. Package flag writes errors to usage.
func readFlags(args []string, usage io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("roster", flag.ContinueOnError)
	set.SetOutput(usage)
	set.StringVar(&f.file, "file", "", "the class `list`, a CSV file from Moodle or Canvas; offline there is a sample")
	set.StringVar(&f.enrollments, "enrollments", "", "the enrollments.csv that belongs to a users.csv of OneRoster or Canvas, which -file names")
	set.StringVar(&f.of, "of", "", "the `id` of the class in enrollments.csv, if it has several")
	set.Func("column", "what a column is, as `header=email`: first, last, name, id, role, groups, status or ignored; can be repeated", f.column)
	set.Func("pass-over", "a `word` of the role or status column whose lines are about no member, such as observer; can be repeated", func(word string) error {
		f.passOver = append(f.passOver, word)
		return nil
	})
	set.Func("active", "a `word` of the status column for people who are in the class, such as invited; can be repeated", func(word string) error {
		f.active = append(f.active, word)
		return nil
	})
	set.StringVar(&f.class, "class", "", "with the real Stytch: the organization `id` or slug of the class")
	set.StringVar(&f.as, "as", "", "the `role` of the person who imports, student, tutor, instructor or coordinator: the list may give no higher one; offline: instructor")
	set.BoolVar(&f.apply, "apply", false, "carry the plan out; without it nothing is changed")
	set.Float64Var(&f.mostRemoved, "most-removed", 0, "the largest `share`, from 0 to 1, of the people added by imports that this one may remove; 0 is a fifth")
	set.StringVar(&f.stytch, "stytch", "", "with the credentials of another Stytch, such as fakestytch: its `URL`")
	if err := set.Parse(args); err != nil {
		return flags{}, err
	}
	if set.NArg() > 0 {
		err := fmt.Errorf("%.40q is no flag: give the list with -file", set.Arg(0))
		fmt.Fprintln(usage, "roster:", err)
		return flags{}, err
	}
	return f, nil
}

// readOptions chooses the real Stytch if its credentials are set, and the one in memory if
// they are not. One credential without the other is an error, since a demonstration could
// be taken for a real import. The error joins all faults.
func readOptions(f flags, getenv func(string) string) (options, error) {
	id, secret := getenv("STYTCH_PROJECT_ID"), getenv("STYTCH_SECRET")
	demo := id == "" && secret == ""
	o := options{
		projectID: id, secret: grimoireauth.NewSecret(secret), stytchURL: f.stytch,
		class: grimoireauth.ClassID(f.class), apply: f.apply,
		name: f.file, open: func() (io.ReadCloser, error) { return os.Open(f.file) },
		config: classlist.Config{MostRemoved: f.mostRemoved, Columns: f.columns, PassOver: f.passOver, Active: f.active},
		of:     f.of,
	}
	if f.enrollments != "" {
		o.enrolled = func() (io.ReadCloser, error) { return os.Open(f.enrollments) }
	}
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New(text))
		}
	}
	fault(!demo && id == "", "STYTCH_SECRET is set and STYTCH_PROJECT_ID is not: set both for the real Stytch, or neither to run offline")
	fault(!demo && secret == "", "STYTCH_PROJECT_ID is set and STYTCH_SECRET is not: set both for the real Stytch, or neither to run offline")
	fault(demo && f.class != "", "-class is for the real Stytch: set STYTCH_PROJECT_ID and STYTCH_SECRET as well")
	fault(demo && f.stytch != "", "-stytch needs the credentials of that Stytch in STYTCH_PROJECT_ID and STYTCH_SECRET")
	fault(!demo && f.class == "", "-class is missing: the organization id or slug of the class")
	fault(!demo && f.file == "", "-file is missing: the class list to import")
	fault(!demo && f.as == "", "-as is missing: the role of the person who imports, which is the highest that the list may give")
	fault(f.file == "" && f.enrollments != "", "-enrollments needs -file, the users.csv that belongs to it")
	fault(f.enrollments == "" && f.of != "", "-of needs -enrollments")
	fault(!(f.mostRemoved >= 0 && f.mostRemoved <= 1), "-most-removed is not from 0 to 1") // also NaN
	var err error
	if o.config.Highest, err = readRole(f.as); err != nil {
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil || !demo {
		return o, err
	}
	return newDemo(o)
}

// readRole returns the role of this name, and RoleNone for "". The limit prevents mistakes
// and not attacks: a person with the project's secret can make every change.
func readRole(name string) (grimoireauth.Role, error) {
	if name == "" {
		return grimoireauth.RoleNone, nil
	}
	for _, role := range []grimoireauth.Role{
		grimoireauth.RoleStudent, grimoireauth.RoleTutor, grimoireauth.RoleInstructor, grimoireauth.RoleCoordinator,
	} {
		if strings.EqualFold(name, role.String()) {
			return role, nil
		}
	}
	return grimoireauth.RoleNone, fmt.Errorf("-as %.40q is no role: it is student, tutor, instructor or coordinator", name)
}
