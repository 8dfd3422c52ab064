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
	seq                  int64
	id                   string
	org                  *organization
	email, emailID       string
	verified             bool // the address has been proven
	status               string
	name                 string
	externalID           string
	roles                []string // assigned ones; stytch_member is not named
	phone, phoneID       string
	phoneVerified        bool
	defaultMFA           string
	mfaEnrolled          bool
	breakglass           bool
	trusted, untrusted   metadata
	retired              []retiredEmail
	totp                 *totp     // an authenticator app, also one that is not confirmed yet
	password             *password // nil: none
	entered              entry     // where the organization's roll has them
	oauth                []*oauthRegistration
	sso                  []*ssoRegistration
	failures             int // wrong passwords and codes in a row
	lockedAt             time.Time
	createdAt, updatedAt time.Time
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

func (m *member) json() memberJSON {
	out := memberJSON{
		OrganizationID:         m.org.id,
		MemberID:               m.id,
		EmailAddress:           m.email,
		Status:                 m.status,
		Name:                   m.name,
		SSORegistrations:       []ssoRegistrationJSON{},
		IsBreakglass:           m.breakglass,
		OAuthRegistrations:     []oauthRegistrationJSON{},
		EmailAddressVerified:   m.verified,
		MFAPhoneNumberVerified: m.phoneVerified,
		RetiredEmailAddresses:  append([]retiredEmail{}, m.retired...),
		MFAEnrolled:            m.mfaEnrolled,
		MFAPhoneNumber:         m.phone,
		DefaultMFAMethod:       m.defaultMFA,
		Roles:                  m.rolesJSON(),
		TrustedMetadata:        m.trusted,
		UntrustedMetadata:      m.untrusted,
		CreatedAt:              moment(m.createdAt),
		UpdatedAt:              moment(m.updatedAt),
		ExternalID:             orNull(m.externalID),
	}
	for _, r := range m.sso {
		out.SSORegistrations = append(out.SSORegistrations, r.json())
	}
	for _, r := range m.oauth {
		out.OAuthRegistrations = append(out.OAuthRegistrations, r.json())
	}
	if m.password != nil {
		out.MemberPasswordID = m.password.id
	}
	if m.hasTOTP() {
		out.TOTPRegistrationID = m.totp.id
	}
	if end := m.lockedAt.Add(lockLife); !m.lockedAt.IsZero() && time.Now().Before(end) {
		from, to := moment(m.lockedAt), moment(end)
		out.IsLocked, out.LockCreatedAt, out.LockExpiresAt = true, &from, &to
	}
	out.IsAdmin = slices.ContainsFunc(out.Roles, func(r memberRoleJSON) bool { return r.RoleID == roleAdmin })
	return out
}

// rolesJSON returns the member's roles with where each comes from. One role can
// have several sources.
func (m *member) rolesJSON() []memberRoleJSON {
	direct := func() roleSourceJSON {
		return roleSourceJSON{Type: "direct_assignment", Details: map[string]string{}}
	}
	out := []memberRoleJSON{{RoleID: roleMember, Sources: []roleSourceJSON{direct()}}}
	for _, id := range m.roles {
		out = append(out, memberRoleJSON{RoleID: id, Sources: []roleSourceJSON{direct()}})
	}
	add := func(role string, source roleSourceJSON) {
		if i := slices.IndexFunc(out, func(r memberRoleJSON) bool { return r.RoleID == role }); i >= 0 {
			out[i].Sources = append(out[i].Sources, source)
		} else {
			out = append(out, memberRoleJSON{RoleID: role, Sources: []roleSourceJSON{source}})
		}
	}
	for _, implicit := range m.implicitRoles() {
		add(implicit.RoleID, roleSourceJSON{Type: "email_assignment", Details: map[string]string{"email_domain": implicit.Domain}})
	}
	for _, r := range m.sso {
		for _, g := range r.grants() {
			add(g.role, g.source(r.connection))
		}
	}
	return out
}

// implicitRoles are the roles that the member's e-mail domain brings. Only a
// proven address counts, or anybody could be enrolled into a role by a typo.
func (m *member) implicitRoles() []implicitRole {
	if !m.verified {
		return nil
	}
	var out []implicitRole
	for _, r := range m.org.settings.ImplicitRoles {
		if r.Domain == domainOf(m.email) {
			out = append(out, r)
		}
	}
	return out
}

// roleIDs are the ids of all the member's roles.
func (m *member) roleIDs() []string {
	var ids []string
	for _, r := range m.rolesJSON() {
		ids = append(ids, r.RoleID)
	}
	return ids
}

// ownRoleIDs are those that count in every session: the roles that come through
// an SSO connection do not.
// Source: https://stytch.com/docs/b2b/guides/rbac/role-assignment
func (m *member) ownRoleIDs() []string {
	ids := append([]string{roleMember}, m.roles...)
	for _, r := range m.implicitRoles() {
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
		id:        c.s.newID("member"),
		org:       org,
		email:     email,
		emailID:   c.s.newID("email"),
		status:    status,
		trusted:   metadata{},
		untrusted: metadata{},
		createdAt: c.now,
		updatedAt: c.now,
	}
}

// keep stores a member who was made by newMember.
func (c *call) keep(m *member) {
	m.seq = c.s.db.next()
	if c.s.CrossOrgPasswords {
		m.password = c.s.db.passwords[foldEmail(m.email)]
	}
	c.s.db.members = append(c.s.db.members, m)
	put(&c.s.db.membersByID, m.id, m)
	m.org.roll.members = append(m.org.roll.members, m)
	c.enter(m)
}

// prove notes that the member has proven their address.
func (c *call) prove(m *member) {
	if !m.verified {
		m.verified, m.updatedAt = true, c.now
	}
}

// activate notes that the member has signed in.
func (c *call) activate(m *member) {
	if m.status == statusPending || m.status == statusInvited {
		m.status, m.updatedAt = statusActive, c.now
	}
}

// isSMS reports whether the member's second factor is a code by SMS.
func (m *member) isSMS() bool {
	return m.phone != "" && (m.defaultMFA == "" || m.defaultMFA == "sms_otp")
}
