package organizations

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// DeleteExternalID is the same for an organization.
// Source: https://stytch.com/docs/b2b/api/delete-organization-external-id
func DeleteExternalID(c *core.Request) (wire.Success, error) {
	org, err := c.OrganizationFor(wire.ResourceOrganization, "update.info.external-id")
	if err != nil {
		return nil, err
	}
	org.ExternalID = ""
	c.State.ReindexOrganization(org)
	c.OrganizationChanged(org)
	return &core.OrganizationResponse{Organization: org.JSON()}, nil
}

// metricsResponse is the response of GET …/{organization_id}/metrics.
type metricsResponse struct {
	wire.Envelope
	MemberCount int `json:"member_count"`
}

// Metrics counts the members; whether Stytch counts deleted ones is not
// published.
// Source: https://stytch.com/docs/b2b/api/organization-metrics
func Metrics(c *core.Request) (wire.Success, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	return &metricsResponse{MemberCount: c.State.Roster(org).Live}, nil
}
