package core

import (
	"regexp"
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// LoginOrSignupResponse is the response of the calls that send a login or signup message
// to a member, or migrate one.
type LoginOrSignupResponse struct {
	wire.Envelope
	MemberID      string            `json:"member_id"`
	MemberCreated bool              `json:"member_created"`
	Member        wire.Member       `json:"member"`
	Organization  wire.Organization `json:"organization"`
}

// Provision lets a new member join by their e-mail domain, as pending.
func (c *Request) Provision(org *state.Organization, email string) (*state.Member, error) {
	switch {
	case org.ID == state.SandboxOrganization:
	case org.Settings.EmailJITProvisioning != wire.Restricted:
		return nil, wire.Error("email_jit_provisioning_not_allowed")
	case !slices.Contains(org.Settings.EmailAllowedDomains, wire.DomainOf(email)):
		return nil, foreignDomain(org, email)
	}
	if err := c.CheckAddress(org, email, nil); err != nil {
		return nil, err
	}
	m := c.NewMember(org, email, state.StatusPending)
	c.StoreMember(m)
	return m, nil
}

// foreignDomain refuses an address by its domain. It is the one error that is known to
// have error_details; the keys are not published, and are those of the fields here.
// Source: https://github.com/stytchauth/stytch-node/pull/379
func foreignDomain(org *state.Organization, email string) error {
	refusal := wire.Error("invalid_email_for_jit_provisioning")
	refusal.Details = map[string]any{"email_domain": wire.DomainOf(email), "email_allowed_domains": org.Settings.EmailAllowedDomains}
	return refusal
}

// NewMember makes a member, who exists once StoreMember has stored them. CheckAddress
// must have passed.
func (c *Request) NewMember(org *state.Organization, email, status string) *state.Member {
	return &state.Member{
		ID:             c.newRecordID("member"),
		OrganizationID: org.ID,
		Email:          email,
		EmailID:        c.NewID("email"),
		Status:         status,
		Roles:          []string{},
		Trusted:        wire.Metadata{},
		Untrusted:      wire.Metadata{},
		CreatedAt:      c.Now,
		UpdatedAt:      c.Now,
	}
}

// StoreMember stores a member who was made by NewMember.
func (c *Request) StoreMember(m *state.Member) {
	if c.CrossOrgPasswords {
		m.Password = c.State.Passwords[wire.FoldEmail(m.Email)].Copied()
	}
	c.State.AddMember(m)
	c.memberIs(ActionCreate, m)
}

// VerifyEmail notes that the member has proven their address.
func (c *Request) VerifyEmail(m *state.Member) {
	if !m.Verified {
		m.Verified = true
		c.MemberChanged(m)
	}
}

// DeleteMember marks the member as deleted, ends their sessions and invalidates their
// links and codes.
func (c *Request) DeleteMember(m *state.Member) {
	m.Status = state.StatusDeleted
	c.State.Reindex(m)
	c.MemberChanged(m)
	c.State.EndSessions(m, nil)
	c.State.DropLinks(m)
	c.State.DropCodes(m)
	c.State.DropIntermediates(m)
	c.State.RevokeApps(m)
}

// Activate notes that the member has signed in.
func (c *Request) Activate(m *state.Member) {
	if m.Status == state.StatusPending || m.Status == state.StatusInvited {
		m.Status = state.StatusActive
		c.MemberChanged(m)
	}
}

// CompleteEmailUpdate gives the member the address that they have proven, unless
// another member has taken it meanwhile.
func (c *Request) CompleteEmailUpdate(m *state.Member, email, emailID string) error {
	if err := c.ChangeEmail(m, m, email, false); err != nil {
		return wire.Error("unable_to_verify_member_email_update")
	}
	m.EmailID = emailID
	c.State.Reindex(m)
	c.MemberChanged(m)
	c.State.DropLinks(m)
	c.State.DropCodes(m)
	return nil
}

var (
	phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) // E.164
	// MemberIDForm is what each id of a member looks like.
	MemberIDForm = regexp.MustCompile(`^member-(test|live)-`)
)

// SetPhone gives the member a number. A second one has to wait until the first
// is deleted, as Stytch asks.
func (c *Request) SetPhone(m *state.Member, phone string) error {
	switch {
	case !phoneForm.MatchString(phone):
		return wire.Error("invalid_phone_number")
	case m.Phone != "":
		return wire.Error("duplicate_member_phone_number_for_member")
	}
	if other := c.State.Roster(c.State.Org(m.OrganizationID)).ByPhone[phone]; other != nil && other.ID != m.ID {
		return wire.Error("duplicate_member_phone_number")
	}
	m.Phone, m.PhoneID = phone, c.NewID("phone-number")
	return nil
}

