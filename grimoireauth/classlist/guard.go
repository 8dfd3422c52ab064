package classlist

import (
	"fmt"
	"math"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// guard refuses a plan that would do too much harm if the file were wrong.
func (p *planner) guard(steps []Step) {
	removed := 0
	roles := make(map[grimoireauth.MemberID]grimoireauth.Role) // after the plan
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
		// Whoever has not taken up an invitation may never come, and whoever is
		// suspended cannot.
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
		p.fault(0, grimoireauth.ErrLastInstructor, "nobody would be left in the class who teaches it")
	}
	// Rounded up, or nobody could ever leave a small class.
	most := int(math.Ceil(orDefault(p.config.MostRemoved, defaultMostRemoved) * float64(imported)))
	if removed > most {
		p.fault(0, ErrTooManyRemoved, fmt.Sprintf("it would remove %d of the %d people that imports added, and may remove %d: is the file whole?", removed, imported, most))
	}
}
