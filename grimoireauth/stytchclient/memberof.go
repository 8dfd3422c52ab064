package stytchclient

import (
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// memberOf reads Stytch's Member. Class, if not empty, is the one it must
// belong to.
func (c *Client) memberOf(op, requestID string, class grimoireauth.ClassID, m organizations.Member) (grimoireauth.Member, error) {
	switch {
	case m.MemberID == "":
		return grimoireauth.Member{}, incomplete(op, requestID, "has no member_id")
	case m.OrganizationID == "":
		return grimoireauth.Member{}, incomplete(op, requestID, "has a member without organization_id")
	case class != "" && string(class) != m.OrganizationID:
		return grimoireauth.Member{}, incomplete(op, requestID, "is about a member of another organization")
	}
	roles := make([]string, len(m.Roles))
	for i, role := range m.Roles {
		roles[i] = role.RoleID
	}
	return grimoireauth.Member{
		Person:              grimoireauth.Person{Member: grimoireauth.MemberID(m.MemberID), Class: grimoireauth.ClassID(m.OrganizationID)},
		Email:               m.EmailAddress,
		EmailVerified:       m.EmailAddressVerified,
		Name:                m.Name,
		ExternalID:          m.ExternalID,
		Status:              grimoireauth.MemberStatus(m.Status),
		Suspended:           isSuspended(m),
		Role:                c.roles.Role(roles...),
		Roles:               roles,
		MFAEnrolled:         m.MFAEnrolled,
		Phone:               m.MFAPhoneNumber,
		App:                 m.TOTPRegistrationID != "",
		DefaultSecondFactor: grimoireauth.SecondFactor(m.DefaultMFAMethod),
		Breakglass:          m.IsBreakglass,
		Metadata:            ownMetadata(m.TrustedMetadata),
	}, nil
}

// teaches reports whether the class can be run by this member today.
func teaches(m grimoireauth.Member) bool {
	return m.Status == grimoireauth.StatusActive && !m.Suspended && m.Role.AtLeast(grimoireauth.RoleInstructor)
}

// memberAudit lists the member's fields.
func memberAudit(m grimoireauth.Member) []field {
	return []field{
		{"email", m.Email, true},
		{"email_verified", said(m.EmailVerified), false},
		{"name", m.Name, true},
		{"external_id", m.ExternalID, true},
		{"status", string(m.Status), false},
		{"suspended", said(m.Suspended), false},
		{"role", m.Role.String(), false},
		{"roles", list(m.Roles), false},
		{"mfa_enrolled", said(m.MFAEnrolled), false},
		{"phone", m.Phone, true},
		{"app", said(m.App), false},
		{"default_second_factor", string(m.DefaultSecondFactor), false},
		{"breakglass", said(m.Breakglass), false},
		{"metadata", encoded(m.Metadata), true},
	}
}
