package stytchclient

import (
	"context"
	"errors"
	"net/url"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// Remove takes a member off the roster and ends their sessions, and makes
// invitations and links on their way to them worthless. It counts from the next
// request on: their session_jwts are stale at once in this process, and in those
// that share its revocations, and Stytch refreshes none of them any more. Stytch keeps the
// member as deleted, so that they can be taken back by [Roster.Reenroll]. The last
// instructor is not removed unless forced: see [Roster.SetRole] for what that
// means and for its limit.
//
// Errors: [grimoireauth.ErrNotFound], also for a member who was removed already;
// [grimoireauth.ErrLastInstructor].
// Source: https://stytch.com/docs/b2b/api/delete-member
func (r Roster) Remove(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID, force ...Force) error {
	return r.remove(ctx, "remove member", class, member, force, func(grimoireauth.Member) error { return nil })
}

// Deny takes a person off the roster who never signed in: it refuses a pending member,
// and takes an invitation back. Errors: [grimoireauth.ErrConflict] if they have joined;
// [grimoireauth.ErrNotFound].
func (r Roster) Deny(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
	const op = "deny"
	return r.remove(ctx, op, class, member, nil, func(m grimoireauth.Member) error {
		if m.Status == grimoireauth.StatusActive {
			return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrConflict}
		}
		return nil
	})
}

func (r Roster) remove(ctx context.Context, op string, class grimoireauth.ClassID, member grimoireauth.MemberID, force []Force, may func(grimoireauth.Member) error) error {
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return err
	}
	if _, err := r.c.actor(ctx, op, class); err != nil {
		return err
	}
	before, err := r.before(ctx, op, class, member)
	if err != nil {
		return err
	}
	if err := may(before); err != nil {
		return err
	}
	if err := r.keepInstructor(ctx, op, before, force); err != nil {
		return err
	}
	err, notAnnounced := r.c.revokeAround(ctx, op, grimoireauth.Revocation{Member: member}, func(ctx context.Context) error {
		return r.delete(ctx, op, before)
	})
	return errors.Join(err, notAnnounced)
}

func (r Roster) delete(ctx context.Context, op string, before grimoireauth.Member) error {
	after := before
	after.Status = grimoireauth.StatusDeleted
	audit := grimoireauth.Changed{Op: op, Class: before.Class, Member: before.Member, Fields: difference(memberAudit(before), memberAudit(after))}
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.DeleteResponse, error) {
		return r.c.api.Organizations.Members.Delete(ctx, &members.DeleteParams{
			OrganizationID: string(before.Class), MemberID: string(before.Member),
		})
	})
	switch {
	case err == nil:
		audit.RequestID = res.RequestID
	case errors.Is(err, grimoireauth.ErrNotFound):
		// They were there a moment ago: the answer to an earlier attempt was lost.
	default:
		r.c.recordUnknown(ctx, audit, err)
		return err
	}
	r.c.record(ctx, audit)
	return nil
}

// Reenroll takes back a member who was removed: with their name, role and
// metadata, and suspended if they were. A member who is on the roster stays as
// they are, and is returned without an error, so that it can be repeated.
//
// Stytch does not take a member back who never proved their address. Such a member is
// enrolled anew: the Member that is returned has another id then, and no external
// id. Errors: [grimoireauth.ErrNotFound] if they never were on this roster; [grimoireauth.ErrConflict] if
// their address belongs to another member by now.
// Source: https://stytch.com/docs/b2b/api/reactivate-member
func (r Roster) Reenroll(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID) (grimoireauth.Member, error) {
	const op = "reenroll"
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return grimoireauth.Member{}, err
	}
	by, err := r.c.actor(ctx, op, class)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	raw, requestID, err := r.ever(ctx, op, class, member)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	before, err := r.c.memberOf(op, requestID, class, raw)
	if err != nil || before.Status != grimoireauth.StatusDeleted {
		return before, err
	}
	// They come back as what they were.
	if err := by.mayGive(op, max(before.Role, grimoireauth.RoleStudent)); err != nil {
		return grimoireauth.Member{}, err
	}
	switch {
	case !before.EmailVerified:
		return r.anew(ctx, op, raw)
	}
	audit := grimoireauth.Changed{Op: op, Class: class, Member: member}
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.ReactivateResponse, error) {
		return r.c.api.Organizations.Members.Reactivate(ctx, &members.ReactivateParams{OrganizationID: string(class), MemberID: string(member)})
	})
	var e *grimoireauth.Error
	switch {
	case errors.As(err, &e) && e.Type == "no_deleted_member_found_for_reactivation":
		// Another call was quicker, or the answer to an earlier attempt was lost.
		return r.before(ctx, op, class, member)
	case err != nil:
		r.c.recordUnknown(ctx, audit, err)
		return grimoireauth.Member{}, err
	}
	after, err := r.c.memberOf(op, res.RequestID, class, res.Member)
	switch {
	case err != nil:
		return grimoireauth.Member{}, err
	case after.Member != member || after.Status == grimoireauth.StatusDeleted:
		return grimoireauth.Member{}, incomplete(op, res.RequestID, "is not about a member who was taken back")
	}
	audit.RequestID, audit.Fields = res.RequestID, difference(memberAudit(before), memberAudit(after))
	r.c.record(ctx, audit)
	return after, nil
}

