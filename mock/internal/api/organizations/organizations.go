// Package organizations answers /v1/b2b/organizations.
package organizations

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Get is GET /v1/b2b/organizations/{organization_id}.
// Source: https://stytch.com/docs/b2b/api/get-organization
func Get(c *core.Request) (wire.Success, error) {
	o, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	return &core.OrganizationResponse{Organization: o.JSON()}, nil
}
