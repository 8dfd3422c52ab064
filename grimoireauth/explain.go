package grimoireauth

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// RoleReason is what one source says about a person's role in a class. It
// carries role ids, affiliations and fixed words; no name and no address.
type RoleReason struct {
	Source  string // "Stytch role", "affiliation", "override", or a RoleFunc's own word
	Value   string // what the source said, such as "instructor" or "staff@mq.edu.au"; may be empty
	Role    Role   // what it grants, or would grant; RoleNone if nothing
	Granted bool   // whether it counted
	Why     string // one sentence: why it counted, or did not
}

// String returns the reason as one line.
func (r RoleReason) String() string {
	verb := "withheld"
	if r.Granted {
		verb = "granted"
	}
	said := r.Source
	if r.Value != "" {
		said = fmt.Sprintf("%s %.100q", r.Source, r.Value)
	}
	if r.Role == RoleNone {
		return fmt.Sprintf("%s: %s", said, r.Why)
	}
	return fmt.Sprintf("%s %v by %s: %s", verb, r.Role, said, r.Why)
}

// RoleExplanation answers "why is she (not) an instructor?": the role that
// counts, and every source that was asked.
type RoleExplanation struct {
	Class   ClassID
	Member  MemberID
	Role    Role
	Reasons []RoleReason // in the order in which the sources were asked
}

// String returns the explanation for an operator, a line for each source.
func (e RoleExplanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is %v in %s", e.Member, e.Role, e.Class)
	for _, reason := range e.Reasons {
		b.WriteString("\n  " + reason.String())
	}
	return b.String()
}

// ExplainRole asks the RoleFunc that the guards ask, and returns its answer with
// what every source granted or withheld. It cannot differ from what the guards
// decide, since it runs the same code: [RoleTable.OrgPerClass] and
// Raise of affiliation.Rule write down their reasons, and a RoleFunc of the
// application's own does so with [NoteRole]. The error is the RoleFunc's, beside
// the reasons collected so far.
func ExplainRole(ctx context.Context, role RoleFunc, session Session, class ClassID) (RoleExplanation, error) {
	if role == nil {
		return RoleExplanation{}, &Error{Op: "explain role", Kind: ErrInvalid, Detail: "there is no RoleFunc to ask"}
	}
	notes := new(roleNotes)
	got, err := role(context.WithValue(ctx, roleNotesKey{}, notes), session, class)
	if err != nil {
		got = RoleNone // whatever came with it, a guard would not let them in
	}
	notes.mu.Lock()
	defer notes.mu.Unlock()
	return RoleExplanation{Class: class, Member: session.Member(), Role: got, Reasons: notes.reasons}, err
}

// NoteRole writes down why a RoleFunc decides as it does, if it was called by
// [ExplainRole], and does nothing otherwise.
func NoteRole(ctx context.Context, reason RoleReason) {
	if notes := roleNotesOf(ctx); notes != nil {
		notes.mu.Lock()
		defer notes.mu.Unlock()
		notes.reasons = append(notes.reasons, reason)
	}
}

type roleNotesKey struct{}

// roleNotes collects reasons. A RoleFunc may ask its sources at the same time.
type roleNotes struct {
	mu      sync.Mutex
	reasons []RoleReason // guarded by mu
}

// roleNotesOf returns nil unless [ExplainRole] asks.
func roleNotesOf(ctx context.Context) *roleNotes {
	notes, _ := ctx.Value(roleNotesKey{}).(*roleNotes)
	return notes
}

const sourceStytchRole = "Stytch role"

// explain writes down what each role id of a session means in this table.
func (t RoleTable) explain(ctx context.Context, ids []string) {
	for _, id := range ids {
		reason := RoleReason{Source: sourceStytchRole, Value: id, Role: t.one(id), Granted: true, Why: "the session carries it"}
		if reason.Role == RoleNone {
			reason.Granted, reason.Why = false, "the role table does not know it, so it grants nothing"
		}
		NoteRole(ctx, reason)
	}
}
