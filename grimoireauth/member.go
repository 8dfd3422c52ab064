package grimoireauth

import (
	"log/slog"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// MemberStatus is where a member stands, in Stytch's words.
type MemberStatus string

// The statuses of a member.
const (
	StatusActive  MemberStatus = "active"
	StatusInvited MemberStatus = "invited" // has an invitation that was not taken up yet
	StatusPending MemberStatus = "pending" // began to sign up and has not finished
	StatusDeleted MemberStatus = "deleted" // removed from the class
)

// Member is one line of a class's roster.
type Member struct {
	Person
	Email  string
	Name   string // as the roster has it; may be empty
	Status MemberStatus
	Role   Role
	// Roles are the Stytch role ids behind Role, from every source. A session can
	// carry fewer: see [Session.Roles].
	Roles       []string
	MFAEnrolled bool
}

// LogValue shows ids only: rosters are student data. It implements
// [slog.LogValuer].
func (m Member) LogValue() slog.Value {
	return slog.GroupValue(slog.String("member", string(m.Member)), slog.String("class", string(m.Class)))
}

// memberOf reads Stytch's Member. Class, if not empty, is the one it must
// belong to.
func (c *Client) memberOf(op, requestID string, class ClassID, m organizations.Member) (Member, error) {
	switch {
	case m.MemberID == "":
		return Member{}, incomplete(op, requestID, "has no member_id")
	case m.OrganizationID == "":
		return Member{}, incomplete(op, requestID, "has a member without organization_id")
	case class != "" && string(class) != m.OrganizationID:
		return Member{}, incomplete(op, requestID, "is about a member of another organization")
	}
	roles := make([]string, len(m.Roles))
	for i, role := range m.Roles {
		roles[i] = role.RoleID
	}
	return Member{
		Person:      Person{Member: MemberID(m.MemberID), Class: ClassID(m.OrganizationID)},
		Email:       m.EmailAddress,
		Name:        m.Name,
		Status:      MemberStatus(m.Status),
		Role:        c.roles.Role(roles...),
		Roles:       roles,
		MFAEnrolled: m.MFAEnrolled,
	}, nil
}
