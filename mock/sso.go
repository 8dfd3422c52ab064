package mock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// AddSSO gives a class an active SSO connection of kind "saml" or "oidc" and
// returns its id. It reads the identity provider's attributes under Stytch's own
// names; mapping adds to that: the name of a trusted_metadata key to the name of
// an attribute. It panics if there is no such class or kind.
func (s *Stytch) AddSSO(class grimoireauth.ClassID, kind string, mapping map[string]string) string {
	var id string
	s.arrange("AddSSO", func(c *call) error {
		if kind != samlKind && kind != oidcKind {
			return fmt.Errorf("kind should be %q or %q", samlKind, oidcKind)
		}
		c.params = map[string]string{"organization_id": string(class)}
		name := "Mock " + strings.ToUpper(kind)
		n, err := c.newConnection(kind, createConnectionRequest{DisplayName: &name})
		if err != nil {
			return err
		}
		n.AttributeMapping = map[string]string{"email": "email", "full_name": "full_name", "groups": "groups"}
		for key, attribute := range mapping {
			n.AttributeMapping[key] = attribute
		}
		at := "https://idp.example.edu"
		n.OIDC = oidcSettings{
			ClientID: "mock", ClientSecret: "mock", Issuer: at,
			AuthorizationURL: at + "/authorize", TokenURL: at + "/token", UserinfoURL: at + "/userinfo", JWKSURL: at + "/jwks",
		}
		if kind == samlKind {
			n.OIDC = oidcSettings{}
			if err := c.completeSAML(n, at); err != nil {
				return err
			}
		}
		id = n.ID
		return nil
	})
	return id
}

// startSSO is where a browser begins to sign in through a connection: the one
// that is named, or the default or only one of the organization that is named.
// Its path has no b2b in it.
// Source: https://stytch.com/docs/b2b/api/sso-authenticate-start
func startSSO(c *call) (stamped, error) {
	if err := c.publicProject(); err != nil {
		return nil, err
	}
	n, err := c.connectionToStart()
	if err != nil {
		return nil, err
	}
	if !n.active() {
		return nil, refuse("requires_active_sso_connection")
	}
	challenge := c.query.Get("pkce_code_challenge")
	if err := checkChallenge(&challenge); err != nil {
		return nil, err
	}
	h := &handoff{Kind: "sso", Provider: n.DisplayName, OrganizationID: n.OrganizationID, ConnectionID: n.ID, Challenge: challenge}
	if h.Provider == "" {
		h.Provider = strings.ToUpper(n.Kind)
	}
	if h.Login, err = c.returnTo("sso", "login"); err != nil {
		return nil, err
	}
	if h.Signup, err = c.returnTo("sso", "signup"); err != nil {
		return nil, err
	}
	return c.start(h)
}

func (c *call) connectionToStart() (*connection, error) {
	id, name := c.query.Get("connection_id"), c.query.Get("organization_id")+c.query.Get("slug")
	switch {
	case id == "" && name == "":
		return nil, refuse("missing_sso_connection_locator")
	case id != "" && name != "":
		return nil, refuse("too_many_sso_connection_locators")
	case id != "":
		if n := c.db.connection(id); n != nil && c.db.isLive(n.OrganizationID) {
			return n, nil
		}
		return nil, refuse("sso_connection_not_found")
	}
	org, err := c.organization(name)
	if err != nil {
		return nil, err
	}
	switch {
	case org.connection(org.DefaultConnection) != nil:
		return org.connection(org.DefaultConnection), nil
	case len(org.Connections) == 0:
		return nil, refuse("no_sso_connection_exists_for_organization")
	case len(org.Connections) > 1:
		return nil, refuse("indeterminate_sso_connection_for_organization")
	}
	return org.Connections[0], nil
}

// authenticateSSORequest is POST /v1/b2b/sso/authenticate.
type authenticateSSORequest struct {
	SSOToken         string  `json:"sso_token"`
	PKCECodeVerifier *string `json:"pkce_code_verifier"`
	signInRequest
}

