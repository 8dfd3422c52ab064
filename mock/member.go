package mock

import (
	"slices"
	"time"
)

// The statuses of a member.
const (
	statusPending = "pending"
	statusInvited = "invited"
	statusActive  = "active"
	statusDeleted = "deleted"
)

// member is somebody in one organization.
type member struct {
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
	Trusted        metadata             `json:"trusted_metadata"`
	Untrusted      metadata             `json:"untrusted_metadata"`
	Retired        []retiredEmail       `json:"retired_email_addresses,omitempty"`
	TOTP           *totp                `json:"totp,omitempty"` // an authenticator app, also one that is not confirmed yet
	Password       *password            `json:"password,omitempty"`
	OAuth          []*oauthRegistration `json:"oauth_registrations,omitempty"`
	SSO            []*ssoRegistration   `json:"sso_registrations,omitempty"`
	Failures       int                  `json:"failures,omitempty"` // wrong passwords and codes in a row
	LockedAt       time.Time            `json:"locked_at,omitzero"`
	CreatedAt      time.Time            `json:"created_at"`
	UpdatedAt      time.Time            `json:"updated_at"`

	entered memberNames // where the index of the organization's members has them
}

// retiredEmail is an address that a member had. Nobody else in the organization
// may take it.
type retiredEmail struct {
	EmailID      string `json:"email_id"`
	EmailAddress string `json:"email_address"`
}

// memberJSON is the Member object with every field that is not optional.
// Source: https://stytch.com/docs/b2b/api/member-object
type memberJSON struct {
	OrganizationID         string                  `json:"organization_id"`
	MemberID               string                  `json:"member_id"`
	EmailAddress           string                  `json:"email_address"`
	Status                 string                  `json:"status"`
	Name                   string                  `json:"name"`
	SSORegistrations       []ssoRegistrationJSON   `json:"sso_registrations"`
	IsBreakglass           bool                    `json:"is_breakglass"`
	MemberPasswordID       string                  `json:"member_password_id"`
	OAuthRegistrations     []oauthRegistrationJSON `json:"oauth_registrations"`
	EmailAddressVerified   bool                    `json:"email_address_verified"`
	MFAPhoneNumberVerified bool                    `json:"mfa_phone_number_verified"`
	IsAdmin                bool                    `json:"is_admin"`
	TOTPRegistrationID     string                  `json:"totp_registration_id"`
	RetiredEmailAddresses  []retiredEmail          `json:"retired_email_addresses"`
	IsLocked               bool                    `json:"is_locked"`
	MFAEnrolled            bool                    `json:"mfa_enrolled"`
	MFAPhoneNumber         string                  `json:"mfa_phone_number"`
	DefaultMFAMethod       string                  `json:"default_mfa_method"`
	Roles                  []memberRoleJSON        `json:"roles"`
	TrustedMetadata        metadata                `json:"trusted_metadata"`
	UntrustedMetadata      metadata                `json:"untrusted_metadata"`
	CreatedAt              moment                  `json:"created_at"`
	UpdatedAt              moment                  `json:"updated_at"`
	SCIMRegistration       any                     `json:"scim_registration"`
	ExternalID             *string                 `json:"external_id"`
	LockCreatedAt          *moment                 `json:"lock_created_at"`
	LockExpiresAt          *moment                 `json:"lock_expires_at"`
}

type memberRoleJSON struct {
	RoleID  string           `json:"role_id"`
	Sources []roleSourceJSON `json:"sources"`
}

type roleSourceJSON struct {
	Type    string            `json:"type"`
	Details map[string]string `json:"details"`
}

