package mock

// organizationAnswer is the answer of the calls that return an organization.
type organizationAnswer struct {
	envelope
	Organization organizationJSON `json:"organization"`
}

// createOrganizationRequest is POST /v1/b2b/organizations.
type createOrganizationRequest struct {
	organizationInfo
	settingsGiven
}

// createOrganization makes an organization. A slug is required: Stytch's pages
// say so, one SDK's typing does not, and what would be generated is not
// published.
// Source: https://stytch.com/docs/b2b/api/create-organization
func createOrganization(c *call, in createOrganizationRequest) (*organizationAnswer, error) {
	if in.OrganizationName == nil {
		return nil, refuse("organization_name_missing")
	}
	if in.OrganizationSlug == nil {
		return nil, refuseField("invalid_organization_slug", "organization_slug is missing")
	}
	o := &organization{ID: c.newID("organization"), CreatedAt: c.now, UpdatedAt: c.now}
	if err := c.inform(o, in.organizationInfo); err != nil {
		return nil, err
	}
	var err error
	if o.Settings, err = c.change(o, newSettings(in.settingsGiven), in.settingsGiven); err != nil {
		return nil, err
	}
	c.db.addOrganization(o)
	return &organizationAnswer{Organization: o.json()}, nil
}

// getOrganization is GET /v1/b2b/organizations/{organization_id}.
// Source: https://stytch.com/docs/b2b/api/get-organization
func getOrganization(c *call) (stamped, error) {
	o, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	return &organizationAnswer{Organization: o.json()}, nil
}
