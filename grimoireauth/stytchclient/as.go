package stytchclient

import (
	"context"
	"iter"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
)

// Acting is the part of a [Client] that works on behalf of a signed-in member:
// every call carries the member's session, so that Stytch itself refuses what
// the project's RBAC policy does not permit them. A handler that uses it cannot
// forget the check. Make it with [Client.As]; the zero Acting refuses every call.
//
// It offers only what Stytch enforces. Creating, finding and reading a class and
// getting a single member are not among it: Stytch answers those to the project
// and checks no session. Look-ups therefore go through the search of members, which needs
// the permission "search" on stytch.member. Of Stytch's own roles, only
// stytch_admin has the permissions; instructors need them in the project's
// policy.
//
// A member gives no more than they have: a role above their own is refused, in
// Enroll, Invite, SetRole, Reenroll and the DomainRoles of a class. Each change
// therefore begins with the question who acts, one call to Stytch, which also keeps
// a suspended member from acting. SetRole, Remove and Delete are not cancelled with
// the request once they are sent; the client's Timeout and a deadline end them.
//
// Errors: those of the same call of the Client, and [grimoireauth.ErrForbidden] if the member
// may not do that, or not in this class; [grimoireauth.ErrUnauthenticated] if the session is
// not live, or the member is suspended, [grimoireauth.ErrNoCredentials] below it if there is
// none. [Invitation.By] of another member is [grimoireauth.ErrInvalid].
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
type Acting struct {
	Classes ActingClasses
	Roster  ActingRoster
}

// As returns the calls that a member may make with their own permissions. The
// credentials are those that now prove the session, from
// [grimoireauth.CredentialsFromContext]; the session_token is used if there is one, since a
// session_jwt lasts five minutes only. It makes no network call.
func (c *Client) As(credentials grimoireauth.Credentials) Acting {
	as := acting{c, credentials}
	return Acting{Classes: ActingClasses{as}, Roster: ActingRoster{as}}
}

// acting is what both parts need.
type acting struct {
	c           *Client
	credentials grimoireauth.Credentials
}

// begin returns a context whose calls carry the member's session. Without a
// session it refuses: a call that went out without one would have the power of
// the whole project.
func (a acting) begin(ctx context.Context, op string) (context.Context, error) {
	switch {
	case a.c == nil || a.credentials.IsZero():
		return nil, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNoCredentials}
	case !a.credentials.Token.IsZero():
		return stytchhttp.WithMember(ctx, grimoireauth.Credentials{Token: a.credentials.Token}), nil
	}
	return stytchhttp.WithMember(ctx, grimoireauth.Credentials{JWT: a.credentials.JWT}), nil
}

// ActingRoster is [Roster] on behalf of a member. It is part of an [Acting].
type ActingRoster struct{ acting }

// Enroll is [Roster.Enroll]. It needs "create" on stytch.member.
func (a ActingRoster) Enroll(ctx context.Context, class grimoireauth.ClassID, who NewMember) (grimoireauth.Member, error) {
	ctx, err := a.begin(ctx, "enroll")
	if err != nil {
		return grimoireauth.Member{}, err
	}
	return a.c.Roster.Enroll(ctx, class, who)
}

// Invite is [Roster.Invite] by the member; the e-mail names them. It needs "create"
// on stytch.member.
func (a ActingRoster) Invite(ctx context.Context, class grimoireauth.ClassID, invitation Invitation) (grimoireauth.Member, error) {
	ctx, err := a.begin(ctx, "invite")
	if err != nil {
		return grimoireauth.Member{}, err
	}
	return a.c.Roster.Invite(ctx, class, invitation)
}

// SetRole is [Roster.SetRole]. It needs "update.settings.roles" on stytch.member,
// and "search" for a member who teaches the class.
func (a ActingRoster) SetRole(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID, role grimoireauth.Role, force ...Force) (grimoireauth.Member, error) {
	ctx, err := a.begin(ctx, "set role")
	if err != nil {
		return grimoireauth.Member{}, err
	}
	return a.c.Roster.SetRole(ctx, class, member, role, force...)
}

// Remove is [Roster.Remove]. It needs "delete" on stytch.member, or on
// stytch.self for the member's own account; and "search" on stytch.member for
// a member who teaches the class.
func (a ActingRoster) Remove(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID, force ...Force) error {
	ctx, err := a.begin(ctx, "remove member")
	if err != nil {
		return err
	}
	return a.c.Roster.Remove(ctx, class, member, force...)
}

// Update is [Roster.Update], without Metadata, which Stytch rejects on
// behalf of a member. It needs the "update.…" action of each field on
// stytch.member, or on stytch.self for the member's own account.
// Source: https://stytch.com/docs/b2b/api/update-member
func (a ActingRoster) Update(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID, change MemberChange) (grimoireauth.Member, error) {
	ctx, err := a.begin(ctx, "update member")
	if err != nil {
		return grimoireauth.Member{}, err
	}
	return a.c.Roster.Update(ctx, class, member, change)
}

// Reenroll is [Roster.Reenroll]. It needs "search" and "create" on stytch.member.
func (a ActingRoster) Reenroll(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID) (grimoireauth.Member, error) {
	ctx, err := a.begin(ctx, "reenroll")
	if err != nil {
		return grimoireauth.Member{}, err
	}
	return a.c.Roster.Reenroll(ctx, class, member)
}

// Members is [Roster.Members]. It needs "search" on stytch.member.
func (a ActingRoster) Members(ctx context.Context, class grimoireauth.ClassID) iter.Seq2[grimoireauth.Member, error] {
	ctx, err := a.begin(ctx, "list members")
	if err != nil {
		return failed[grimoireauth.Member](err)
	}
	return a.c.Roster.Members(ctx, class)
}

// Find is [Roster.Find] in one class, since a session belongs to one. It needs
// "search" on stytch.member.
func (a ActingRoster) Find(ctx context.Context, query MemberQuery, class grimoireauth.ClassID) iter.Seq2[grimoireauth.Member, error] {
	ctx, err := a.begin(ctx, "find members")
	if err != nil {
		return failed[grimoireauth.Member](err)
	}
	return a.c.Roster.Find(ctx, query, class)
}
