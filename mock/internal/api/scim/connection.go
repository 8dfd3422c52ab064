// Package scim answers /v1/b2b/scim: Stytch's calls about the SCIM connection of an
// organization, and SCIM 2.0 (RFC 7643 and 7644) at the connection's base URL, where a
// directory says who is a member.
package scim

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// tokenLife is how long a bearer token works. Stytch's is not published; its samples name
// a date that is years away.
const tokenLife = 5 * 365 * 24 * time.Hour

// CreateRequest is POST /v1/b2b/scim/{organization_id}/connection.
type CreateRequest struct {
	DisplayName      *string `json:"display_name"`
	IdentityProvider *string `json:"identity_provider"`
}

// Create gives the organization its SCIM connection. The answer is the only one that has
// the bearer token.
// Source: https://stytch.com/docs/b2b/api/create-scim-connection
func Create(c *core.Request, in CreateRequest) (*createdResponse, error) {
	org, err := c.OrganizationFor(core.ResourceSCIM, "create")
	if err != nil {
		return nil, err
	}
	n, err := NewConnection(c, org, Settings{CreateRequest: in})
	if err != nil {
		return nil, err
	}
	return &createdResponse{Connection: connectionWithToken{common: commonOf(c, n), BearerToken: n.Bearer.Value}}, nil
}

// Settings are a connection that is made otherwise than through the API. What is empty is
// random.
type Settings struct {
	CreateRequest
	ConnectionID string `json:"connection_id"`
	BearerToken  string `json:"bearer_token"`
}

// bearerForm is that of a b64token of RFC 6750.
var bearerForm = regexp.MustCompile(`^[A-Za-z0-9._~+/-]{16,256}=*$`)

// NewConnection stores a SCIM connection of the organization.
func NewConnection(c *core.Request, org *state.Organization, in Settings) (*state.SCIMConnection, error) {
	switch {
	case org.SCIM != nil:
		return nil, wire.Error("active_scim_connection_exists")
	case in.ConnectionID != "" && (!core.IDForm("scim-connection", c.Env).MatchString(in.ConnectionID) || c.State.SCIMConnection(in.ConnectionID) != nil):
		return nil, fmt.Errorf("connection_id should be scim-connection-%s- with a UUID, and of one connection", c.Env)
	case in.BearerToken != "" && !bearerForm.MatchString(in.BearerToken):
		return nil, errors.New("bearer_token should have 16 letters and digits or more")
	}
	n := &state.SCIMConnection{ID: in.ConnectionID, IdentityProvider: "generic"}
	if err := describe(n, in.DisplayName, in.IdentityProvider); err != nil {
		return nil, err
	}
	if n.ID == "" {
		n.ID = c.NewID("scim-connection")
	}
	if n.Bearer = newToken(c); in.BearerToken != "" {
		n.Bearer.Value = in.BearerToken
	}
	c.State.SetSCIM(org, n)
	note(c, core.ActionCreate, n)
	return n, nil
}

func newToken(c *core.Request) state.BearerToken {
	return state.BearerToken{Value: c.NewBearerToken(), ExpiresAt: c.Now.Add(tokenLife)}
}

// Get returns the organization's SCIM connection.
// Source: https://stytch.com/docs/b2b/api/get-scim-connection
func Get(c *core.Request) (wire.Success, error) {
	org, err := c.OrganizationFor(core.ResourceSCIM, "get")
	if err != nil {
		return nil, err
	}
	if org.SCIM == nil {
		return nil, wire.Error("no_active_scim_connection")
	}
	return responseOf(c, org.SCIM), nil
}

// named returns the organization and the connection in the path.
func named(c *core.Request, action string) (*state.Organization, *state.SCIMConnection, error) {
	org, err := c.OrganizationFor(core.ResourceSCIM, action)
	if err != nil {
		return nil, nil, err
	}
	if org.SCIM == nil || org.SCIM.ID != c.Params["connection_id"] {
		return nil, nil, wire.Error("no_active_scim_connection")
	}
	return org, org.SCIM, nil
}

// updateRequest is PUT /v1/b2b/scim/{organization_id}/connection/{connection_id}.
type updateRequest struct {
	DisplayName      *string      `json:"display_name"`
	IdentityProvider *string      `json:"identity_provider"`
	GroupRoles       []assignment `json:"scim_group_implicit_role_assignments"`
}

// Update changes what is given, or nothing. A list of assignments replaces the earlier
// one.
// Source: https://stytch.com/docs/b2b/api/update-scim-connection
func Update(c *core.Request, in updateRequest) (*connectionResponse, error) {
	org, n, err := named(c, "update")
	if err != nil {
		return nil, err
	}
	changed := *n
	if err := describe(&changed, in.DisplayName, in.IdentityProvider); err != nil {
		return nil, err
	}
	if in.GroupRoles != nil {
		changed.GroupRoles = nil
		for _, a := range in.GroupRoles {
			switch {
			case a.GroupID == "":
				return nil, wire.Error("scim_group_role_assignment_does_not_contain_group_id")
			case n.Group(a.GroupID) == nil:
				return nil, wire.Error("scim_group_role_assignment_group_does_not_exist")
			}
			if err := c.CheckRole(org, a.RoleID); err != nil {
				return nil, err
			}
			if r := (state.SCIMGroupRole{RoleID: a.RoleID, GroupID: a.GroupID}); !slices.Contains(changed.GroupRoles, r) {
				changed.GroupRoles = append(changed.GroupRoles, r)
			}
		}
	}
	*n = changed
	note(c, core.ActionUpdate, n)
	return responseOf(c, n), nil
}

// Delete forgets the connection and the accounts that came through it. What becomes of
// the members is not published; here they stay, without the roles of their groups.
// Source: https://stytch.com/docs/b2b/api/delete-scim-connection
func Delete(c *core.Request) (wire.Success, error) {
	org, n, err := named(c, "delete")
	if err != nil {
		return nil, err
	}
	c.State.DeleteSCIM(org)
	note(c, core.ActionDelete, n)
	return &deletedResponse{ConnectionID: n.ID}, nil
}

// note notes what the call has done to a connection, whose tokens no webhook has.
func note(c *core.Request, action string, n *state.SCIMConnection) {
	c.Changed(action, core.ObjectSCIMConnection, n.ID, func() any { return responseOf(c, n).Connection })
}

// identityProviders are the values of identity_provider.
var identityProviders = []string{"generic", "okta", "microsoft-entra", "cyberark", "jumpcloud", "onelogin", "pingfederate", "rippling"}

// describe sets the name and the identity provider; nil leaves them alone.
func describe(n *state.SCIMConnection, displayName, identityProvider *string) error {
	if identityProvider != nil && *identityProvider != "" {
		if !slices.Contains(identityProviders, *identityProvider) {
			return wire.Error("invalid_scim_idp")
		}
		n.IdentityProvider = *identityProvider
	}
	if displayName != nil {
		if len(*displayName) > 128 {
			return wire.Error("invalid_display_name")
		}
		n.DisplayName = *displayName
	}
	return nil
}
