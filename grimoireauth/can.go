package grimoireauth

import (
	"context"
	"errors"
	"strings"
)

// Can answers whether the project's RBAC policy permits the holder of this
// session the action on the resource, in this class, which has to be the session's
// Organization. The empty class is that Organization. Nil means yes. It is a [CanFunc].
//
// The answer is the one that Stytch gives to an authorization_check for the same
// roles: exact names, and "*" in the policy stands for every action. It is
// computed here, from a policy that is fetched when first needed and replaced
// behind the traffic once it is five minutes old, as Stytch's own SDKs do. While
// Stytch cannot be reached the last good policy answers, for at most 24 hours. An
// organization's own custom roles are not part of the project's policy and permit
// nothing here.
//
// Errors: [ErrForbidden] if the policy does not permit it, or the session is the zero
// Session; [ErrNotSessionOrganization], a case of it, for any other class; [ErrInvalid] if resource or action is empty; [ErrUnavailable] or
// [ErrRateLimited] if the policy could not be had, which says nothing about the
// person.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
func (c *Client) Can(ctx context.Context, session Session, class ClassID, resource, action string) error {
	const op = "check a permission"
	if strings.TrimSpace(resource) == "" || strings.TrimSpace(action) == "" {
		// A forgotten name is the program's fault, and no policy could answer it.
		return invalid(op, errors.New("the resource or the action is missing"))
	}
	if session.IsZero() {
		return &Error{Op: op, Kind: ErrForbidden}
	}
	if class != "" && string(class) != string(session.Organization()) {
		return &Error{Op: op, Kind: ErrNotSessionOrganization}
	}
	p, err := c.policies.current(ctx, c.fetchPolicy)
	if err != nil {
		return err
	}
	if !p.permits(session.Roles(), resource, action) {
		return &Error{Op: op, Kind: ErrForbidden}
	}
	return nil
}
