// Package sso answers /v1/b2b/sso and the page with which a sign-in by SSO begins.
package sso

import (
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Start is where a browser begins to sign in through a connection: the one
// that is named, or the default or only one of the organization that is named.
// Its path has no b2b in it.
// Source: https://stytch.com/docs/b2b/api/sso-authenticate-start
func Start(c *core.Request) (wire.Success, error) {
	if err := c.PublicProject(); err != nil {
		return nil, err
	}
	n, err := connectionToStart(c)
	if err != nil {
		return nil, err
	}
	if !n.Active() {
		return nil, wire.Error("requires_active_sso_connection")
	}
	challenge := c.Query.Get("pkce_code_challenge")
	if err := core.CheckChallenge(&challenge); err != nil {
		return nil, err
	}
	h := &state.Visit{Kind: "sso", Provider: n.DisplayName, OrganizationID: n.OrganizationID, ConnectionID: n.ID, Challenge: challenge}
	if h.Provider == "" {
		h.Provider = strings.ToUpper(n.Kind)
	}
	if h.Login, err = c.ReturnTo("sso", "login"); err != nil {
		return nil, err
	}
	if h.Signup, err = c.ReturnTo("sso", "signup"); err != nil {
		return nil, err
	}
	return c.StartVisit(h)
}

func connectionToStart(c *core.Request) (*state.Connection, error) {
	id, name := c.Query.Get("connection_id"), c.Query.Get("organization_id")+c.Query.Get("slug")
	switch {
	case id == "" && name == "":
		return nil, wire.Error("missing_sso_connection_locator")
	case id != "" && name != "":
		return nil, wire.Error("too_many_sso_connection_locators")
	case id != "":
		if n := c.State.Connection(id); n != nil && c.State.IsLive(n.OrganizationID) {
			return n, nil
		}
		return nil, wire.Error("sso_connection_not_found")
	}
	org, err := c.Organization(name)
	if err != nil {
		return nil, err
	}
	switch {
	case org.Connection(org.DefaultConnection) != nil:
		return org.Connection(org.DefaultConnection), nil
	case len(org.Connections) == 0:
		return nil, wire.Error("no_sso_connection_exists_for_organization")
	case len(org.Connections) > 1:
		return nil, wire.Error("indeterminate_sso_connection_for_organization")
	}
	return org.Connections[0], nil
}

// authenticateSSORequest is POST /v1/b2b/sso/authenticate.
type authenticateSSORequest struct {
	SSOToken         string  `json:"sso_token"`
	PKCECodeVerifier *string `json:"pkce_code_verifier"`
	core.SignInRequest
}

// ssoResponse is its response. Its deprecated field has no s at the end, unlike that
// of the other calls.
type ssoResponse struct {
	core.SignInResponse
	ResetSession bool `json:"reset_session"`
}

// Authenticate uses up the token that a browser brought from an organization's
// identity provider. Each sign-in overwrites the attributes of the member that
// the provider sends, and keeps the others.
// Source: https://stytch.com/docs/b2b/api/sso-authenticate
func Authenticate(c *core.Request, in authenticateSSORequest) (*ssoResponse, error) {
	g, err := c.GrantOf(in.SSOToken, "sso", "sso_token_not_found")
	if err != nil {
		return nil, err
	}
	m, known := memberBySSO(c, g)
	if !state.PermitsMethod(c.State.Org(g.OrganizationID).Settings, "sso", m) {
		return nil, wire.Error("operation_restricted_by_organization_auth_methods")
	}
	a, err := c.Begin(m, in.SignInRequest)
	if err != nil {
		return nil, err
	}
	if m == nil {
		if err := mayJoinBySSO(c, g); err != nil {
			return nil, err
		}
	}
	if err := core.Redeem(g, in.PKCECodeVerifier); err != nil {
		return nil, err
	}
	if m == nil {
		m = c.NewMember(c.State.Org(g.OrganizationID), g.User.Email, state.StatusPending)
		c.StoreMember(m)
		a.Member = m
	}
	said, err := g.User.Said()
	if err != nil {
		return nil, err
	}
	connection := c.State.Connection(g.ConnectionID)
	if err := copyAttributes(c, m, connection.AttributeMapping, said, g.User); err != nil {
		return nil, err
	}
	protocol := protocol(connection, c)
	id := c.NewID(protocol + "-member-registration")
	if known != nil {
		id = known.ID
	}
	proof := c.NewFactor("sso", "sso_"+protocol, protocol+"_sso_factor", "id", id, "provider_id", g.ConnectionID, "external_id", g.User.Subject)
	proof.SSO = &state.SSORegistration{
		ID: id, ConnectionID: g.ConnectionID, ExternalID: g.User.Subject, Attributes: said,
		Groups: slices.Clone(g.User.Groups), IDToken: c.RandomText("id-token", 24), ExpiresAt: c.Now.Add(core.DefaultSession),
	}
	out, err := c.Finish(a, proof)
	if err != nil {
		return nil, err
	}
	return &ssoResponse{SignInResponse: out}, nil
}

// protocol is the connection's kind or, if it is another organization's, that
// one's.
func protocol(n *state.Connection, c *core.Request) string {
	if n.Kind != state.ExternalKind {
		return n.Kind
	}
	if org, err := c.Organization(n.ExternalOrganization); err == nil {
		if source := org.Connection(n.ExternalConnection); source != nil {
			return source.Kind
		}
	}
	return state.SAMLKind
}

// memberBySSO returns the member who signs in, by the account or else by the address, and
// their registration if it was the account.
func memberBySSO(c *core.Request, g *state.Grant) (*state.Member, *state.SSORegistration) {
	if m, account := c.State.Roster(c.State.Org(g.OrganizationID)).BySSO(g.ConnectionID, g.User.Subject); m != nil {
		return m, account
	}
	return c.MemberByEmail(c.State.Org(g.OrganizationID), g.User.Email), nil
}

// mayJoinBySSO returns an error if the organization lets no new member join through
// this connection.
func mayJoinBySSO(c *core.Request, g *state.Grant) error {
	set := c.State.Org(g.OrganizationID).Settings
	switch {
	case set.SSOJITProvisioning == wire.AllAllowed,
		set.SSOJITProvisioning == wire.Restricted && slices.Contains(set.SSOJITProvisioningAllowedConnections, g.ConnectionID):
		return c.CheckAddress(c.State.Org(g.OrganizationID), g.User.Email, nil)
	}
	return wire.Error("invalid_connection_for_jit_provisioning")
}
