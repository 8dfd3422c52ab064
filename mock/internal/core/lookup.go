package core

import (
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// NamedMember returns the organization and the member in the path.
func (c *Request) NamedMember() (*state.Organization, *state.Member, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, nil, err
	}
	m, err := c.Member(org, c.Params["member_id"])
	return org, m, err
}

// Subject returns the member that a request is about.
func (c *Request) Subject(in MFARequest) (*state.Member, error) {
	org, err := c.Organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	return c.Member(org, in.MemberID)
}

// KnownMember finds a member in any organization who is not deleted.
func (c *Request) KnownMember(id string) (*state.Member, error) {
	m := c.State.Member(id)
	if m == nil || m.Status == state.StatusDeleted {
		return nil, wire.Error("member_not_found")
	}
	return m, nil
}

// OrganizationForMail is c.organization, and makes the sandbox organization when
// it is asked for by its id. Only the two sending calls know it unasked.
func (c *Request) OrganizationForMail(name string) (*state.Organization, error) {
	if name == state.SandboxOrganization && c.Env == "test" {
		return c.SandboxOrganization(), nil
	}
	return c.Organization(name)
}

// SandboxOrganization returns the sandbox organization, and makes it if it is not there.
func (c *Request) SandboxOrganization() *state.Organization {
	if o, err := c.Organization(state.SandboxOrganization); err == nil {
		return o
	}
	o := &state.Organization{
		ID:        state.SandboxOrganization,
		Slug:      state.SandboxSlug,
		Name:      "Sandbox Organization",
		Settings:  wire.NewSettings(wire.SettingsGiven{}),
		Trusted:   wire.Metadata{},
		CreatedAt: c.Now,
		UpdatedAt: c.Now,
	}
	c.State.AddOrganization(o)
	return o
}

// Organization finds an organization by its id, its slug or its external id:
// Stytch takes any of them wherever it takes an organization_id.
func (c *Request) Organization(name string) (*state.Organization, error) {
	if o := c.State.Find(name); o != nil {
		return o, nil
	}
	return nil, wire.Error("organization_not_found")
}

// Member finds a member of the organization, who is not deleted, by their id or
// external id.
func (c *Request) Member(org *state.Organization, name string) (*state.Member, error) {
	m := c.State.Member(name)
	if m == nil {
		m = c.State.Roster(org).ByExternal[name]
	}
	switch {
	case m == nil:
		return nil, wire.Error("member_not_found")
	case m.OrganizationID != org.ID:
		return nil, wire.Error("member_does_not_exist_in_organization")
	case m.Status == state.StatusDeleted:
		return nil, wire.Error("member_not_found")
	}
	return m, nil
}

// MemberByEmail finds a member of the organization who is not deleted.
func (c *Request) MemberByEmail(org *state.Organization, email string) *state.Member {
	return c.State.Roster(org).ByEmail[wire.FoldEmail(email)]
}
