package mock

import "time"

// samlSettings are what a SAML connection has of its own.
type samlSettings struct {
	idpEntityID, idpSSOURL   string
	alternativeAudience      string
	alternativeACS, nameID   string
	idpInitiatedOff, gateway bool
	signing, verification    []certificate
	encryption               []encryptionKey
}

// certificate is one of ours to sign with, or one of theirs to verify with.
type certificate struct {
	id, text, issuer     string
	createdAt, expiresAt time.Time
}

// encryptionKey is a key that assertions may be encrypted for. The key itself is
// not kept: nothing is decrypted here.
type encryptionKey struct {
	id        string
	createdAt time.Time
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
	at := c.s.base + "/v1/b2b/sso/callback/" + n.id
	return samlJSON{
		OrganizationID: n.org.id, ConnectionID: n.id, Status: n.status(),
		IDPEntityID: n.saml.idpEntityID, DisplayName: n.displayName, IDPSSOURL: n.saml.idpSSOURL,
		ACSURL: at, AudienceURI: at,
		SigningCertificates:      certificatesJSON(n.saml.signing),
		VerificationCertificates: certificatesJSON(n.saml.verification),
		EncryptionPrivateKeys:    encryptionKeysJSON(n.saml.encryption),
		ImplicitRoles:            rolesOnly(n.roles),
		GroupImplicitRoles:       append([]groupRole{}, n.groupRoles...),
		AlternativeAudienceURI:   n.saml.alternativeAudience,
		IdentityProvider:         n.identityProvider,
		NameIDFormat:             n.saml.nameID,
		AlternativeACSURL:        n.saml.alternativeACS,
		IDPInitiatedAuthDisabled: n.saml.idpInitiatedOff,
		AllowGatewayCallback:     n.saml.gateway,
		AttributeMapping:         n.attributeMapping,
	}
}

func certificatesJSON(list []certificate) []certificateJSON {
	out := make([]certificateJSON, 0, len(list))
	for _, x := range list {
		out = append(out, certificateJSON{
			CertificateID: x.id, Certificate: x.text, Issuer: x.issuer,
			CreatedAt: moment(x.createdAt), ExpiresAt: moment(x.expiresAt), UpdatedAt: moment(x.createdAt),
		})
	}
	return out
}

func encryptionKeysJSON(list []encryptionKey) []encryptionKeyJSON {
	out := make([]encryptionKeyJSON, 0, len(list))
	for _, k := range list {
		out = append(out, encryptionKeyJSON{PrivateKeyID: k.id, CreatedAt: moment(k.createdAt)})
	}
	return out
}
