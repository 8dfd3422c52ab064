package state

import "time"

// samlSettings are what a SAML connection has of its own.
type samlSettings struct {
	IDPEntityID         string          `json:"idp_entity_id,omitempty"`
	IDPSSOURL           string          `json:"idp_sso_url,omitempty"`
	AlternativeAudience string          `json:"alternative_audience_uri,omitempty"`
	AlternativeACS      string          `json:"alternative_acs_url,omitempty"`
	NameID              string          `json:"nameid_format,omitempty"`
	IDPInitiatedOff     bool            `json:"idp_initiated_auth_disabled,omitempty"`
	Gateway             bool            `json:"allow_gateway_callback,omitempty"`
	Signing             []Certificate   `json:"signing_certificates,omitempty"`
	Verification        []Certificate   `json:"verification_certificates,omitempty"`
	Encryption          []EncryptionKey `json:"encryption_private_keys,omitempty"`
}

// Certificate is one of Stytch's to sign with, or one of the identity provider's to
// verify with.
type Certificate struct {
	ID        string    `json:"certificate_id"`
	Text      string    `json:"certificate"`
	Issuer    string    `json:"issuer"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// EncryptionKey is a key that assertions may be encrypted for. The key itself is
// not kept: nothing is decrypted here.
type EncryptionKey struct {
	ID        string    `json:"private_key_id"`
	CreatedAt time.Time `json:"created_at"`
}

// OIDCSettings are what an OIDC connection has of its own, by their names on the
// wire.
type OIDCSettings struct {
	ClientID         string `json:"client_id"`
	ClientSecret     string `json:"client_secret"`
	Issuer           string `json:"issuer"`
	AuthorizationURL string `json:"authorization_url"`
	TokenURL         string `json:"token_url"`
	UserinfoURL      string `json:"userinfo_url"`
	JWKSURL          string `json:"jwks_url"`
	CustomScopes     string `json:"custom_scopes"`
}
