package scim

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// common is what the three forms of a SCIM connection have in common.
// Source: https://stytch.com/docs/b2b/api/scim-connection-object
type common struct {
	OrganizationID       string         `json:"organization_id"`
	ConnectionID         string         `json:"connection_id"`
	Status               string         `json:"status"` // Stytch's other one is deleted, which no answer here has
	DisplayName          string         `json:"display_name"`
	IdentityProvider     string         `json:"identity_provider"`
	BaseURL              string         `json:"base_url"`
	BearerTokenExpiresAt wire.Timestamp `json:"bearer_token_expires_at"`
	GroupRoles           []assignment   `json:"scim_group_implicit_role_assignments"`
}

// assignment gives a role to the members of a group.
type assignment struct {
	RoleID    string `json:"role_id"`
	GroupID   string `json:"group_id"`
	GroupName string `json:"group_name"` // of the group; a request's is ignored
}

// connection shows of each token only the last four characters.
type connection struct {
	common
	BearerTokenLastFour      string          `json:"bearer_token_last_four"`
	NextBearerTokenLastFour  string          `json:"next_bearer_token_last_four"`
	NextBearerTokenExpiresAt *wire.Timestamp `json:"next_bearer_token_expires_at"`
}

// connectionWithToken is the answer to the call that makes the connection.
type connectionWithToken struct {
	common
	BearerToken string `json:"bearer_token"`
}

// connectionWithNextToken is the answer to the call that starts a rotation.
type connectionWithNextToken struct {
	common
	BearerTokenLastFour      string         `json:"bearer_token_last_four"`
	NextBearerToken          string         `json:"next_bearer_token"`
	NextBearerTokenExpiresAt wire.Timestamp `json:"next_bearer_token_expires_at"`
}

type createdResponse struct {
	wire.Envelope
	Connection connectionWithToken `json:"connection"`
}

type connectionResponse struct {
	wire.Envelope
	Connection connection `json:"connection"`
}

type startedResponse struct {
	wire.Envelope
	Connection connectionWithNextToken `json:"connection"`
}

type deletedResponse struct {
	wire.Envelope
	ConnectionID string `json:"connection_id"`
}

func commonOf(c *core.Request, n *state.SCIMConnection) common {
	out := common{
		OrganizationID: n.OrganizationID, ConnectionID: n.ID, Status: "active", DisplayName: n.DisplayName,
		IdentityProvider: n.IdentityProvider, BaseURL: BaseURL(c, n),
		BearerTokenExpiresAt: wire.Timestamp(n.Bearer.ExpiresAt), GroupRoles: []assignment{},
	}
	for _, r := range n.GroupRoles {
		out.GroupRoles = append(out.GroupRoles, assignment{RoleID: r.RoleID, GroupID: r.GroupID, GroupName: n.Group(r.GroupID).Name})
	}
	return out
}

// endpoint is the address below which SCIM 2.0 is spoken.
func endpoint(c *core.Request, n *state.SCIMConnection) string {
	return c.Base + "/v1/b2b/scim/" + n.ID
}

// BaseURL is what is typed into a directory. Stytch adds to Entra's a flag that makes it
// send what RFC 7644 says.
// Source: the OpenAPI description of identity_provider
func BaseURL(c *core.Request, n *state.SCIMConnection) string {
	if n.IdentityProvider == "microsoft-entra" {
		return endpoint(c, n) + "?aadOptscim062020"
	}
	return endpoint(c, n)
}

func responseOf(c *core.Request, n *state.SCIMConnection) *connectionResponse {
	out := connection{common: commonOf(c, n), BearerTokenLastFour: n.Bearer.LastFour()}
	if n.Next != nil {
		end := wire.Timestamp(n.Next.ExpiresAt)
		out.NextBearerTokenLastFour, out.NextBearerTokenExpiresAt = n.Next.LastFour(), &end
	}
	return &connectionResponse{Connection: out}
}
