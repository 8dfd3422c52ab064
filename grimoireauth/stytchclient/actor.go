package stytchclient

import (
	"context"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
)

// actor is the member on whose behalf a change is made. The zero actor is the
// program itself, which answers for what it gives.
type actor struct {
	grimoireauth.Person
	role    grimoireauth.Role
	session grimoireauth.Session // zero for the program itself
}

// Role returns what the member is in this class, as their session says at this
// moment: the most that the calls of an [Acting] let them give. It asks Stytch.
// Errors: [grimoireauth.ErrForbidden] if the session is of another class;
// [grimoireauth.ErrUnauthenticated] if it is not live, or the member is suspended.
func (a Acting) Role(ctx context.Context, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	const op = "find the role of the member who acts"
	ctx, err := a.Roster.begin(ctx, op)
	if err != nil {
		return grimoireauth.RoleNone, err
	}
	if err := invalid(op, classFault(class)); err != nil {
		return grimoireauth.RoleNone, err
	}
	by, err := a.Roster.c.actor(ctx, op, class)
	return by.role, err
}

// actor asks Stytch who acts, ahead of a change in this class, and refuses those
// whose session is not live, is of another class, or belongs to a suspended
// member: Stytch itself knows no suspension. What the session may do Stytch
// decides with the change. For the program itself it makes no call.
func (c *Client) actor(ctx context.Context, op string, class grimoireauth.ClassID) (actor, error) {
	credentials, ok := stytchhttp.OnBehalf(ctx)
	if !ok {
		return actor{}, nil
	}
	now, err := c.Sessions.authenticate(stytchhttp.AsProject(ctx), op, credentials, 0)
	switch {
	case err != nil:
		return actor{}, err
	case string(now.Organization()) != string(class):
		return actor{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrForbidden, Detail: "the session is of another class"}
	}
	return actor{
		Person:  grimoireauth.Person{Member: now.Session.Member(), Class: class},
		role:    c.roles.Role(now.Roles()...),
		session: now.Session,
	}, nil
}

// mayGive refuses a role above the actor's own: what a form says must not make
// anybody more than its sender.
func (by actor) mayGive(op string, role grimoireauth.Role) error {
	if by.session.IsZero() || by.role.AtLeast(role) {
		return nil
	}
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrForbidden, Detail: fmt.Sprintf("%v is above the role of the member who acts, %v", role, by.role)}
}

// mayGiveDomainRole is mayGive for a role that an e-mail domain is to bring. A
// Stytch role id that the role table does not know cannot be compared, so only
// those who have it may give it.
func (by actor) mayGiveDomainRole(op string, roles grimoireauth.RoleTable, to grimoireauth.DomainRole) error {
	if by.session.IsZero() || to.ID != "" && by.session.HasRole(to.ID) {
		return nil
	}
	role := to.Role
	if to.ID != "" {
		role = roles.Role(to.ID)
	}
	if role == grimoireauth.RoleNone {
		return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrForbidden, Detail: "a domain is to bring a role that the role table does not know"}
	}
	return by.mayGive(op, role)
}
