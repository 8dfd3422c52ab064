package middleware

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// guarded is a handler behind the decisions of one Guard. Guards that are wrapped
// around each other without anything in between become one guarded handler, so
// that a request is asked about, copied and given a context once, however many
// decisions it has to pass.
type guarded struct {
	guard  *Guard
	must   bool    // somebody must be signed in: all but Load
	fresh  bool    // Stytch must be asked
	checks []check // in the order in which they are made, the outermost first
	next   http.Handler
}

// check decides one thing about the member who is signed in. It gets where they are
// known to be so far, and returns where they are known to be now. The request tells
// which class it is about; the check of a [Rule] knows its class, and gets none.
type check func(ctx context.Context, r *http.Request, f *found, in place) (place, error)

// place is somebody's role in a class, as a class guard found it. The zero place:
// no class guard has decided.
type place struct {
	class grimoireauth.ClassID
	role  grimoireauth.Role
}

// wrap puts the decisions of one more guard around next.
func (g *Guard) wrap(outer guarded, next http.Handler) http.Handler {
	if next == nil {
		panic("middleware: a guard around no handler")
	}
	outer.guard, outer.next = g, next
	if inner, ok := next.(*guarded); ok && inner.guard == g {
		outer.must = outer.must || inner.must
		outer.fresh = outer.fresh || inner.fresh
		outer.checks = slices.Concat(outer.checks, inner.checks)
		outer.next = inner.next
	}
	return &outer
}

// ServeHTTP calls the handler behind the guard for those who may pass, and
// refuses all others.
func (h *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, in, err := h.guard.decide(r, h.fresh, h.checks)
	if f.presented.former && h.guard.moveFormer(w, r, f) {
		return
	}
	f.settle(w, r)
	if err != nil && (h.must || !provesNobody(err)) {
		h.guard.refuse(w, r, err)
		return
	}
	h.next.ServeHTTP(w, f.attach(r, in, &h.checks))
}

// decide finds out who made the request, and makes the checks about them. The
// error is the first that stands in the way.
func (g *Guard) decide(r *http.Request, fresh bool, checks []check) (*found, place, error) {
	f := g.find(r, fresh)
	in, err := f.decide(r.Context(), r, checks)
	if err == nil {
		err = g.checkForm(r, f)
	}
	if err != nil {
		return f, place{}, err
	}
	return f, in, nil
}

func (f *found) decide(ctx context.Context, r *http.Request, checks []check) (place, error) {
	if f.err != nil {
		return place{}, f.err
	}
	in, err := f.place, error(nil)
	if !f.published() {
		// What guards around this one decided about an older answer.
		if in, err = f.outer().repeat(ctx, f, in); err != nil {
			return place{}, err
		}
	}
	for _, c := range checks {
		if in, err = c(ctx, r, f, in); err != nil {
			return place{}, err
		}
	}
	return in, nil
}

// repeat makes the checks that led to f once more, about a later answer. Each sees the
// request that it saw then: another router in between may have given its wildcards to it.
func (f *found) repeat(ctx context.Context, about *found, in place) (place, error) {
	if f == nil {
		return in, nil
	}
	in, err := f.outer().repeat(ctx, about, in)
	if err != nil || f.own == nil {
		return in, err
	}
	for _, c := range *f.own {
		if err != nil {
			return place{}, err
		}
		in, err = c(ctx, f.on, about, in)
	}
	return in, err
}

// condition is what a check decides about one request, without the request: the class is
// found, so that it can be decided again when the request is gone.
type condition struct {
	class            grimoireauth.ClassID
	none             bool              // it is about no class, and class is empty
	least            grimoireauth.Role // what the member must be in the class; RoleNone: a permission is asked for
	resource, action string
}

// meets decides a condition, or writes it down if that is what f is for.
func (f *found) meets(ctx context.Context, c *condition, in place) (place, error) {
	if err := c.fault(f.guard, in); err != nil {
		return place{}, err
	}
	if f.later != nil && f.later.noting != nil {
		*f.later.noting = append(*f.later.noting, *c)
		if c.least > grimoireauth.RoleNone {
			in = place{class: c.class, role: c.least}
		}
		return in, nil
	}
	if c.least > grimoireauth.RoleNone {
		return f.guard.decideRole(ctx, f, in, c.class, c.least)
	}
	if err := f.guard.permitted(ctx, f.authentication.Session, c.class, c.resource, c.action); err != nil {
		return place{}, err
	}
	return in, nil
}

// fault returns what is wrong with the program if this is to be decided there.
func (c *condition) fault(g *Guard, in place) error {
	switch {
	case c.least == grimoireauth.RoleNone && g.config.Can == nil:
		return fmt.Errorf("%w: Config.Can is missing", ErrMisconfigured)
	case c.none:
		return nil
	case c.class == "":
		return errNoClassFound
	case c.least == grimoireauth.RoleNone && in.class != "" && in.class != c.class:
		// A handler in between made another request of it, or two ClassOfs differ.
		return errOtherClassDecided
	}
	return nil
}
