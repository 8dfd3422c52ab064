package state

import (
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// LockLife is how long a lock lasts. Stytch lets a project choose.
const LockLife = time.Hour

// The statuses of a member.
const (
	StatusPending = "pending"
	StatusInvited = "invited"
	StatusActive  = "active"
	StatusDeleted = "deleted"
)

// Member is a person in one organization.
type Member struct {
	Seq            int64                `json:"seq"`
	ID             string               `json:"member_id"`
	OrganizationID string               `json:"organization_id"`
	Email          string               `json:"email_address"`
	EmailID        string               `json:"email_id"`
	Verified       bool                 `json:"email_address_verified,omitempty"`
	Status         string               `json:"status"`
	Name           string               `json:"name,omitempty"`
	ExternalID     string               `json:"external_id,omitempty"`
	Roles          []string             `json:"roles"` // assigned ones; stytch_member is not named
	Phone          string               `json:"mfa_phone_number,omitempty"`
	PhoneID        string               `json:"mfa_phone_id,omitempty"`
	PhoneVerified  bool                 `json:"mfa_phone_number_verified,omitempty"`
	DefaultMFA     string               `json:"default_mfa_method,omitempty"`
	MFAEnrolled    bool                 `json:"mfa_enrolled,omitempty"`
	Breakglass     bool                 `json:"is_breakglass,omitempty"`
	Trusted        wire.Metadata        `json:"trusted_metadata"`
	Untrusted      wire.Metadata        `json:"untrusted_metadata"`
	Retired        []wire.RetiredEmail  `json:"retired_email_addresses,omitempty"`
	TOTP           *TOTP                `json:"totp,omitempty"` // an authenticator app, also one that is not confirmed yet
	Password       *Password            `json:"password,omitempty"`
	OAuth          []*OAuthRegistration `json:"oauth_registrations,omitempty"`
	SSO            []*SSORegistration   `json:"sso_registrations,omitempty"`
	SCIM           *SCIMRegistration    `json:"scim_registration,omitempty"`
	Apps           map[string][]string  `json:"connected_apps,omitempty"` // the scopes of the Connected Apps that they have let in, by client_id
	Failures       int                  `json:"failures,omitempty"`       // wrong passwords and codes in a row
	LockedAt       time.Time            `json:"locked_at,omitzero"`
	CreatedAt      time.Time            `json:"created_at"`
	UpdatedAt      time.Time            `json:"updated_at"`

	indexed memberNames // where the index of the organization's members has them
}

// MemberJSON is the member as Stytch sends them.
func (db *State) MemberJSON(m *Member) wire.Member {
	out := wire.Member{
		OrganizationID:         m.OrganizationID,
		MemberID:               m.ID,
		EmailAddress:           m.Email,
		Status:                 m.Status,
		Name:                   m.Name,
		SSORegistrations:       []wire.SSORegistration{},
		IsBreakglass:           m.Breakglass,
		OAuthRegistrations:     []wire.OAuthRegistration{},
		EmailAddressVerified:   m.Verified,
		MFAPhoneNumberVerified: m.PhoneVerified,
		RetiredEmailAddresses:  append([]wire.RetiredEmail{}, m.Retired...),
		MFAEnrolled:            m.MFAEnrolled,
		MFAPhoneNumber:         m.Phone,
		DefaultMFAMethod:       m.DefaultMFA,
		Roles:                  db.memberRoles(m),
		TrustedMetadata:        m.Trusted,
		UntrustedMetadata:      m.Untrusted,
		CreatedAt:              wire.Timestamp(m.CreatedAt),
		UpdatedAt:              wire.Timestamp(m.UpdatedAt),
		ExternalID:             wire.OrNull(m.ExternalID),
		SCIMRegistration:       db.scimJSON(m),
	}
	for _, r := range m.SSO {
		out.SSORegistrations = append(out.SSORegistrations, r.json())
	}
	for _, r := range m.OAuth {
		out.OAuthRegistrations = append(out.OAuthRegistrations, r.json())
	}
	if m.Password != nil {
		out.MemberPasswordID = m.Password.ID
	}
	if m.HasTOTP() {
		out.TOTPRegistrationID = m.TOTP.ID
	}
	if end := m.LockedAt.Add(LockLife); !m.LockedAt.IsZero() && time.Now().Before(end) {
		from, to := wire.Timestamp(m.LockedAt), wire.Timestamp(end)
		out.IsLocked, out.LockCreatedAt, out.LockExpiresAt = true, &from, &to
	}
	out.IsAdmin = slices.ContainsFunc(out.Roles, func(r wire.MemberRole) bool { return r.RoleID == wire.RoleAdmin })
	return out
}

// memberRoles returns the member's roles with where each comes from. One role can
// have several sources.
func (db *State) memberRoles(m *Member) []wire.MemberRole {
	direct := func() wire.RoleSource {
		return wire.RoleSource{Type: "direct_assignment", Details: map[string]string{}}
	}
	out := []wire.MemberRole{{RoleID: wire.RoleMember, Sources: []wire.RoleSource{direct()}}}
	for _, id := range m.Roles {
		out = append(out, wire.MemberRole{RoleID: id, Sources: []wire.RoleSource{direct()}})
	}
	add := func(role string, source wire.RoleSource) {
		if i := slices.IndexFunc(out, func(r wire.MemberRole) bool { return r.RoleID == role }); i >= 0 {
			out[i].Sources = append(out[i].Sources, source)
		} else {
			out = append(out, wire.MemberRole{RoleID: role, Sources: []wire.RoleSource{source}})
		}
	}
	for _, implicit := range db.implicitRoles(m) {
		add(implicit.RoleID, wire.RoleSource{Type: "email_assignment", Details: map[string]string{"email_domain": implicit.Domain}})
	}
	for _, r := range db.scimRoles(m) {
		add(r.RoleID, wire.RoleSource{Type: "scim_connection_group", Details: map[string]string{"connection_id": m.SCIM.ConnectionID, "group_id": r.GroupID}})
	}
	for _, r := range m.SSO {
		for _, g := range db.GrantedRoles(r) {
			add(g.Role, g.source(r.ConnectionID))
		}
	}
	return out
}

// implicitRoles are the roles that the member's e-mail domain brings. Only a
// proven address counts, or a typo could give a stranger a role.
func (db *State) implicitRoles(m *Member) []wire.ImplicitRole {
	if !m.Verified {
		return nil
	}
	var out []wire.ImplicitRole
	for _, r := range db.Org(m.OrganizationID).Settings.ImplicitRoles {
		if r.Domain == wire.DomainOf(m.Email) {
			out = append(out, r)
		}
	}
	return out
}

// RoleIDs are the ids of all the member's roles.
func (db *State) RoleIDs(m *Member) []string {
	var ids []string
	for _, r := range db.memberRoles(m) {
		ids = append(ids, r.RoleID)
	}
	return ids
}

// ownRoleIDs are those that count in every session: the roles that come through
// an SSO connection do not.
// Source: https://stytch.com/docs/b2b/guides/rbac/role-assignment
func (db *State) ownRoleIDs(m *Member) []string {
	ids := append([]string{wire.RoleMember}, m.Roles...)
	for _, r := range db.implicitRoles(m) {
		if !slices.Contains(ids, r.RoleID) {
			ids = append(ids, r.RoleID)
		}
	}
	for _, r := range db.scimRoles(m) {
		if !slices.Contains(ids, r.RoleID) {
			ids = append(ids, r.RoleID)
		}
	}
	return ids
}

// IsSMS reports whether the member's second factor is a code by SMS.
func (m *Member) IsSMS() bool {
	return m.Phone != "" && (m.DefaultMFA == "" || m.DefaultMFA == "sms_otp")
}