// memberJSON is the member as Stytch sends them.
func (db *store) memberJSON(m *member) memberJSON {
	out := memberJSON{
		OrganizationID:         m.OrganizationID,
		MemberID:               m.ID,
		EmailAddress:           m.Email,
		Status:                 m.Status,
		Name:                   m.Name,
		SSORegistrations:       []ssoRegistrationJSON{},
		IsBreakglass:           m.Breakglass,
		OAuthRegistrations:     []oauthRegistrationJSON{},
		EmailAddressVerified:   m.Verified,
		MFAPhoneNumberVerified: m.PhoneVerified,
		RetiredEmailAddresses:  append([]retiredEmail{}, m.Retired...),
		MFAEnrolled:            m.MFAEnrolled,
		MFAPhoneNumber:         m.Phone,
		DefaultMFAMethod:       m.DefaultMFA,
		Roles:                  db.memberRoles(m),
		TrustedMetadata:        m.Trusted,
		UntrustedMetadata:      m.Untrusted,
		CreatedAt:              moment(m.CreatedAt),
		UpdatedAt:              moment(m.UpdatedAt),
		ExternalID:             orNull(m.ExternalID),
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
	if m.hasTOTP() {
		out.TOTPRegistrationID = m.TOTP.ID
	}
	if end := m.LockedAt.Add(lockLife); !m.LockedAt.IsZero() && time.Now().Before(end) {
		from, to := moment(m.LockedAt), moment(end)
		out.IsLocked, out.LockCreatedAt, out.LockExpiresAt = true, &from, &to
	}
	out.IsAdmin = slices.ContainsFunc(out.Roles, func(r memberRoleJSON) bool { return r.RoleID == roleAdmin })
	return out
}

// memberRoles returns the member's roles with where each comes from. One role can
// have several sources.
func (db *store) memberRoles(m *member) []memberRoleJSON {
	direct := func() roleSourceJSON {
		return roleSourceJSON{Type: "direct_assignment", Details: map[string]string{}}
	}
	out := []memberRoleJSON{{RoleID: roleMember, Sources: []roleSourceJSON{direct()}}}
	for _, id := range m.Roles {
		out = append(out, memberRoleJSON{RoleID: id, Sources: []roleSourceJSON{direct()}})
	}
	add := func(role string, source roleSourceJSON) {
		if i := slices.IndexFunc(out, func(r memberRoleJSON) bool { return r.RoleID == role }); i >= 0 {
			out[i].Sources = append(out[i].Sources, source)
		} else {
			out = append(out, memberRoleJSON{RoleID: role, Sources: []roleSourceJSON{source}})
		}
	}
	for _, implicit := range db.implicitRoles(m) {
		add(implicit.RoleID, roleSourceJSON{Type: "email_assignment", Details: map[string]string{"email_domain": implicit.Domain}})
	}
	for _, r := range m.SSO {
		for _, g := range db.grants(r) {
			add(g.role, g.source(r.ConnectionID))
		}
	}
	return out
}

// implicitRoles are the roles that the member's e-mail domain brings. Only a
// proven address counts, or anybody could be enrolled into a role by a typo.
func (db *store) implicitRoles(m *member) []implicitRole {
	if !m.Verified {
		return nil
	}
	var out []implicitRole
	for _, r := range db.org(m.OrganizationID).Settings.ImplicitRoles {
		if r.Domain == domainOf(m.Email) {
			out = append(out, r)
		}
	}
	return out
}

// roleIDs are the ids of all the member's roles.
func (db *store) roleIDs(m *member) []string {
	var ids []string
	for _, r := range db.memberRoles(m) {
		ids = append(ids, r.RoleID)
	}
	return ids
}

// ownRoleIDs are those that count in every session: the roles that come through
// an SSO connection do not.
// Source: https://stytch.com/docs/b2b/guides/rbac/role-assignment
func (db *store) ownRoleIDs(m *member) []string {
	ids := append([]string{roleMember}, m.Roles...)
	for _, r := range db.implicitRoles(m) {
		if !slices.Contains(ids, r.RoleID) {
			ids = append(ids, r.RoleID)
		}
	}
	return ids
}

// newMember makes a member, who counts once keep has stored them. The address
// must have been admitted.
func (c *call) newMember(org *organization, email, status string) *member {
	return &member{
		ID:             c.newID("member"),
		OrganizationID: org.ID,
		Email:          email,
		EmailID:        c.newID("email"),
		Status:         status,
		Roles:          []string{},
		Trusted:        metadata{},
		Untrusted:      metadata{},
		CreatedAt:      c.now,
		UpdatedAt:      c.now,
	}
}

// keep stores a member who was made by newMember.
func (c *call) keep(m *member) {
	if c.crossOrgPasswords {
		m.Password = c.db.Passwords[foldEmail(m.Email)].copied()
	}
	c.db.addMember(m)
}

// prove notes that the member has proven their address.
func (c *call) prove(m *member) {
	if !m.Verified {
		m.Verified, m.UpdatedAt = true, c.now
	}
}

// activate notes that the member has signed in.
func (c *call) activate(m *member) {
	if m.Status == statusPending || m.Status == statusInvited {
		m.Status, m.UpdatedAt = statusActive, c.now
	}
}

// isSMS reports whether the member's second factor is a code by SMS.
func (m *member) isSMS() bool {
	return m.Phone != "" && (m.DefaultMFA == "" || m.DefaultMFA == "sms_otp")
}
