package state

import (
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// SSORegistration is a member's account at an SSO identity provider.
type SSORegistration struct {
	ID           string        `json:"registration_id"`
	ConnectionID string        `json:"connection_id"`
	ExternalID   string        `json:"external_id"` // what the provider calls them
	Attributes   wire.Metadata `json:"sso_attributes"`
	Groups       []string      `json:"groups,omitempty"`
	IDToken      string        `json:"id_token,omitempty"` // OIDC
	ExpiresAt    time.Time     `json:"expires_at,omitzero"`
}

func (r *SSORegistration) json() wire.SSORegistration {
	return wire.SSORegistration{ConnectionID: r.ConnectionID, ExternalID: r.ExternalID, RegistrationID: r.ID, SSOAttributes: r.Attributes}
}

// SSOGrant is a role that comes with an account; group is empty if all who
// sign in through the connection have it.
type SSOGrant struct{ Role, group string }

// GrantedRoles are the roles that come with the account. OIDC connections give none, nor does
// one that was deleted.
// Source: https://stytch.com/docs/b2b/guides/rbac/role-assignment
func (db *State) GrantedRoles(r *SSORegistration) []SSOGrant {
	n := db.Connection(r.ConnectionID)
	if n == nil || n.Kind == OIDCKind {
		return nil
	}
	var out []SSOGrant
	for _, id := range n.Roles {
		out = append(out, SSOGrant{Role: id})
	}
	for _, g := range n.GroupRoles {
		if slices.Contains(r.Groups, g.Group) {
			out = append(out, SSOGrant{Role: g.RoleID, group: g.Group})
		}
	}
	return out
}

func (g SSOGrant) source(connectionID string) wire.RoleSource {
	if g.group == "" {
		return wire.RoleSource{Type: "sso_connection", Details: map[string]string{"connection_id": connectionID}}
	}
	return wire.RoleSource{Type: "sso_connection_group", Details: map[string]string{"connection_id": connectionID, "group": g.group}}
}

// OAuthRegistration is a member's account at a provider.
type OAuthRegistration struct {
	ID           string    `json:"registration_id"`
	Provider     string    `json:"provider"`
	Subject      string    `json:"subject"`
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	IDToken      string    `json:"id_token"`
	Scopes       []string  `json:"scopes"`
	Tenants      []string  `json:"tenants"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// ProviderNames are the values of provider_type.
var ProviderNames = map[string]string{"google": "Google", "microsoft": "Microsoft", "hubspot": "Hubspot", "slack": "Slack", "github": "Github"}

func (r *OAuthRegistration) json() wire.OAuthRegistration {
	return wire.OAuthRegistration{ProviderType: ProviderNames[r.Provider], ProviderSubject: r.Subject, MemberOAuthRegistrationID: r.ID, Locale: "en"}
}

// OAuthTenants are the workspaces that a provider says a person is in.
type OAuthTenants struct {
	Provider string   `json:"provider"`
	IDs      []string `json:"ids"`
}

// AdmittedTo reports whether one of them lets a person join the organization.
// Only Slack, HubSpot and GitHub have workspaces that Stytch knows.
func (t OAuthTenants) AdmittedTo(org *Organization) bool {
	return org.Settings.OAuthTenantJITProvisioning == wire.Restricted && Overlap(t.IDs, org.Settings.AllowedOAuthTenants[t.Provider])
}
