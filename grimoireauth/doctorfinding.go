package grimoireauth

import (
	"fmt"
	"io"
	"strings"
)

// Severity says how much a [Finding] matters. The zero Severity is
// [SeverityUnknown].
type Severity uint8

// The severities.
const (
	SeverityUnknown Severity = iota // nobody could find out, mostly because of an outage
	SeverityOK
	SeverityWarning // it works, and probably not as somebody meant
	SeverityFault   // something cannot work, or keeps people out who should get in
)

// String returns the severity in lower case.
func (s Severity) String() string {
	switch s {
	case SeverityUnknown:
		return "unknown"
	case SeverityOK:
		return "ok"
	case SeverityWarning:
		return "warning"
	case SeverityFault:
		return "fault"
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// Finding is one thing that [Doctor] found. It holds ids, slugs and fixed words:
// no secret, no name and no address. The codes of faults and warnings:
//
//   - Configuration: config-invalid, clock-behind.
//   - Project: project-unknown, secret-refused, wrong-environment, not-b2b,
//     project-refused, keys-unusable.
//   - Roles: role-not-in-policy, role-read-only, role-without-name,
//     members-are-nobody.
//   - Class: class-id-invalid, slug-invalid, class-not-found, class-archived.
//   - Signing in: no-methods, no-second-factors, public-token-needed,
//     public-token-missing, sso-only-unconnected, sso-unconnected,
//     connection-unfinished, default-connection-missing, default-connection-unusable.
//   - Joining: sso-joining-closed, email-joining-closed, invitations-closed,
//     tenant-joining-closed.
//   - People: no-instructor, role-unknown, oidc-without-roles.
type Finding struct {
	Severity Severity
	// Code is a word that stays the same. Of faults and warnings it says what is
	// wrong. Of what is well, and of what nobody could find out, it is the name of the
	// check: "configuration", "keys", "secret", "roles", "limits", "class" or, from a Guard of package
	// middleware, "client-address".
	Code  string
	Class ClassID // empty: it is about the project, or about a class that was not found
	// Problem says in one sentence what there is, and Remedy in another what to do.
	// Remedy is empty if all is well.
	Problem, Remedy string
	// Err is the error of the call that told; its text is safe to print. Nil if no
	// call failed.
	Err error
}

// Diagnosis is what [Doctor] found: the project first, then class by class, in the
// order of the [Checkup].
type Diagnosis []Finding

// Err returns nil unless there is a fault. Otherwise it matches [ErrInvalid] and
// names every fault. Nothing that could not be found out is one.
func (d Diagnosis) Err() error {
	var faults []string
	for _, f := range d {
		if f.Severity == SeverityFault {
			faults = append(faults, f.Code+": "+f.sentence())
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &Error{Op: "check the project", Kind: ErrInvalid, Err: detail(strings.Join(faults, "\n"))}
}

// String returns the findings as a table, with what to do below each, and a last
// line that counts them.
func (d Diagnosis) String() string {
	var b strings.Builder
	width := 0
	for _, f := range d {
		width = max(width, len(f.Code))
	}
	count := make(map[Severity]int)
	for _, f := range d {
		count[f.Severity]++
		fmt.Fprintf(&b, "%-7s  %-*s  %s\n", f.Severity, width, f.Code, f.sentence())
		if f.Remedy != "" {
			fmt.Fprintf(&b, "%-7s  %-*s  -> %s\n", "", width, "", f.Remedy)
		}
	}
	fmt.Fprintf(&b, "%d ok, %d warning, %d fault, %d unknown\n",
		count[SeverityOK], count[SeverityWarning], count[SeverityFault], count[SeverityUnknown])
	return b.String()
}

// WriteTo writes the table of [Diagnosis.String]. It implements [io.WriterTo].
func (d Diagnosis) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, d.String())
	return int64(n), err
}

// sentence is the problem with the class that has it.
func (f Finding) sentence() string {
	text := f.Problem
	if f.Class != "" {
		text = string(f.Class) + ": " + text
	}
	return text
}

// well is the finding of a check that found nothing wrong.
func well(check string, class ClassID, what string) Finding {
	return Finding{Severity: SeverityOK, Code: check, Class: class, Problem: what}
}

// catalogue is everything that can be wrong, by code.
type catalogue map[string]struct {
	severity        Severity
	problem, remedy string // the problem is a format
}

// found returns the finding of this code. The arguments are for its problem.
func (c catalogue) found(code string, class ClassID, arguments ...any) Finding {
	symptom := c[code]
	return Finding{
		Severity: symptom.severity, Code: code, Class: class,
		Problem: fmt.Sprintf(symptom.problem, arguments...), Remedy: symptom.remedy,
	}
}
