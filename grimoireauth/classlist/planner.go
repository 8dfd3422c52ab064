package classlist

import (
	"fmt"
	"math"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/promptgrimoire/auth/internal/text/nfc"
)

// NewPlan compares a list with a class's roster, which [Members] fetches: the role,
// the name, the number and the groups of everybody, and who is in the class at all.
// It makes no network call and changes nothing; the same arguments make the same
// plan.
//
// People are recognised by the institution's ID number, which must not
// contradict the e-mail address, and otherwise by the address, in any case.
// A removed member who is on the list comes back, even if they were removed by hand:
// suspend, rather than remove, a member that no list may bring back.
//
// A field that the list leaves empty stays as it is. One that was changed by hand
// since the last import stays, too, and the step says so ([Step.Note]).
//
// Its error is a [Faults] with every reason for refusing the list, or says what
// is wrong with the Config.
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
	on := make(map[grimoireauth.MemberID]bool, len(list))
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
		on[step.Member] = true
		steps = append(steps, step)
	}
	for _, m := range p.class.gone(on) {
		step := Step{Action: Remove, Member: m.Member, Email: m.Email, Name: m.Name, ID: m.ExternalID, Groups: GroupsOf(m), From: m.Role}
		if m.Role > p.config.highest() {
			p.fault(0, nil, fmt.Sprintf("it would remove %v %s, and this import may remove %v at most", m.Role, m.Member, config.highest()))
		}
		steps = append(steps, step)
	}
	p.guard(steps)
	if err := p.faults.orNil(); err != nil {
		return Plan{}, err
	}
	return Plan{class: class, steps: steps, list: list, config: config}, nil
}

// planner collects what stands against a plan.
type planner struct {
	config Config
	class  memberIndex
	faults Faults
}

func (p *planner) fault(line int, kind error, problem string) {
	p.faults = append(p.faults, Fault{Line: line, Problem: problem, Kind: kind})
}

// check holds a row to the rules of a file, since a list can come from elsewhere.
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

// step decides about one row.
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
			// Stytch leaves it with the member who was removed.
			step.ID = ""
			step.tell("without the ID number, which a removed member has")
		}
		step.marks = marks{} // what is empty now was not written by an import either
		for _, f := range fieldsOf(row, grimoireauth.Member{}) {
			if f.list != "" && (f.field != FieldID || step.ID != "") {
				step.marks = step.marks.with(f.field, f.list)
			}
		}
	case m.Status == grimoireauth.StatusDeleted:
		step.Action, step.Member, step.From = Reactivate, m.Member, m.Role
		if m.Role > p.config.highest() {
			// They come back as what they were, for the moment until that is changed.
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
			step.tell("they are suspended, and stay so")
		}
		if m.Status == grimoireauth.StatusPending {
			step.tell("they have begun to sign up, and are not approved")
		}
	}
	return step
}

// compare decides about the role of a member of the class. What the last
// import gave stands in the member's metadata: if they are something else now, it was
// changed by hand, and the list is no reason to undo that.
func (p *planner) compare(step *Step, row Row, m grimoireauth.Member) {
	step.Action, step.Member, step.From, step.To = Keep, m.Member, m.Role, m.Role
	source, imported := sourceOf(m)
	switch {
	case row.Role == grimoireauth.RoleNone:
	case row.Role == m.Role:
		step.source = imported && source != sourceText(m.Role)
		step.record = step.source
	case !imported:
		step.tell(fmt.Sprintf("added by hand, so the list's %v does not count", row.Role))
	case source != sourceText(m.Role):
		step.tell(fmt.Sprintf("their role was changed by hand, so the list's %v does not count", row.Role))
	case m.Role > p.config.highest():
		p.fault(row.Line, nil, fmt.Sprintf("they are %v, and this import may change %v at most", m.Role, p.config.highest()))
	default:
		step.Action, step.To = ChangeRole, row.Role
	}
}

// fieldValue is one field of a row and of a member, as they are compared.
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

// details decides about the other fields of a member, or of a removed one.
// An import writes a field that is empty, or that says what an import wrote last;
// anything else is by hand. Where an import from before there were marks added the
// member, the fields are its own.
func (p *planner) details(step *Step, row Row, m grimoireauth.Member) {
	_, imported := sourceOf(m)
	before := marksOf(m)
	step.marks = before
	step.Name, step.ID, step.Groups = m.Name, m.ExternalID, GroupsOf(m)
	for _, f := range fieldsOf(row, m) {
		switch {
		case f.list == "":
		case f.list == f.have:
			if imported && before != nil && before[f.field] != fingerprint(f.list) {
				step.record, step.marks = true, step.marks.with(f.field, f.list)
			}
		case f.field == FieldID && p.class.byID[row.ID] != nil && p.class.byID[row.ID].Member != m.Member:
			// Stytch leaves it with the member who was removed.
			step.tell("without the ID number, which a removed member has")
		case f.have == "", before[f.field] == fingerprint(f.have), imported && before == nil:
			step.Details = append(step.Details, Detail{f.field, f.have, f.list})
			step.marks = step.marks.with(f.field, f.list)
			switch f.field {
			case FieldName:
				step.Name = row.Name
			case FieldID:
				step.ID = row.ID
			case FieldGroups:
				step.Groups = row.Groups
			}
		default:
			step.tell(fmt.Sprintf("the %s %q is by hand, so the list's %q does not count", f.field, f.have, f.list))
		}
	}
}

// guard refuses a plan that would do too much harm if the file were wrong.
func (p *planner) guard(steps []Step) {
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
		// An invitation that was not taken up may never be, and a suspended member cannot
		// sign in.
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
	// Rounded up, so that a person can leave a small class.
	most := int(math.Ceil(orDefault(p.config.MostRemoved, defaultMostRemoved) * float64(imported)))
	if removed > most {
		p.fault(0, ErrTooManyRemoved, fmt.Sprintf("it would remove %d of the %d people that imports added, and may remove %d: is the file whole?", removed, imported, most))
	}
}
