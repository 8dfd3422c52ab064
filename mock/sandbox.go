package mock

// Values that a test project accepts without anything having been sent.
// Source: https://stytch.com/docs/b2b/guides/testing
const (
	sandboxOrganization = "organization-test-007d9d4a-deac-4a87-ba0a-e6e8afba4d4b"
	sandboxTokenGood    = "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94="
	sandboxTokenSpent   = "3pzjQpgksDlGKWEwUq2Up--hCHC_0oamfLHyfspKDFU="
	sandboxTokenUnknown = "CprTtwhnRNiMBiUS2jSLcWYrfuO2POeBNdo5HhW6qTM="
	sandboxSlug         = "sandbox-organization"
)

// organizationForMail is c.organization, and makes the sandbox organization when
// it is asked for by its id. Only the two sending calls know it unasked.
func (c *call) organizationForMail(name string) (*organization, error) {
	if name == sandboxOrganization && c.env == "test" {
		return c.sandboxOrganization(), nil
	}
	return c.organization(name)
}

func (c *call) sandboxOrganization() *organization {
	if o, err := c.organization(sandboxOrganization); err == nil {
		return o
	}
	o := &organization{
		ID:        sandboxOrganization,
		Slug:      sandboxSlug,
		Name:      "Sandbox Organization",
		Settings:  newSettings(settingsGiven{}),
		Trusted:   metadata{},
		CreatedAt: c.now,
		UpdatedAt: c.now,
	}
	c.db.addOrganization(o)
	return o
}

// sandboxLink answers the sandbox tokens: the good one is a fresh link each time
// for the sandbox member. The second result tells whether the token is one.
func (c *call) sandboxLink(token string) (*link, bool, error) {
	if c.env != "test" {
		return nil, false, nil
	}
	switch token {
	case sandboxTokenGood:
		org := c.sandboxOrganization()
		m := c.memberByEmail(org, sandboxEmail)
		if m == nil {
			m = c.newMember(org, sandboxEmail, statusActive)
			c.keep(m)
		}
		return &link{Kind: "login", MemberID: m.ID, EmailID: m.EmailID, Email: m.Email, ExpiresAt: c.now.Add(defaultSession)}, true, nil
	case sandboxTokenSpent:
		return nil, true, refuse("unable_to_auth_magic_link")
	case sandboxTokenUnknown:
		return nil, true, refuse("magic_link_not_found")
	}
	return nil, false, nil
}
