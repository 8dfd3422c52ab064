package middleware

import (
	"context"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
)

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
