package classlist

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// NewPlan compares a list with a class's roster, which [Members] fetches. It asks
// nobody and changes nothing; the same arguments make the same plan.
//
// People are recognised by the institution's ID number, which must not
// contradict the e-mail address, and otherwise by the address, in any case.
// Somebody who was removed and is on the list comes back, whoever removed them:
// suspend, rather than remove, whom a list must not bring back.
//
// Its error is a [Faults] with every reason for refusing the list, or says what
// is wrong with the Config.
func NewPlan(class grimoireauth.ClassID, list List, members []grimoireauth.Member, config Config) (Plan, error) {
	if err := config.check(); err != nil {
		return Plan{}, err
	}
	p := planner{config: config, class: newRoll(members)}
	if class == "" {
		p.fault(0, nil, "the class id is missing")
	}
	for _, m := range members {
		if m.Class != class {
			p.fault(0, nil, "the roster has a member of another class")
			break
		}
	}
	on := make(map[grimoireauth.MemberID]bool)
	steps := make([]Step, 0, len(list))
	seen := make(map[string]bool)
	for _, row := range list {
		row.Email = strings.ToLower(row.Email)
		if row.Email == "" || seen[row.Email] {
			p.fault(row.Line, nil, "the e-mail address is missing, or on the list twice")
		}
		seen[row.Email] = true
		step := p.step(row)
		on[step.Member] = true
		steps = append(steps, step)
	}
	for _, m := range p.class.gone(on) {
		step := Step{Action: Remove, Member: m.Member, Email: m.Email, Name: m.Name, ID: m.ExternalID, From: m.Role}
		if m.Role > config.highest() {
			p.fault(0, nil, fmt.Sprintf("it would remove %v %s, and this import may remove %v at most", m.Role, m.Member, config.highest()))
		}
		steps = append(steps, step)
	}
	p.guard(steps)
	if err := p.faults.orNil(); err != nil {
		return Plan{}, err
	}
	return Plan{class: class, steps: steps, list: slices.Clone(list), config: config}, nil
}

// planner collects what stands against a plan.
type planner struct {
	config Config
	class  roll
	faults Faults
}

func (p *planner) fault(line int, kind error, problem string) {
	p.faults = append(p.faults, Fault{Line: line, Problem: problem, Kind: kind})
}

// step decides about one row.
func (p *planner) step(row Row) Step {
	step := Step{Line: row.Line, Email: row.Email, Name: row.Name, ID: row.ID, To: row.Role}
	if row.Role > p.config.highest() || row.Role < grimoireauth.RoleNone {
		p.fault(row.Line, nil, fmt.Sprintf("it makes somebody %v, and this import may give %v at most", row.Role, p.config.highest()))
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
			step.ID, step.Note = "", "without the ID number, which somebody has who was removed"
		}
	case m.Status == grimoireauth.StatusDeleted:
		step.Action, step.Member, step.From = Reactivate, m.Member, m.Role
		if m.Role > p.config.highest() {
			// They come back as what they were, for the moment until that is changed.
			p.fault(row.Line, nil, fmt.Sprintf("they were %v when they were removed, and this import may bring back %v at most", m.Role, p.config.highest()))
		}
	default:
		p.compare(&step, row, *m)
	}
	return step
}

// compare decides about somebody who is in the class. What the last import gave
// stands in the member's metadata: if they are something else now, somebody
// changed it by hand, and the list is no reason to undo that.
func (p *planner) compare(step *Step, row Row, m grimoireauth.Member) {
	step.Action, step.Member, step.From, step.To = Keep, m.Member, m.Role, m.Role
	source, imported := sourceOf(m)
	switch {
	case row.Role == grimoireauth.RoleNone:
	case row.Role == m.Role:
		step.record = imported && source != sourceText(m.Role)
	case !imported:
		step.Note = fmt.Sprintf("added by hand, so the list's %v does not count", row.Role)
	case source != sourceText(m.Role):
		step.Note = fmt.Sprintf("their role was changed by hand, so the list's %v does not count", row.Role)
	case m.Role > p.config.highest():
		p.fault(row.Line, nil, fmt.Sprintf("they are %v, and this import may change %v at most", m.Role, p.config.highest()))
	default:
		step.Action, step.To = ChangeRole, row.Role
	}
}
