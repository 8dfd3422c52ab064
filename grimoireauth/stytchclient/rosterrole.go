package stytchclient

import (
	"context"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// Force names a rule that a call is to break.
type Force string

// EvenLastInstructor lets [Roster.Remove], [Roster.SetRole] and [Roster.Suspend]
// leave a class without an instructor.
const EvenLastInstructor Force = "even the last instructor"

// SetRole gives a member this role in the class, and takes every other role away
// that was assigned to them by hand; a role that their e-mail domain or an
// identity provider brings stays. It counts from the next request on: their
// session_jwts are stale at once in this process, and in those that share its revocations.
// [grimoireauth.RoleNone] is rejected: use [Roster.Remove].
//
// The last instructor of a class is not made less than one, unless forced: an
// instructor here is an active, not suspended member with the role of instructor
// or more. Stytch does not know this rule, so two calls at the same moment can
// each find the other's instructor still there.
//
// Errors: [grimoireauth.ErrLastInstructor]; [grimoireauth.ErrNotFound]; [grimoireauth.ErrInvalid] before anything is
// sent. An error beside a Member says that the role is set and that other
// processes may not know it for as long as a session_jwt lives.
// Source: https://stytch.com/docs/b2b/api/update-member
func (r Roster) SetRole(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID, role grimoireauth.Role, force ...Force) (grimoireauth.Member, error) {
	const op = "set role"
	roles, fault := assignment(r.c.roles, role)
	if err := invalid(op, classFault(class), memberFault(member), fault); err != nil {
		return grimoireauth.Member{}, err
	}
	by, err := r.c.actor(ctx, op, class)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	if err := by.mayGive(op, role); err != nil {
		return grimoireauth.Member{}, err
	}
	before, err := r.before(ctx, op, class, member)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	if !role.AtLeast(grimoireauth.RoleInstructor) {
		if err := r.keepInstructor(ctx, op, before, force); err != nil {
			return grimoireauth.Member{}, err
		}
	}
	var after grimoireauth.Member
	err, notAnnounced := r.c.revokeAfter(ctx, op, grimoireauth.Revocation{Member: member}, func(ctx context.Context) error {
		var err error
		after, err = r.put(ctx, op, before, map[string]any{"roles": roles})
		return err
	})
	return after, errors.Join(err, notAnnounced)
}

// put changes fields of a member, and tells the observer what became different.
// Fields that are not in the map stay as they are.
func (r Roster) put(ctx context.Context, op string, before grimoireauth.Member, fields map[string]any) (grimoireauth.Member, error) {
	after, requestID, err := r.send(ctx, op, before.Person, fields)
	if err != nil {
		r.c.recordUnknown(ctx, grimoireauth.Changed{Op: op, Class: before.Class, Member: before.Member}, err)
		return grimoireauth.Member{}, err
	}
	r.recordDifference(ctx, op, requestID, before, after)
	return after, nil
}

func (r Roster) send(ctx context.Context, op string, who grimoireauth.Person, fields map[string]any) (grimoireauth.Member, string, error) {
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.UpdateResponse, error) {
		return send[members.UpdateResponse](ctx, r.c, http.MethodPut, memberPath(who), fields)
	})
	if err != nil {
		return grimoireauth.Member{}, "", err
	}
	after, err := r.about(op, res.RequestID, who, res.Member)
	return after, res.RequestID, err
}

// about reads the Member of an answer, who must be this one.
func (r Roster) about(op, requestID string, who grimoireauth.Person, raw organizations.Member) (grimoireauth.Member, error) {
	member, err := r.c.memberOf(op, requestID, who.Class, raw)
	if err == nil && member.Member != who.Member {
		return grimoireauth.Member{}, incomplete(op, requestID, "is about another member")
	}
	return member, err
}

func (r Roster) recordDifference(ctx context.Context, op, requestID string, before, after grimoireauth.Member) {
	if fields := difference(memberAudit(before), memberAudit(after)); len(fields) > 0 {
		r.c.record(ctx, grimoireauth.Changed{Op: op, Class: before.Class, Member: before.Member, Fields: fields, RequestID: requestID})
	}
}

// before looks a member up ahead of a change. On behalf of a member it searches,
// because Stytch would answer the direct question whatever they may see. A member who
// may not search can still act on themselves, so then the project looks: what it
// sees is not returned, and Stytch checks the change itself.
func (r Roster) before(ctx context.Context, op string, class grimoireauth.ClassID, member grimoireauth.MemberID) (grimoireauth.Member, error) {
	if _, ok := stytchhttp.OnBehalf(ctx); !ok {
		return r.get(ctx, op, class, member)
	}
	raw, requestID, err := r.ever(ctx, op, class, member)
	switch {
	case errors.Is(err, grimoireauth.ErrForbidden):
		return r.get(stytchhttp.AsProject(ctx), op, class, member)
	case err != nil:
		return grimoireauth.Member{}, err
	}
	found, err := r.about(op, requestID, grimoireauth.Person{Member: member, Class: class}, raw)
	if err == nil && found.Status == grimoireauth.StatusDeleted {
		return grimoireauth.Member{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNotFound, RequestID: requestID}
	}
	return found, err
}

// keepInstructor refuses a change after which the class would have no instructor. It
// looks for one other instructor, and no further.
func (r Roster) keepInstructor(ctx context.Context, op string, leaving grimoireauth.Member, force []Force) error {
	for _, f := range force {
		if f == EvenLastInstructor {
			return nil
		}
	}
	if !teaches(leaving) {
		return nil
	}
	for _, role := range teaching(r.c.roles) {
		for other, err := range r.find(ctx, op, MemberQuery{Role: role, Statuses: []grimoireauth.MemberStatus{grimoireauth.StatusActive}}, leaving.Class) {
			if err != nil {
				return err
			}
			if other.Member != leaving.Member && teaches(other) {
				return nil
			}
		}
	}
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrLastInstructor}
}
