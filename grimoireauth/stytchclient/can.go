package stytchclient

import (
	"context"
	"errors"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Can answers whether the project's RBAC policy permits the holder of this
// session the action on the resource, in this class, which has to be the session's
// Organization. The empty class is that Organization. Nil means yes. It is a [grimoireauth.CanFunc].
//
// The answer is the one that Stytch gives to an authorization_check for the same
// roles: exact names, and "*" in the policy stands for every action. It is
// computed here, from a policy that is fetched when first needed and replaced
// behind the traffic once it is five minutes old, as Stytch's own SDKs do. While
// Stytch cannot be reached the last good policy answers, for at most 24 hours. An
// organization's own custom roles are not part of the project's policy and permit
// nothing here.
//
// Errors: [grimoireauth.ErrForbidden] if the policy does not permit it, or the session is the zero
// Session; [grimoireauth.ErrNotSessionOrganization], a case of it, for any other class; [grimoireauth.ErrInvalid] if resource or action is empty; [grimoireauth.ErrUnavailable] or
// [grimoireauth.ErrRateLimited] if the policy could not be had, which says nothing about the
// person.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
func (c *Client) Can(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID, resource, action string) error {
	const op = "check a permission"
	if strings.TrimSpace(resource) == "" || strings.TrimSpace(action) == "" {
		// A forgotten name is the program's fault, and no policy could answer it.
		return invalid(op, errors.New("the resource or the action is missing"))
	}
	if session.IsZero() {
		return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrForbidden}
	}
	if class != "" && string(class) != string(session.Organization()) {
		return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNotSessionOrganization}
	}
	p, err := c.policies.current(ctx, c.fetchPolicy)
	if err != nil {
		return err
	}
	if !p.permits(session.Roles(), resource, action) {
		return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrForbidden}
	}
	return nil
}
