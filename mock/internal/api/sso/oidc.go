package sso

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// oidcConnection is an OIDCConnection object.
// Source: https://stytch.com/docs/b2b/api/oidc-connection-object
type oidcConnection struct {
	OrganizationID string `json:"organization_id"`
	ConnectionID   string `json:"connection_id"`
	Status         string `json:"status"`
	DisplayName    string `json:"display_name"`
	RedirectURL    string `json:"redirect_url"`
	state.OIDCSettings
	IdentityProvider string            `json:"identity_provider"`
	AttributeMapping map[string]string `json:"attribute_mapping"`
}

func oidcObject(c *core.Request, n *state.Connection) oidcConnection {
	return oidcConnection{
		OrganizationID: n.OrganizationID, ConnectionID: n.ID, Status: n.Status(), DisplayName: n.DisplayName,
		RedirectURL: c.Base + "/v1/b2b/sso/callback/" + n.ID, OIDCSettings: n.OIDC,
		IdentityProvider: n.IdentityProvider, AttributeMapping: n.AttributeMapping,
	}
}

// oidcResponse is the response of the calls that return an OIDC connection.
type oidcResponse struct {
	wire.Envelope
	Connection oidcConnection `json:"connection"`
	Warning    *string        `json:"warning,omitempty"` // only the update call has it
}

// CreateOIDC makes a connection, pending until it is updated.
// Source: https://stytch.com/docs/b2b/api/create-oidc-connection
func CreateOIDC(c *core.Request, in CreateConnectionRequest) (*oidcResponse, error) {
	n, err := NewConnection(c, state.OIDCKind, in)
	if err != nil {
		return nil, err
	}
	return &oidcResponse{Connection: oidcObject(c, n)}, nil
}

// updateOIDCRequest is PUT
// /v1/b2b/sso/oidc/{organization_id}/connections/{connection_id}.
type updateOIDCRequest struct {
	DisplayName      *string        `json:"display_name"`
	IdentityProvider *string        `json:"identity_provider"`
	ClientID         *string        `json:"client_id"`
	ClientSecret     *string        `json:"client_secret"`
	Issuer           *string        `json:"issuer"`
	AuthorizationURL *string        `json:"authorization_url"`
	TokenURL         *string        `json:"token_url"`
	UserinfoURL      *string        `json:"userinfo_url"`
	JWKSURL          *string        `json:"jwks_url"`
	CustomScopes     *string        `json:"custom_scopes"`
	AttributeMapping map[string]any `json:"attribute_mapping"`
}

// UpdateOIDC changes a connection, or nothing. Stytch reads the issuer's
// discovery document for URLs that are missing, and warns if it cannot; here
// nothing is fetched, so a missing URL stays missing and is warned about.
// Source: https://stytch.com/docs/b2b/api/update-oidc-connection
func UpdateOIDC(c *core.Request, in updateOIDCRequest) (*oidcResponse, error) {
	n, err := namedConnection(c, "update", "oidc_connection_not_found", state.OIDCKind)
	if err != nil {
		return nil, err
	}
	changed := *n
	if err := describe(&changed, in.DisplayName, in.IdentityProvider); err != nil {
		return nil, err
	}
	for _, s := range []struct {
		to, from *string
		invalid  string // not a URL if empty
	}{
		{&changed.OIDC.ClientID, in.ClientID, ""},
		{&changed.OIDC.ClientSecret, in.ClientSecret, ""},
		{&changed.OIDC.CustomScopes, in.CustomScopes, ""},
		{&changed.OIDC.Issuer, in.Issuer, "oidc_connection_issuer_url_invalid_format"},
		{&changed.OIDC.AuthorizationURL, in.AuthorizationURL, "oidc_connection_authorization_url_invalid_format"},
		{&changed.OIDC.TokenURL, in.TokenURL, "oidc_connection_token_url_invalid_format"},
		{&changed.OIDC.UserinfoURL, in.UserinfoURL, "oidc_connection_userinfo_url_invalid_format"},
		{&changed.OIDC.JWKSURL, in.JWKSURL, "oidc_connection_jwks_url_invalid_format"},
	} {
		if s.from == nil {
			continue
		}
		if s.invalid != "" && *s.from != "" {
			if err := checkWebURL(*s.from, s.invalid); err != nil {
				return nil, err
			}
		}
		*s.to = *s.from
	}
	if in.AttributeMapping != nil {
		if changed.AttributeMapping, err = attributeNames(in.AttributeMapping); err != nil {
			return nil, err
		}
	}
	*n = changed
	noteConnection(c, core.ActionUpdate, n)
	warning := ""
	if o := n.OIDC; slices.Contains([]string{o.AuthorizationURL, o.TokenURL, o.UserinfoURL, o.JWKSURL}, "") && o.Issuer != "" {
		warning = "The mock does not read the issuer's discovery document: give all URLs."
	}
	return &oidcResponse{Connection: oidcObject(c, n), Warning: &warning}, nil
}
