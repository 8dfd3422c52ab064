package mock

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
	Signing             []certificate   `json:"signing_certificates,omitempty"`
	Verification        []certificate   `json:"verification_certificates,omitempty"`
	Encryption          []encryptionKey `json:"encryption_private_keys,omitempty"`
}

// certificate is one of ours to sign with, or one of theirs to verify with.
type certificate struct {
	ID        string    `json:"certificate_id"`
	Text      string    `json:"certificate"`
	Issuer    string    `json:"issuer"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// encryptionKey is a key that assertions may be encrypted for. The key itself is
// not kept: nothing is decrypted here.
type encryptionKey struct {
	ID        string    `json:"private_key_id"`
	CreatedAt time.Time `json:"created_at"`
}

// certificateJSON is an X509Certificate object.
type certificateJSON struct {
	CertificateID string `json:"certificate_id"`
	Certificate   string `json:"certificate"`
	Issuer        string `json:"issuer"`
	CreatedAt     moment `json:"created_at"`
	ExpiresAt     moment `json:"expires_at"`
	UpdatedAt     moment `json:"updated_at"`
}

// encryptionKeyJSON is an EncryptionPrivateKey object.
type encryptionKeyJSON struct {
	PrivateKeyID string `json:"private_key_id"`
	PrivateKey   string `json:"private_key"`
	CreatedAt    moment `json:"created_at"`
}

// samlJSON is a SAMLConnection object.
// Source: https://stytch.com/docs/b2b/api/saml-connection-object
type samlJSON struct {
	OrganizationID           string              `json:"organization_id"`
	ConnectionID             string              `json:"connection_id"`
	Status                   string              `json:"status"`
	IDPEntityID              string              `json:"idp_entity_id"`
	DisplayName              string              `json:"display_name"`
	IDPSSOURL                string              `json:"idp_sso_url"`
	ACSURL                   string              `json:"acs_url"`
	AudienceURI              string              `json:"audience_uri"`
	SigningCertificates      []certificateJSON   `json:"signing_certificates"`
	VerificationCertificates []certificateJSON   `json:"verification_certificates"`
	EncryptionPrivateKeys    []encryptionKeyJSON `json:"encryption_private_keys"`
	ImplicitRoles            []roleOnly          `json:"saml_connection_implicit_role_assignments"`
	GroupImplicitRoles       []groupRole         `json:"saml_group_implicit_role_assignments"`
	AlternativeAudienceURI   string              `json:"alternative_audience_uri"`
	IdentityProvider         string              `json:"identity_provider"`
	NameIDFormat             string              `json:"nameid_format"`
	AlternativeACSURL        string              `json:"alternative_acs_url"`
	IDPInitiatedAuthDisabled bool                `json:"idp_initiated_auth_disabled"`
	AllowGatewayCallback     bool                `json:"allow_gateway_callback"`
	AttributeMapping         map[string]string   `json:"attribute_mapping"`
}

func (c *call) samlJSON(n *connection) samlJSON {
	at := c.base + "/v1/b2b/sso/callback/" + n.ID
	return samlJSON{
		OrganizationID: n.OrganizationID, ConnectionID: n.ID, Status: n.status(),
		IDPEntityID: n.SAML.IDPEntityID, DisplayName: n.DisplayName, IDPSSOURL: n.SAML.IDPSSOURL,
		ACSURL: at, AudienceURI: at,
		SigningCertificates:      certificatesJSON(n.SAML.Signing),
		VerificationCertificates: certificatesJSON(n.SAML.Verification),
		EncryptionPrivateKeys:    encryptionKeysJSON(n.SAML.Encryption),
		ImplicitRoles:            rolesOnly(n.Roles),
		GroupImplicitRoles:       append([]groupRole{}, n.GroupRoles...),
		AlternativeAudienceURI:   n.SAML.AlternativeAudience,
		IdentityProvider:         n.IdentityProvider,
		NameIDFormat:             n.SAML.NameID,
		AlternativeACSURL:        n.SAML.AlternativeACS,
		IDPInitiatedAuthDisabled: n.SAML.IDPInitiatedOff,
		AllowGatewayCallback:     n.SAML.Gateway,
		AttributeMapping:         n.AttributeMapping,
	}
}

func certificatesJSON(list []certificate) []certificateJSON {
	out := make([]certificateJSON, 0, len(list))
	for _, x := range list {
		out = append(out, certificateJSON{
			CertificateID: x.ID, Certificate: x.Text, Issuer: x.Issuer,
			CreatedAt: moment(x.CreatedAt), ExpiresAt: moment(x.ExpiresAt), UpdatedAt: moment(x.CreatedAt),
		})
	}
	return out
}

func encryptionKeysJSON(list []encryptionKey) []encryptionKeyJSON {
	out := make([]encryptionKeyJSON, 0, len(list))
	for _, k := range list {
		out = append(out, encryptionKeyJSON{PrivateKeyID: k.ID, CreatedAt: moment(k.CreatedAt)})
	}
	return out
}
