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
		n.attributeMapping = map[string]string{"email": "email", "full_name": "full_name", "groups": "groups"}
		for key, attribute := range mapping {
			n.attributeMapping[key] = attribute
		}
		at := "https://idp.example.edu"
		n.oidc = oidcSettings{
			ClientID: "mock", ClientSecret: "mock", Issuer: at,
			AuthorizationURL: at + "/authorize", TokenURL: at + "/token", UserinfoURL: at + "/userinfo", JWKSURL: at + "/jwks",
		}
		if kind == samlKind {
			n.oidc = oidcSettings{}
			if err := c.completeSAML(n, at); err != nil {
				return err
			}
		}
		id = n.id
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
	h := &handoff{kind: "sso", provider: n.displayName, org: n.org, connection: n, challenge: challenge}
	if h.provider == "" {
		h.provider = strings.ToUpper(n.kind)
	}
	if h.login, err = c.returnTo("sso", "login"); err != nil {
		return nil, err
	}
	if h.signup, err = c.returnTo("sso", "signup"); err != nil {
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
		for _, org := range c.s.db.organizations {
			if n := org.connection(id); n != nil {
				return n, nil
			}
		}
		return nil, refuse("sso_connection_not_found")
	}
	org, err := c.organization(name)
	if err != nil {
		return nil, err
	}
	switch {
	case org.connection(org.defaultConnection) != nil:
		return org.connection(org.defaultConnection), nil
	case len(org.connections) == 0:
		return nil, refuse("no_sso_connection_exists_for_organization")
	case len(org.connections) > 1:
		return nil, refuse("indeterminate_sso_connection_for_organization")
	}
	return org.connections[0], nil
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
	if !g.org.settings.permitsMethod("sso", m) {
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
		m = c.newMember(g.org, g.persona.email, statusPending)
		c.keep(m)
		a.member = m
	}
	said, err := g.persona.said()
	if err != nil {
		return nil, err
	}
	if err := c.copyAttributes(m, g.connection.attributeMapping, said); err != nil {
		return nil, err
	}
	id := c.s.newID(g.connection.protocol(c) + "-member-registration")
	if known != nil {
		id = known.id
	}
	protocol := g.connection.protocol(c)
	proof := c.newFactor("sso", "sso_"+protocol, protocol+"_sso_factor", "id", id, "provider_id", g.connection.id, "external_id", g.persona.subject)
	proof.sso = &ssoRegistration{
		id: id, connection: g.connection, externalID: g.persona.subject, attributes: said,
		groups: slices.Clone(g.persona.groups), idToken: c.s.randomText("id-token", 24), expiresAt: c.now.Add(defaultSession),
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
	if n.kind != externalKind {
		return n.kind
	}
	if org, err := c.organization(n.externalOrganization); err == nil {
		if source := org.connection(n.externalConnection); source != nil {
			return source.kind
		}
	}
	return samlKind
}

// memberBySSO returns who signs in, by the account or else by the address, and
// their registration if it was the account.
func (c *call) memberBySSO(g *grant) (*member, *ssoRegistration) {
	for _, m := range g.org.roll.members {
		if m.status == statusDeleted {
			continue
		}
		if i := slices.IndexFunc(m.sso, func(r *ssoRegistration) bool {
			return r.connection == g.connection && r.externalID == g.persona.subject
		}); i >= 0 {
			return m, m.sso[i]
		}
	}
	return c.memberByEmail(g.org, g.persona.email), nil
}

// mayJoinBySSO refuses somebody new whom the organization does not let join
// through this connection.
func (c *call) mayJoinBySSO(g *grant) error {
	set := g.org.settings
	switch {
	case set.SSOJITProvisioning == allAllowed,
		set.SSOJITProvisioning == restricted && slices.Contains(set.SSOJITProvisioningAllowedConnections, g.connection.id):
		return c.admit(g.org, g.persona.email, nil)
	}
	return refuse("invalid_connection_for_jit_provisioning")
}
