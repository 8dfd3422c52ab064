package grimoireauth

import (
	"context"
	"errors"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// SetRole gives a member this role in the class, and takes every other role away
// that was assigned to them by hand. It counts from the next request on: their
// session_jwts are stale at once in this process, and whoever shares its cutoffs.
// [RoleNone] is refused: whoever is to be nothing in the class is removed.
//
// Errors: [ErrNotFound]; [ErrInvalid] before anything is sent. An error beside a
// Member says that the role is set and that other processes may not know it for
// as long as a session_jwt lives.
// Source: https://stytch.com/docs/b2b/api/update-member
func (r Roster) SetRole(ctx context.Context, class ClassID, member MemberID, role Role) (Member, error) {
	const op = "set role"
	roles, fault := r.c.roles.assignment(role)
	if err := invalid(op, needed("class id", string(class)), needed("member id", string(member)), fault); err != nil {
		return Member{}, err
	}
	res, err, notCut := cutAround(ctx, r.c, op, Cutoff{Member: member}, func(ctx context.Context) (*members.UpdateResponse, error) {
		return r.c.api.Organizations.Members.Update(ctx, &members.UpdateParams{
			OrganizationID: string(class),
			MemberID:       string(member),
			Roles:          &roles, // a pointer, so that "none" is not left out
		})
	})
	if res == nil {
		return Member{}, errors.Join(err, notCut)
	}
	changed, incomplete := r.c.memberOf(op, res.RequestID, class, res.Member)
	if incomplete != nil {
		return Member{}, incomplete
	}
	return changed, notCut
}

// Remove takes a member off the roster and ends their sessions. It counts from
// the next request on: their session_jwts are stale at once in this process, and
// whoever shares its cutoffs, and Stytch refreshes none of them any more. Stytch
// keeps the member as deleted, so that they can be taken back. A member who was
// removed already is [ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/delete-member
func (r Roster) Remove(ctx context.Context, class ClassID, member MemberID) error {
	const op = "remove member"
	if err := invalid(op, needed("class id", string(class)), needed("member id", string(member))); err != nil {
		return err
	}
	_, err, notCut := cutAround(ctx, r.c, op, Cutoff{Member: member}, func(ctx context.Context) (*members.DeleteResponse, error) {
		return r.c.api.Organizations.Members.Delete(ctx, &members.DeleteParams{
			OrganizationID: string(class),
			MemberID:       string(member),
		})
	})
	return errors.Join(err, notCut)
}
