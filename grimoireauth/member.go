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
	Email         string
	EmailVerified bool   // they have proven that the address is theirs
	Name          string // as the roster has it; may be empty
	// ExternalID is the person's id in another system, such as a student number.
	// Empty: none.
	ExternalID string
	Status     MemberStatus
	// Suspended says that they are on the roster and cannot sign in: see
	// [Roster.Suspend].
	Suspended bool
	Role      Role
	// Roles are the Stytch role ids behind Role, from every source. A session can
	// carry fewer: see [Session.Roles].
	Roles []string

	// MFAEnrolled says that they are asked for a second factor at every sign-in,
	// whatever the class asks for.
	MFAEnrolled bool
	// Phone is the number for codes by SMS. Empty: none.
	Phone string
	// App reports whether an authenticator app is enrolled.
	App bool
	// DefaultSecondFactor is the one that is asked for first. Empty: none chosen.
	DefaultSecondFactor SecondFactor
	// Breakglass members may sign in in every way, whatever the class allows: for
	// the day its identity provider is down.
	Breakglass bool
	Metadata   Metadata // without the keys of this package; nil if there is none
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
		Person:              Person{Member: MemberID(m.MemberID), Class: ClassID(m.OrganizationID)},
		Email:               m.EmailAddress,
		EmailVerified:       m.EmailAddressVerified,
		Name:                m.Name,
		ExternalID:          m.ExternalID,
		Status:              MemberStatus(m.Status),
		Suspended:           isSuspended(m),
		Role:                c.roles.Role(roles...),
		Roles:               roles,
		MFAEnrolled:         m.MFAEnrolled,
		Phone:               m.MFAPhoneNumber,
		App:                 m.TOTPRegistrationID != "",
		DefaultSecondFactor: SecondFactor(m.DefaultMFAMethod),
		Breakglass:          m.IsBreakglass,
		Metadata:            Metadata(m.TrustedMetadata).own(),
	}, nil
}

// teaches reports whether the class can be run by this member today.
func (m Member) teaches() bool {
	return m.Status == StatusActive && !m.Suspended && m.Role.AtLeast(RoleInstructor)
}

// audit lists the member's fields.
func (m Member) audit() []field {
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
