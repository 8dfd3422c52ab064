package stytchclient

import (
	"context"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// ExplainRole asks Stytch what a member is and where each of their roles comes
// from: assigned to them, brought by their e-mail domain, by an SSO connection or
// by a directory group. The Role is the one that counts in every session of
// theirs. A role that only an SSO connection brings is withheld here, with the
// reason, because it counts only in sessions signed in through that connection;
// [grimoireauth.ExplainRole] explains one session. Errors: [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/member-object
func (r Roster) ExplainRole(ctx context.Context, who grimoireauth.Person) (grimoireauth.RoleExplanation, error) {
	const op = "explain role"
	if err := invalid(op, needed("class id", string(who.Class)), needed("member id", string(who.Member))); err != nil {
		return grimoireauth.RoleExplanation{}, err
	}
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.GetResponse, error) {
		return r.c.api.Organizations.Members.Get(ctx, &members.GetParams{
			OrganizationID: string(who.Class), MemberID: string(who.Member),
		})
	})
	if err != nil {
		return grimoireauth.RoleExplanation{}, err
	}
	member, err := r.c.memberOf(op, res.RequestID, who.Class, res.Member)
	if err != nil {
		return grimoireauth.RoleExplanation{}, err
	}
	if member.Member != who.Member {
		return grimoireauth.RoleExplanation{}, incomplete(op, res.RequestID, "is about another member")
	}
	out := grimoireauth.RoleExplanation{Class: member.Class, Member: member.Member}
	for _, role := range res.Member.Roles {
		for _, source := range role.Sources {
			reason := reasonOf(r.c.roles, role.RoleID, source)
			if reason.Granted {
				out.Role = max(out.Role, reason.Role)
			}
			out.Reasons = append(out.Reasons, reason)
		}
	}
	switch member.Status {
	case grimoireauth.StatusActive:
	case grimoireauth.StatusInvited, grimoireauth.StatusPending:
		out.Reasons = append(out.Reasons, grimoireauth.RoleReason{Source: "status", Value: string(member.Status), Why: "they have not signed in to this class yet"})
	default:
		out.Role = grimoireauth.RoleNone
		out.Reasons = append(out.Reasons, grimoireauth.RoleReason{Source: "status", Value: string(member.Status), Why: "they are not in this class, so nothing counts"})
	}
	return out, nil
}

// reasonOf explains one source of one of a member's roles.
func reasonOf(t grimoireauth.RoleTable, id string, source organizations.MemberRoleSource) grimoireauth.RoleReason {
	reason := grimoireauth.RoleReason{Source: sourceRole, Value: id, Role: t.Role(id), Granted: true}
	switch source.Type {
	case "direct_assignment":
		reason.Why = "assigned to the member"
	case "email_assignment":
		reason.Why = fmt.Sprintf("brought by the e-mail domain %.100q", source.Details["email_domain"])
	case "scim_connection_group":
		reason.Why = "brought by a group of the directory"
	case "sso_connection", "sso_connection_group":
		reason.Granted = false
		reason.Why = fmt.Sprintf("counts only in sessions signed in through SAML connection %.100q", source.Details["connection_id"])
	default:
		// A way that this version does not know may have conditions, too.
		reason.Granted = false
		reason.Why = fmt.Sprintf("comes from a source that this version does not know, %.100q", source.Type)
	}
	if reason.Role == grimoireauth.RoleNone {
		reason.Granted, reason.Why = false, "the role table does not know it, so it grants nothing"
	}
	return reason
}

// sourceRole is the Source of what a Stytch role says, as [grimoireauth.RoleTable.OrgPerClass] writes it.
const sourceRole = "Stytch role"