// SetExternalID names the member in the caller's words. Deleted members keep
// theirs; whether Stytch frees them is not published.
func (c *Request) SetExternalID(m *state.Member, id string) error {
	if !externalIDForm.MatchString(id) || MemberIDForm.MatchString(id) {
		return wire.FieldError("invalid_argument", "external_id")
	}
	if other := c.State.Roster(c.State.Org(m.OrganizationID)).ByExternal[id]; other != nil && other.ID != m.ID {
		return wire.Error("duplicate_member_external_id")
	}
	m.ExternalID = id
	return nil
}

// SetRoles replaces the assigned roles.
func (c *Request) SetRoles(m *state.Member, ids []string) error {
	roles := make([]string, 0, len(ids))
	for _, id := range ids {
		if err := c.CheckRole(c.State.Org(m.OrganizationID), id); err != nil {
			return err
		}
		if !slices.Contains(roles, id) {
			roles = append(roles, id)
		}
	}
	m.Roles = roles
	return nil
}

// CheckRole refuses a role that cannot be assigned. stytch_member is in every
// Member that Stytch returns, and naming it is an error all the same.
func (c *Request) CheckRole(org *state.Organization, id string) error {
	switch {
	case id == wire.RoleMember:
		return wire.Error("cannot_assign_default_rbac_role_id")
	case !c.PolicyOf(org).Has(id):
		return wire.Error("invalid_rbac_role_id")
	}
	return nil
}

// CheckAddress refuses an address that cannot become, or be, that of this member: m is
// nil for a new member.
func (c *Request) CheckAddress(org *state.Organization, email string, m *state.Member) error {
	if err := wire.CheckEmail(email); err != nil {
		return err
	}
	if other := c.MemberByEmail(org, email); other != nil && other != m {
		return wire.Error("duplicate_member_email")
	}
	if other := c.State.Roster(org).Retired[wire.FoldEmail(email)]; other != nil && other != m {
		return wire.Error("retired_member_email")
	}
	if claimant := c.State.Claimant(wire.DomainOf(email)); claimant != nil && claimant != org {
		return wire.Error("action_not_allowed_email_domain_is_claimed")
	}
	return nil
}

// ChangeEmail gives the member an unproven new address. The old one is retired,
// which keeps it from other members, or forgotten if unlink says so. Stored is
// the member before the change.
func (c *Request) ChangeEmail(changed, stored *state.Member, email string, unlink bool) error {
	if err := c.CheckAddress(c.State.Org(changed.OrganizationID), email, stored); err != nil {
		return err
	}
	if wire.SameEmail(email, changed.Email) {
		changed.Email = email
		return nil
	}
	if !unlink {
		changed.Retired = append(slices.Clone(changed.Retired), wire.RetiredEmail{EmailID: changed.EmailID, EmailAddress: changed.Email})
	}
	// A member may take back an address that they retired themselves.
	changed.Retired = slices.DeleteFunc(slices.Clone(changed.Retired), func(r wire.RetiredEmail) bool { return wire.SameEmail(r.EmailAddress, email) })
	changed.Email, changed.EmailID, changed.Verified = email, c.NewID("email"), false
	changed.Password = nil // as Stytch says: the owner of the new address sets a new one
	return nil
}

// MemberResponse is the response of the calls that return a member.
type MemberResponse struct {
	wire.Envelope
	MemberID     string            `json:"member_id"`
	Member       wire.Member       `json:"member"`
	Organization wire.Organization `json:"organization"`
}

// MemberResponseOf is the response about a member.
func (c *Request) MemberResponseOf(m *state.Member) *MemberResponse {
	return &MemberResponse{MemberID: m.ID, Member: c.State.MemberJSON(m), Organization: c.State.Org(m.OrganizationID).JSON()}
}

// SetDetails sets what creating, inviting and updating have in common. Nil leaves
// a value alone.
func (c *Request) SetDetails(m *state.Member, trusted, untrusted wire.Metadata, roles []string) error {
	var err error
	if m.Trusted, err = m.Trusted.Merged(trusted); err != nil {
		return err
	}
	if m.Untrusted, err = m.Untrusted.Merged(untrusted); err != nil {
		return err
	}
	if roles != nil {
		return c.SetRoles(m, roles)
	}
	return nil
}

// EndGrantedSessions ends the sessions of a connection that gives a role which is just
// being taken from the member, who has these roles afterwards: there they would go on
// having it.
// Source: https://stytch.com/docs/b2b/api/update-member, preserve_existing_sessions
func (c *Request) EndGrantedSessions(m *state.Member, roles []string) {
	for _, r := range m.SSO {
		for _, g := range c.State.GrantedRoles(r) {
			if slices.Contains(m.Roles, g.Role) && !slices.Contains(roles, g.Role) {
				c.State.EndSessions(m, func(s *state.Session) bool { return s.Has(r.ConnectionID) })
			}
		}
	}
}
