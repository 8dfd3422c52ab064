package middleware

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// guardedHandler is a handler behind the checks of one Guard. Guards that stand directly
// around each other become one guardedHandler, so that a request is authenticated, copied
// and given a context once, however many checks it has to pass.
type guardedHandler struct {
	guard  *Guard
	must   bool    // anonymous requests are refused: all but Load
	fresh  bool    // Stytch must be asked
	checks []check // in the order in which they are made, the outermost first
	next   http.Handler
}

// check decides one thing about the member who is signed in. It gets the role in a class
// that the checks before it have found, and returns what is known after it. The request
// tells which class it is about; the check of a [Rule] knows its class and gets no request.
type check func(ctx context.Context, r *http.Request, a *requestAuth, in classRole) (classRole, error)

// classRole is the member's role in a class, as a class guard found it. The zero classRole:
// no class guard has decided.
type classRole struct {
	class grimoireauth.ClassID
	role  grimoireauth.Role
}

// wrap puts the checks of one more guard around next.
func (g *Guard) wrap(outer guardedHandler, next http.Handler) http.Handler {
	if next == nil {
		panic("middleware: a guard around no handler")
	}
	outer.guard, outer.next = g, next
	if inner, ok := next.(*guardedHandler); ok && inner.guard == g {
		outer.must = outer.must || inner.must
		outer.fresh = outer.fresh || inner.fresh
		outer.checks = slices.Concat(outer.checks, inner.checks)
		outer.next = inner.next
	}
	return &outer
}

// ServeHTTP calls the handler behind the guard, or refuses the request.
func (h *guardedHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, in, err := h.guard.decide(r, h.fresh, h.checks)
	if a.credentials.former && h.guard.moveFormer(w, r, a) {
		return
	}
	a.writeHeaders(w, r)
	if err != nil && (h.must || !isUnauthenticated(err)) {
		h.guard.refuse(w, r, err)
		return
	}
	h.next.ServeHTTP(w, a.attach(r, in, &h.checks))
}

// decide authenticates the request and makes the checks. It returns the first error.
func (g *Guard) decide(r *http.Request, fresh bool, checks []check) (*requestAuth, classRole, error) {
	a := g.requestAuth(r, fresh)
	in, err := a.decide(r.Context(), r, checks)
	if err == nil {
		err = g.checkForm(r, a)
	}
	if err != nil {
		return a, classRole{}, err
	}
	return a, in, nil
}

// decide makes the checks. About a result that is not published yet it first repeats those
// of the guards around.
func (a *requestAuth) decide(ctx context.Context, r *http.Request, checks []check) (classRole, error) {
	if a.err != nil {
		return classRole{}, a.err
	}
	in, err := a.classRole, error(nil)
	if !a.published() {
		if in, err = a.outer().repeatChecks(ctx, a, in); err != nil {
			return classRole{}, err
		}
	}
	for _, c := range checks {
		if in, err = c(ctx, r, a, in); err != nil {
			return classRole{}, err
		}
	}
	return in, nil
}

// repeatChecks makes the checks that led to a once more, about a later result. Each gets the
// request that it got then: another router in between may have set wildcards on its own.
func (a *requestAuth) repeatChecks(ctx context.Context, about *requestAuth, in classRole) (classRole, error) {
	if a == nil {
		return in, nil
	}
	in, err := a.outer().repeatChecks(ctx, about, in)
	if err != nil || a.checks == nil {
		return in, err
	}
	for _, c := range *a.checks {
		if err != nil {
			return classRole{}, err
		}
		in, err = c(ctx, a.request, about, in)
	}
	return in, err
}

// condition is what a check decides, with the class that it found in the request, so that a
// watch can decide it again when the request is gone.
type condition struct {
	class            grimoireauth.ClassID
	none             bool              // NoClass; class is empty
	least            grimoireauth.Role // what the member must be in the class; RoleNone: a permission is asked for
	resource, action string
}

// decideCondition decides a condition, or records it if a is there to record.
func (a *requestAuth) decideCondition(ctx context.Context, c *condition, in classRole) (classRole, error) {
	if err := c.fault(a.guard, in); err != nil {
		return classRole{}, err
	}
	if a.inner != nil && a.inner.recorded != nil {
		*a.inner.recorded = append(*a.inner.recorded, *c)
		if c.least > grimoireauth.RoleNone {
			in = classRole{class: c.class, role: c.least}
		}
		return in, nil
	}
	if c.least > grimoireauth.RoleNone {
		return a.guard.decideRole(ctx, a, in, c.class, c.least)
	}
	if err := a.guard.permitted(ctx, a.authentication.Session, c.class, c.resource, c.action); err != nil {
		return classRole{}, err
	}
	return in, nil
}

// fault returns why the program must not decide this condition in this class.
func (c *condition) fault(g *Guard, in classRole) error {
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
