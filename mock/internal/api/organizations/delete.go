package organizations

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// organizationIDResponse is the response of the delete call, which has no
// organization object.
type organizationIDResponse struct {
	wire.Envelope
	OrganizationID string `json:"organization_id"`
}

// DeleteOrganization forgets the organization and marks its members as deleted.
// What becomes of their sessions is not published; here they end. The slug is
// free again, which is not published either.
// Source: https://stytch.com/docs/b2b/api/delete-organization
func Delete(c *core.Request) (wire.Success, error) {
	o, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	if err := c.PermitOrganization(o, "delete"); err != nil {
		return nil, err
	}
	for _, m := range c.State.Roster(o).Members {
		if m.Status != state.StatusDeleted {
			m.Status = state.StatusDeleted
			c.State.Reindex(m)
			c.MemberChanged(m)
			c.State.DropIntermediates(m)
			c.State.EndSessions(m, nil)
			c.State.DropLinks(m)
			c.State.RevokeApps(m)
		}
	}
	c.DeleteOrganization(o)
	return &organizationIDResponse{OrganizationID: o.ID}, nil
}
