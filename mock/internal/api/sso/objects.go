package sso

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// roleOnly gives a role to all who sign in through the connection.
type roleOnly struct {
	RoleID string `json:"role_id"`
}

// identityProviders are the values of identity_provider.
var identityProviders = []string{
	"classlink", "cyberark", "duo", "generic", "google-workspace", "jumpcloud", "keycloak", "miniorange",
	"microsoft-entra", "okta", "onelogin", "pingfederate", "rippling", "salesforce", "shibboleth",
}

// certificateObject is an X509Certificate object.
type certificateObject struct {
	CertificateID string         `json:"certificate_id"`
	Certificate   string         `json:"certificate"`
	Issuer        string         `json:"issuer"`
	CreatedAt     wire.Timestamp `json:"created_at"`
	ExpiresAt     wire.Timestamp `json:"expires_at"`
	UpdatedAt     wire.Timestamp `json:"updated_at"`
}

// encryptionKeyObject is an EncryptionPrivateKey object.
type encryptionKeyObject struct {
	PrivateKeyID string         `json:"private_key_id"`
	PrivateKey   string         `json:"private_key"`
	CreatedAt    wire.Timestamp `json:"created_at"`
}

// samlConnection is a SAMLConnection object.
// Source: https://stytch.com/docs/b2b/api/saml-connection-object
type samlConnection struct {
	OrganizationID           string                `json:"organization_id"`
	ConnectionID             string                `json:"connection_id"`
	Status                   string                `json:"status"`
	IDPEntityID              string                `json:"idp_entity_id"`
	DisplayName              string                `json:"display_name"`
	IDPSSOURL                string                `json:"idp_sso_url"`
	ACSURL                   string                `json:"acs_url"`
	AudienceURI              string                `json:"audience_uri"`
	SigningCertificates      []certificateObject   `json:"signing_certificates"`
	VerificationCertificates []certificateObject   `json:"verification_certificates"`
	EncryptionPrivateKeys    []encryptionKeyObject `json:"encryption_private_keys"`
	ImplicitRoles            []roleOnly            `json:"saml_connection_implicit_role_assignments"`
	GroupImplicitRoles       []state.GroupRole     `json:"saml_group_implicit_role_assignments"`
	AlternativeAudienceURI   string                `json:"alternative_audience_uri"`
	IdentityProvider         string                `json:"identity_provider"`
	NameIDFormat             string                `json:"nameid_format"`
	AlternativeACSURL        string                `json:"alternative_acs_url"`
	IDPInitiatedAuthDisabled bool                  `json:"idp_initiated_auth_disabled"`
	AllowGatewayCallback     bool                  `json:"allow_gateway_callback"`
	AttributeMapping         map[string]string     `json:"attribute_mapping"`
}

func samlObject(c *core.Request, n *state.Connection) samlConnection {
	at := c.Base + "/v1/b2b/sso/callback/" + n.ID
	return samlConnection{
		OrganizationID: n.OrganizationID, ConnectionID: n.ID, Status: n.Status(),
		IDPEntityID: n.SAML.IDPEntityID, DisplayName: n.DisplayName, IDPSSOURL: n.SAML.IDPSSOURL,
		ACSURL: at, AudienceURI: at,
		SigningCertificates:      certificatesJSON(n.SAML.Signing),
		VerificationCertificates: certificatesJSON(n.SAML.Verification),
		EncryptionPrivateKeys:    encryptionKeysJSON(n.SAML.Encryption),
		ImplicitRoles:            rolesOnly(n.Roles),
		GroupImplicitRoles:       append([]state.GroupRole{}, n.GroupRoles...),
		AlternativeAudienceURI:   n.SAML.AlternativeAudience,
		IdentityProvider:         n.IdentityProvider,
		NameIDFormat:             n.SAML.NameID,
		AlternativeACSURL:        n.SAML.AlternativeACS,
		IDPInitiatedAuthDisabled: n.SAML.IDPInitiatedOff,
		AllowGatewayCallback:     n.SAML.Gateway,
		AttributeMapping:         n.AttributeMapping,
	}
}

func certificatesJSON(list []state.Certificate) []certificateObject {
	out := make([]certificateObject, 0, len(list))
	for _, x := range list {
		out = append(out, certificateObject{
			CertificateID: x.ID, Certificate: x.Text, Issuer: x.Issuer,
			CreatedAt: wire.Timestamp(x.CreatedAt), ExpiresAt: wire.Timestamp(x.ExpiresAt), UpdatedAt: wire.Timestamp(x.CreatedAt),
		})
	}
	return out
}

func encryptionKeysJSON(list []state.EncryptionKey) []encryptionKeyObject {
	out := make([]encryptionKeyObject, 0, len(list))
	for _, k := range list {
		out = append(out, encryptionKeyObject{PrivateKeyID: k.ID, CreatedAt: wire.Timestamp(k.CreatedAt)})
	}
	return out
}