// ssoAnswer is its answer. Its deprecated field has no s at the end, unlike that
// of the other calls.
type ssoAnswer struct {
	signInAnswer
	ResetSession bool `json:"reset_session"`
}

// authenticateSSO uses up the token that a browser brought from an organization's
// identity provider. What that says about the member is written over what is
// known, each time they sign in; what it does not say stays.
// Source: https://stytch.com/docs/b2b/api/sso-authenticate
func authenticateSSO(c *call, in authenticateSSORequest) (*ssoAnswer, error) {
	g, err := c.grantOf(in.SSOToken, "sso", "sso_token_not_found")
	if err != nil {
		return nil, err
	}
	m, known := c.memberBySSO(g)
	if !c.db.org(g.OrganizationID).Settings.permitsMethod("sso", m) {
		return nil, refuse("operation_restricted_by_organization_auth_methods")
	}
	a, err := c.begin(m, in.signInRequest)
	if err != nil {
		return nil, err
	}
	if m == nil {
		if err := c.mayJoinBySSO(g); err != nil {
			return nil, err
		}
	}
	if err := g.redeem(in.PKCECodeVerifier); err != nil {
		return nil, err
	}
	if m == nil {
		m = c.newMember(c.db.org(g.OrganizationID), g.Persona.Email, statusPending)
		c.keep(m)
		a.member = m
	}
	said, err := g.Persona.said()
	if err != nil {
		return nil, err
	}
	connection := c.db.connection(g.ConnectionID)
	if err := c.copyAttributes(m, connection.AttributeMapping, said); err != nil {
		return nil, err
	}
	protocol := connection.protocol(c)
	id := c.newID(protocol + "-member-registration")
	if known != nil {
		id = known.ID
	}
	proof := c.newFactor("sso", "sso_"+protocol, protocol+"_sso_factor", "id", id, "provider_id", g.ConnectionID, "external_id", g.Persona.Subject)
	proof.SSO = &ssoRegistration{
		ID: id, ConnectionID: g.ConnectionID, ExternalID: g.Persona.Subject, Attributes: said,
		Groups: slices.Clone(g.Persona.Groups), IDToken: c.randomText("id-token", 24), ExpiresAt: c.now.Add(defaultSession),
	}
	out, err := c.finish(a, proof)
	if err != nil {
		return nil, err
	}
	return &ssoAnswer{signInAnswer: out}, nil
}

// protocol is the connection's kind or, if it is another organization's, that
// one's.
func (n *connection) protocol(c *call) string {
	if n.Kind != externalKind {
		return n.Kind
	}
	if org, err := c.organization(n.ExternalOrganization); err == nil {
		if source := org.connection(n.ExternalConnection); source != nil {
			return source.Kind
		}
	}
	return samlKind
}

// memberBySSO returns who signs in, by the account or else by the address, and
// their registration if it was the account.
func (c *call) memberBySSO(g *grant) (*member, *ssoRegistration) {
	for _, m := range c.db.roster(c.db.org(g.OrganizationID)).members {
		if m.Status == statusDeleted {
			continue
		}
		if i := slices.IndexFunc(m.SSO, func(r *ssoRegistration) bool {
			return r.ConnectionID == g.ConnectionID && r.ExternalID == g.Persona.Subject
		}); i >= 0 {
			return m, m.SSO[i]
		}
	}
	return c.memberByEmail(c.db.org(g.OrganizationID), g.Persona.Email), nil
}

// mayJoinBySSO refuses somebody new whom the organization does not let join
// through this connection.
func (c *call) mayJoinBySSO(g *grant) error {
	set := c.db.org(g.OrganizationID).Settings
	switch {
	case set.SSOJITProvisioning == allAllowed,
		set.SSOJITProvisioning == restricted && slices.Contains(set.SSOJITProvisioningAllowedConnections, g.ConnectionID):
		return c.admit(c.db.org(g.OrganizationID), g.Persona.Email, nil)
	}
	return refuse("invalid_connection_for_jit_provisioning")
}
