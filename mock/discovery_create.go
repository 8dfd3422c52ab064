package mock

// createByDiscoveryRequest is POST /v1/b2b/discovery/organizations/create.
type createByDiscoveryRequest struct {
	IntermediateSessionToken string       `json:"intermediate_session_token"`
	SessionDurationMinutes   *int         `json:"session_duration_minutes"`
	SessionCustomClaims      customClaims `json:"session_custom_claims"`
	organizationInfo
	settingsGiven
}

// createByDiscovery founds an organization. Its founder becomes its
// administrator, signed in once nothing is owed. What is not given, it is called
// after the founder's address; how Stytch avoids a slug that is taken is not
// published.
// Source: https://stytch.com/docs/b2b/api/create-organization-via-discovery
func createByDiscovery(c *call, in createByDiscoveryRequest) (*exchangeSessionAnswer, error) {
	i, err := c.intermediateOf(in.IntermediateSessionToken)
	if err != nil {
		return nil, err
	}
	if i.local() {
		return nil, refuse("invalid_intermediate_session_token_for_organization")
	}
	a, err := c.begin(nil, signInRequest{SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims})
	if err != nil {
		return nil, err
	}
	if in.ClaimedEmailDomains != nil {
		return nil, refuse("claimed_email_domains_not_supported")
	}
	name := nameFromEmail(i.Email)
	if in.OrganizationName == nil {
		in.OrganizationName = &name
	}
	if in.OrganizationSlug == nil {
		slug := c.freeSlug(*in.OrganizationName)
		in.OrganizationSlug = &slug
	}
	made, err := createOrganization(c, createOrganizationRequest{organizationInfo: in.organizationInfo, settingsGiven: in.settingsGiven})
	if err != nil {
		return nil, err
	}
	org, err := c.organization(made.Organization.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := c.admit(org, i.Email, nil); err != nil {
		c.db.deleteOrganization(org)
		return nil, err
	}
	m := c.newMember(org, i.Email, statusPending)
	m.Roles, m.Name = []string{roleAdmin}, i.Name
	c.keep(m)
	a.member, a.intermediate = m, i
	if provesEmail(i.Factors) {
		c.prove(m)
	}
	factors := make([]factor, len(i.Factors))
	for n, f := range i.Factors {
		factors[n] = f.movedTo(m)
		// A password proves no address, so it founds nothing by itself.
		factors[n].Unproven = f.Unproven || f.Kind == "password"
	}
	out, err := c.conclude(a, factors)
	if err != nil {
		return nil, err
	}
	return &exchangeSessionAnswer{signInAnswer: out}, nil
}
