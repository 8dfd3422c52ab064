package mock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/api/scim"
	"github.com/promptgrimoire/auth/mock/internal/api/sso"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// IdPUser is a person that the scripted identity provider behind OAuth and SSO knows.
// A person with another address can sign in there too; the provider then says only the
// address.
type IdPUser struct {
	Email string // required
	// Name is what the provider calls them. Empty: the part of Email before the @, which
	// never replaces the name of a member who has one.
	Name string
	// Subject is what the provider calls them. Empty: made from Email, so that it
	// is the same each time.
	Subject string
	// Unverified makes a provider that vouches for addresses not vouch for this
	// one. Those of GitHub, Slack and HubSpot are never vouched for.
	Unverified bool
	// Tenants are the workspaces that an OAuth provider says they are in.
	Tenants []string
	// Groups are what an SSO identity provider says as "groups".
	Groups []string
	// Attributes are what else it says, for an attribute_mapping to pick from. It
	// always says email, full_name, first_name, last_name, idp_user_id and groups.
	Attributes map[string]any
}

// AddIdPUser makes a person known to the identity provider, or changes them. It
// panics if Email is no address or an attribute no JSON.
func (s *Stytch) AddIdPUser(user IdPUser) {
	s.arrange("AddIdPUser", func(c *core.Request) error {
		if err := wire.CheckEmail(user.Email); err != nil {
			return err
		}
		attributes, err := state.EncodeAttributes(user.Attributes)
		if err != nil {
			return err
		}
		p := state.IdPUser{
			Email: user.Email, Name: user.Name, Subject: user.Subject, Unverified: user.Unverified,
			Tenants: slices.Clone(user.Tenants), Groups: slices.Clone(user.Groups), Attributes: attributes,
		}
		if i := slices.IndexFunc(c.State.IdPUsers, func(p state.IdPUser) bool { return wire.SameEmail(p.Email, user.Email) }); i < 0 {
			c.State.IdPUsers = append(c.State.IdPUsers, p)
		} else {
			c.State.IdPUsers[i] = p
		}
		return nil
	})
}

// AddSSO gives a class an active SSO connection of kind "saml" or "oidc" and
// returns its id. It reads the identity provider's attributes under Stytch's own
// names; mapping adds to that: the name of a trusted_metadata key to the name of
// an attribute. It panics if there is no such class or kind.
func (s *Stytch) AddSSO(class grimoireauth.ClassID, kind string, mapping map[string]string) string {
	var id string
	s.arrange("AddSSO", func(c *core.Request) error {
		if kind != state.SAMLKind && kind != state.OIDCKind {
			return fmt.Errorf("kind should be %q or %q", state.SAMLKind, state.OIDCKind)
		}
		c.Params = map[string]string{"organization_id": string(class)}
		name := "Mock " + strings.ToUpper(kind)
		n, err := sso.NewConnection(c, kind, sso.CreateConnectionRequest{DisplayName: &name})
		if err != nil {
			return err
		}
		n.AttributeMapping = map[string]string{"email": "email", "full_name": "full_name", "groups": "groups"}
		for key, attribute := range mapping {
			n.AttributeMapping[key] = attribute
		}
		at := "https://idp.example.edu"
		n.OIDC = state.OIDCSettings{
			ClientID: "mock", ClientSecret: "mock", Issuer: at,
			AuthorizationURL: at + "/authorize", TokenURL: at + "/token", UserinfoURL: at + "/userinfo", JWKSURL: at + "/jwks",
		}
		if kind == state.SAMLKind {
			n.OIDC = state.OIDCSettings{}
			if err := sso.CompleteSAML(c, n, at); err != nil {
				return err
			}
		}
		id = n.ID
		return nil
	})
	return id
}

// AddSCIM gives a class its SCIM connection, for a directory such as "okta",
// "microsoft-entra" or "generic". It returns the base URL and the bearer token with which
// the directory calls. It panics if there is no such class or provider, or if the class
// has a SCIM connection.
func (s *Stytch) AddSCIM(class grimoireauth.ClassID, identityProvider string) (baseURL string, bearer grimoireauth.Secret) {
	s.arrange("AddSCIM", func(c *core.Request) error {
		org, err := c.Organization(string(class))
		if err != nil {
			return err
		}
		name := "Mock SCIM"
		n, err := scim.NewConnection(c, org, scim.Settings{CreateRequest: scim.CreateRequest{DisplayName: &name, IdentityProvider: &identityProvider}})
		if err != nil {
			return err
		}
		baseURL, bearer = scim.BaseURL(c, n), grimoireauth.NewSecret(n.Bearer.Value)
		return nil
	})
	return baseURL, bearer
}