// Approve lets a person in who is pending or invited, without waiting for them to
// follow a link. An active member stays as they are, and is returned without an
// error.
//
// Stytch has no call for it, so the entry is removed and the person enrolled with
// the same address, name, role and metadata: the Member that is returned has
// another id and no external id, and links on their way to them stop working. If
// the second half fails they are off the roster, and the error says so; then
// enroll them. Errors: [grimoireauth.ErrNotFound].
func (r Roster) Approve(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID) (grimoireauth.Member, error) {
	const op = "approve"
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return grimoireauth.Member{}, err
	}
	raw, requestID, err := r.ever(ctx, op, class, member)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	before, err := r.c.memberOf(op, requestID, class, raw)
	switch {
	case err != nil || before.Status == grimoireauth.StatusActive:
		return before, err
	case before.Status == grimoireauth.StatusDeleted:
		return grimoireauth.Member{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNotFound, RequestID: requestID}
	}
	if err := r.delete(ctx, op, before); err != nil {
		return grimoireauth.Member{}, err
	}
	after, err := r.anew(ctx, op, raw)
	if err != nil {
		return grimoireauth.Member{}, errors.Join(err, errors.New("the old entry is removed and there is no new one: enroll them"))
	}
	return after, nil
}

// anew enrolls a person with what an old entry of theirs says. Roles that came
// from elsewhere than an assignment come from there again.
func (r Roster) anew(ctx context.Context, op string, old organizations.Member) (grimoireauth.Member, error) {
	roles := []string{}
	for _, role := range old.Roles {
		for _, source := range role.Sources {
			if source.Type == "direct_assignment" && role.RoleID != grimoireauth.StytchMember {
				roles = append(roles, role.RoleID)
				break
			}
		}
	}
	return r.create(ctx, op, &members.CreateParams{
		OrganizationID:    old.OrganizationID,
		EmailAddress:      old.EmailAddress,
		Name:              old.Name,
		Roles:             roles,
		TrustedMetadata:   old.TrustedMetadata,
		UntrustedMetadata: old.UntrustedMetadata,
		IsBreakglass:      old.IsBreakglass,
	})
}

// ever looks up a member who may have been removed.
func (r Roster) ever(ctx context.Context, op string, class grimoireauth.ClassID, member grimoireauth.MemberID) (organizations.Member, string, error) {
	res, err := r.search(ctx, op, &members.SearchParams{OrganizationIds: []string{string(class)}, Limit: 1}, []map[string]any{
		operand("member_ids", []string{string(member)}),
		operand("statuses", []grimoireauth.MemberStatus{grimoireauth.StatusActive, grimoireauth.StatusInvited, grimoireauth.StatusPending, grimoireauth.StatusDeleted}),
	})
	switch {
	case err != nil:
		return organizations.Member{}, "", err
	case len(res.Members) == 0:
		return organizations.Member{}, "", &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNotFound, RequestID: res.RequestID}
	case res.Members[0].MemberID != string(member):
		return organizations.Member{}, "", incomplete(op, res.RequestID, "is about another member")
	}
	return res.Members[0], res.RequestID, nil
}

func memberPath(who grimoireauth.Person) string {
	return organizationPath(who.Class) + "/members/" + url.PathEscape(string(who.Member))
}
