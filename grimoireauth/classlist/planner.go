package classlist

import (
	"fmt"
	"math"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/promptgrimoire/auth/internal/text/nfc"
)

// NewPlan compares a list with a class's roster, which [Members] fetches: who is in
// the class, and the role, the name, the number and the groups of each. It makes no
// network call, changes nothing, and returns the same plan for the same arguments.
//
// It finds people by the e-mail address, in any case. A row whose ID number belongs to
// another member, or differs from the one that the member has, is a fault. A removed
// member who is on the list comes back, even if they were removed by hand: suspend,
// rather than remove, a member that no list may bring back.
//
// A field that is empty on the list stays as it is, and so does a field that was
// changed by hand since the last import, with a note ([Step.Note]).
//
// The error is a [Faults] with every reason why the list is rejected, or describes the
// faults of the Config.
func NewPlan(class grimoireauth.ClassID, list List, members []grimoireauth.Member, config Config) (Plan, error) {
	if err := config.check(); err != nil {
		return Plan{}, err
	}
	p := planner{config: config, class: newMemberIndex(members)}
	if class == "" {
		p.fault(0, nil, "the class id is missing")
	}
	for _, m := range members {
		if m.Class != class {
			p.fault(0, nil, "the roster has a member of another class")
			break
		}
	}
	list = slices.Clone(list)
	listed := make(map[grimoireauth.MemberID]bool, len(list))
	steps := make([]Step, 0, len(list))
	seen := make(map[string]bool, len(list))
	for i := range list {
		row := &list[i]
		p.check(row)
		if seen[row.Email] && row.Email != "" {
			p.fault(row.Line, nil, "the e-mail address is on the list twice")
		}
		seen[row.Email] = true
		step := p.step(*row)
		listed[step.Member] = true
		steps = append(steps, step)
	}
	for _, m := range p.class.missing(listed) {
		step := Step{Action: Remove, Member: m.Member, Email: m.Email, Name: m.Name, ID: m.ExternalID, Groups: GroupsOf(m), From: m.Role}
		if m.Role > p.config.highest() {
			p.fault(0, nil, fmt.Sprintf("it would remove %v %s, and this import may remove %v at most", m.Role, m.Member, config.highest()))
		}
		steps = append(steps, step)
	}
	p.checkLimits(steps)
	if err := p.faults.orNil(); err != nil {
		return Plan{}, err
	}
	return Plan{class: class, steps: steps, list: list, config: config}, nil
}

// planner collects the faults of a list while its plan is made.
type planner struct {
	config Config
	class  memberIndex
	faults Faults
}

func (p *planner) fault(line int, kind error, problem string) {
	p.faults = append(p.faults, Fault{Line: line, Problem: problem, Kind: kind})
}

// check normalises a row and checks it by the rules for files, since an application can
// make a List by itself.
func (p *planner) check(row *Row) {
	address, err := text.Address(row.Email)
	if err != nil {
		p.fault(row.Line, nil, err.Error())
	}
	row.Email = address
	name, err := nfc.Name(row.Name)
	if err != nil {
		p.fault(row.Line, nil, nameFault("name", err).Error())
	}
	row.Name = name
	if row.ID != "" && !isID(row.ID) {
		p.fault(row.Line, nil, `the ID number is not 1 to 128 letters, digits and "._-|"`)
	}
	groups, err := cleanGroups(row.Groups)
	if err != nil {
		p.fault(row.Line, nil, err.Error())
	}
	row.Groups = groups
}

// step returns the step for one row.
func (p *planner) step(row Row) Step {
	step := Step{Line: row.Line, Email: row.Email, Name: row.Name, ID: row.ID, Groups: row.Groups, To: row.Role}
	if row.Role > p.config.highest() || row.Role < grimoireauth.RoleNone {
		p.fault(row.Line, nil, fmt.Sprintf("it gives the role %v, and this import may give %v at most", row.Role, p.config.highest()))
	}
	if step.To == grimoireauth.RoleNone {
		step.To = grimoireauth.RoleStudent
	}
	m, problem := p.class.find(row)
	switch {
	case problem != "":
		p.fault(row.Line, nil, problem)
	case m == nil:
		step.Action = Add
		if p.class.byID[row.ID] != nil {
			// In Stytch a removed member keeps their external_id.
			step.ID = ""
			step.addNote("without the ID number, which a removed member has")
		}
		step.written = fingerprints{} // without the fields that stay empty
		for _, f := range fieldsOf(row, grimoireauth.Member{}) {
			if f.list != "" && (f.field != FieldID || step.ID != "") {
				step.written = step.written.with(f.field, f.list)
			}
		}
	case m.Status == grimoireauth.StatusDeleted:
		step.Action, step.Member, step.From = Reactivate, m.Member, m.Role
		if m.Role > p.config.highest() {
			// They have their old role again until it is changed by a second call.
			p.fault(row.Line, nil, fmt.Sprintf("they were %v when they were removed, and this import may bring back %v at most", m.Role, p.config.highest()))
		}
		p.details(&step, row, *m)
	default:
		p.compare(&step, row, *m)
		p.details(&step, row, *m)
		if len(step.Details) > 0 && step.Action == Keep {
			step.Action = ChangeDetails
		}
		if m.Suspended {
			step.addNote("they are suspended, and stay so")
		}
		if m.Status == grimoireauth.StatusPending {
			step.addNote("they have begun to sign up, and are not approved")
		}
	}
	return step
}

