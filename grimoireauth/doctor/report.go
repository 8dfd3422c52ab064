package doctor

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Report is what [Check] found: the project first, then class by class, in the
// order of the [Options].
type Report []grimoireauth.Finding

// opCheck is what errors and events call the check.
const opCheck = "check the project"

// Err returns nil unless there is a fault, or classes were left out although Stytch answers.
// With a fault it matches [grimoireauth.ErrInvalid] and names every fault. Nothing that could
// not be found out is one. With classes that were left out, because the time was over or the
// check was cancelled, it matches [ErrIncomplete] and says how many.
func (d Report) Err() error {
	var faults []string
	for _, f := range d {
		if f.Severity == grimoireauth.SeverityFault {
			faults = append(faults, f.Code+": "+sentence(f))
		}
	}
	var errs []error
	if len(faults) > 0 {
		errs = append(errs, &grimoireauth.Error{Op: opCheck, Kind: grimoireauth.ErrInvalid, Detail: strings.Join(faults, "\n")})
	}
	for _, f := range d {
		if errors.Is(f.Err, ErrIncomplete) {
			errs = append(errs, fmt.Errorf("%s: %s: %w", opCheck, sentence(f), f.Err))
		}
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// screen is the width of a narrow terminal.
const screen = 80

// String returns the findings, with what to do below each, and a last line that counts
// them. No line is longer than 80 characters, unless a word is.
func (d Report) String() string {
	var b strings.Builder
	count := make(map[grimoireauth.Severity]int)
	for _, f := range d {
		count[f.Severity]++
		writeWrapped(&b, fmt.Sprintf("%-9s", f.Severity), "         ", f.Code+": "+sentence(f))
		if f.Remedy != "" {
			writeWrapped(&b, "         -> ", "            ", f.Remedy)
		}
	}
	fmt.Fprintf(&b, "%d ok, %d warning, %d fault, %d unknown\n",
		count[grimoireauth.SeverityOK], count[grimoireauth.SeverityWarning], count[grimoireauth.SeverityFault], count[grimoireauth.SeverityUnknown])
	return b.String()
}

// writeWrapped writes a text in lines. The first begins with first, the others with others,
// which is as long.
func writeWrapped(b *strings.Builder, first, others, text string) {
	b.WriteString(first)
	at := len(first)
	for i, word := range strings.Fields(text) {
		width := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+width > screen:
			b.WriteString("\n" + others)
			at = len(others)
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += width
	}
	b.WriteByte('\n')
}

// WriteTo writes the table of [Report.String]. It implements [io.WriterTo].
func (d Report) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, d.String())
	return int64(n), err
}

// sentence is the problem with the class that has it.
func sentence(f grimoireauth.Finding) string {
	text := f.Problem
	if f.Class != "" {
		text = string(f.Class) + ": " + text
	}
	return text
}

// well is the finding of a check that found nothing wrong.
func well(check string, class grimoireauth.ClassID, what string) grimoireauth.Finding {
	return grimoireauth.Finding{Severity: grimoireauth.SeverityOK, Code: check, Class: class, Problem: what}
}

// catalogue is everything that can be wrong, by code.
type catalogue map[string]struct {
	severity        grimoireauth.Severity
	problem, remedy string // the problem is a format
}

// found returns the finding of this code. The arguments are for its problem.
func (c catalogue) found(code string, class grimoireauth.ClassID, arguments ...any) grimoireauth.Finding {
	symptom := c[code]
	return grimoireauth.Finding{
		Severity: symptom.severity, Code: code, Class: class,
		Problem: fmt.Sprintf(symptom.problem, arguments...), Remedy: symptom.remedy,
	}
}
