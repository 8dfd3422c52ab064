package world

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// permits checks a refused request to mark: a person who may mark in this class is not
// refused when there is no trouble. roleBounded checks that others are refused.
func (o *oracle) permits(n *network, x *exchange) {
	class, marks := strings.CutSuffix(strings.TrimPrefix(x.path, "/classes/"), "/marks")
	s := x.who.session
	if x.method != http.MethodPost || !marks || s == nil || s != x.asCarried(o.ledger) {
		return
	}
	if x.status != http.StatusForbidden && x.status != http.StatusNotFound {
		return
	}
	m := s.member
	if o.teachesElsewhere(m, class) {
		o.events.happened("marks refused to one who teaches another class")
	}
	o.ledger.mu.Lock()
	from := x.arrived - x.instance.setting.stale()
	lowest := none
	switch {
	case o.table != nil:
		lowest = o.table.lowest(m.id, class, x.arrived)
	case m.class.id == class:
		lowest = m.lowest(from)
	}
	lives := s.lives(x.answered + leeway)
	o.ledger.mu.Unlock()
	if lowest < tutor || !lives || !n.untroubledSince(x.arrived-healing) || x.by != nil && !x.by.leftAlone(x.arrived-healing) {
		return
	}
	o.broken("permission", "%s was answered %d, and %s is %s of the class", x.name, x.status, m.email, lowest)
}

// teachesElsewhere reports whether the person may mark in another class, and not in this.
func (o *oracle) teachesElsewhere(m *member, class string) bool {
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	here, elsewhere, now := none, none, o.clock.now()
	if o.table != nil {
		for key := range o.table.all() {
			if is := o.table.now(key.member, key.class); key.member == m.id && key.class == class {
				here = is
			} else if key.member == m.id {
				elsewhere = max(elsewhere, is)
			}
		}
	} else {
		for _, other := range o.ledger.members {
			if is := other.highest(now); other.email == m.email && other.class != nil && other.class.id == class {
				here = is
			} else if other.email == m.email {
				elsewhere = max(elsewhere, is)
			}
		}
	}
	return here < tutor && elsewhere >= tutor
}

// all returns the keys of all rows.
func (t *table) all() map[tableKey]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := make(map[tableKey]bool, len(t.rows))
	for key := range t.rows {
		keys[key] = true
	}
	return keys
}

// can wraps the CanFunc.
func (s sabotage) can(w *World, next grimoireauth.CanFunc) grimoireauth.CanFunc {
	if s.kind != "any class" {
		return next
	}
	return func(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID, resource, action string) error {
		err := next(ctx, session, class, resource, action)
		for _, r := range w.rooms {
			if !errors.Is(err, grimoireauth.ErrForbidden) {
				break
			}
			err = next(ctx, session, grimoireauth.ClassID(r.id), resource, action)
		}
		return err
	}
}