// compare decides about the role of a member of the class. The metadata have the role
// that the last import gave. A member who has another role now got it by hand, and
// keeps it.
func (p *planner) compare(step *Step, row Row, m grimoireauth.Member) {
	step.Action, step.Member, step.From, step.To = Keep, m.Member, m.Role, m.Role
	source, imported := sourceOf(m)
	switch {
	case row.Role == grimoireauth.RoleNone:
	case row.Role == m.Role:
		step.source = imported && source != sourceText(m.Role)
		step.record = step.source
	case !imported:
		step.addNote(fmt.Sprintf("added by hand, so the list's %v does not count", row.Role))
	case source != sourceText(m.Role):
		step.addNote(fmt.Sprintf("their role was changed by hand, so the list's %v does not count", row.Role))
	case m.Role > p.config.highest():
		p.fault(row.Line, nil, fmt.Sprintf("they are %v, and this import may change %v at most", m.Role, p.config.highest()))
	default:
		step.Action, step.To = ChangeRole, row.Role
	}
}

// fieldValue is one field of a row and of a member, in the form in which they are
// compared.
type fieldValue struct {
	field      Field
	list, have string
}

func fieldsOf(row Row, m grimoireauth.Member) [3]fieldValue {
	return [3]fieldValue{
		{FieldName, row.Name, m.Name},
		{FieldID, row.ID, m.ExternalID},
		{FieldGroups, bracketedGroups(row.Groups), bracketedGroups(GroupsOf(m))},
	}
}

// details decides about the other fields of a present or removed member. An import
// writes a field that is empty or has the value that an import wrote last; every other
// value was written by hand. If the member was added by an import that wrote no
// fingerprints, it writes every field.
func (p *planner) details(step *Step, row Row, m grimoireauth.Member) {
	_, imported := sourceOf(m)
	before := fingerprintsOf(m)
	step.written = before
	step.Name, step.ID, step.Groups = m.Name, m.ExternalID, GroupsOf(m)
	for _, f := range fieldsOf(row, m) {
		switch {
		case f.list == "":
		case f.list == f.have:
			if imported && before != nil && before[f.field] != fingerprint(f.list) {
				step.record, step.written = true, step.written.with(f.field, f.list)
			}
		case f.field == FieldID && p.class.byID[row.ID] != nil && p.class.byID[row.ID].Member != m.Member:
			// In Stytch a removed member keeps their external_id.
			step.addNote("without the ID number, which a removed member has")
		case f.have == "", before[f.field] == fingerprint(f.have), imported && before == nil:
			step.Details = append(step.Details, Detail{f.field, f.have, f.list})
			step.written = step.written.with(f.field, f.list)
			switch f.field {
			case FieldName:
				step.Name = row.Name
			case FieldID:
				step.ID = row.ID
			case FieldGroups:
				step.Groups = row.Groups
			}
		default:
			step.addNote(fmt.Sprintf("the %s %q is by hand, so the list's %q does not count", f.field, f.have, f.list))
		}
	}
}

// checkLimits rejects a plan that would remove the last instructor or too many members,
// as a truncated file would.
func (p *planner) checkLimits(steps []Step) {
	removed := 0
	roles := make(map[grimoireauth.MemberID]grimoireauth.Role, len(steps)) // after the plan
	teachers := 0
	for _, step := range steps {
		switch {
		case step.Action == Remove:
			removed++
		case step.Action == Add && step.To >= grimoireauth.RoleInstructor:
			teachers++
		}
		if step.Member != "" {
			roles[step.Member] = step.To
		}
	}
	imported, taught := 0, false
	for _, m := range p.class.members {
		after, planned := roles[m.Member]
		if !planned && m.Status != grimoireauth.StatusDeleted {
			after = m.Role
		}
		// An invited instructor may never accept, and a suspended one cannot sign in.
		active := m.Status == grimoireauth.StatusActive && !m.Suspended
		taught = taught || active && m.Role >= grimoireauth.RoleInstructor
		if (active || m.Status == grimoireauth.StatusDeleted && planned) && after >= grimoireauth.RoleInstructor {
			teachers++
		}
		if _, ok := sourceOf(m); ok && m.Status != grimoireauth.StatusDeleted {
			imported++
		}
	}
	if taught && teachers == 0 {
		p.fault(0, grimoireauth.ErrLastInstructor, "no one would be left in the class who teaches it")
	}
	// Rounded up, so that one person can leave a small class.
	most := int(math.Ceil(orDefault(p.config.MostRemoved, defaultMostRemoved) * float64(imported)))
	if removed > most {
		p.fault(0, ErrTooManyRemoved, fmt.Sprintf("it would remove %d of the %d people that imports added, and may remove %d: is the file whole?", removed, imported, most))
	}
}
