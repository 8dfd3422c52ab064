package sso

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// samlResponse is the response of the calls that return a SAML connection.
type samlResponse struct {
	wire.Envelope
	Connection samlConnection `json:"connection"`
}

// CreateSAML makes a connection, pending until it is updated.
// Source: https://stytch.com/docs/b2b/api/create-saml-connection
func CreateSAML(c *core.Request, in CreateConnectionRequest) (*samlResponse, error) {
	n, err := NewConnection(c, state.SAMLKind, in)
	if err != nil {
		return nil, err
	}
	n.SAML.NameID = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	own := c.KeyNumber(0).Certificate
	n.SAML.Signing = []state.Certificate{{
		ID:   c.NewID("saml-signing-key"),
		Text: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own})), Issuer: "mock.Stytch",
		CreatedAt: c.Now, ExpiresAt: c.Now.AddDate(10, 0, 0),
	}}
	return &samlResponse{Connection: samlObject(c, n)}, nil
}

// updateSAMLRequest is PUT
// /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}.
type updateSAMLRequest struct {
	IDPEntityID              *string           `json:"idp_entity_id"`
	DisplayName              *string           `json:"display_name"`
	AttributeMapping         map[string]any    `json:"attribute_mapping"`
	X509Certificate          *string           `json:"x509_certificate"`
	IDPSSOURL                *string           `json:"idp_sso_url"`
	ImplicitRoles            []roleOnly        `json:"saml_connection_implicit_role_assignments"`
	GroupImplicitRoles       []state.GroupRole `json:"saml_group_implicit_role_assignments"`
	AlternativeAudienceURI   *string           `json:"alternative_audience_uri"`
	IdentityProvider         *string           `json:"identity_provider"`
	SigningPrivateKey        *string           `json:"signing_private_key"`
	NameIDFormat             *string           `json:"nameid_format"`
	AlternativeACSURL        *string           `json:"alternative_acs_url"`
	IDPInitiatedAuthDisabled *bool             `json:"idp_initiated_auth_disabled"`
	EncryptionPrivateKey     *string           `json:"saml_encryption_private_key"`
	AllowGatewayCallback     *bool             `json:"allow_gateway_callback"`
}

// UpdateSAML changes a connection, or nothing: it works on a copy until every
// field has passed.
// Source: https://stytch.com/docs/b2b/api/update-saml-connection
func UpdateSAML(c *core.Request, in updateSAMLRequest) (*samlResponse, error) {
	n, err := namedConnection(c, "update", "saml_connection_not_found", state.SAMLKind)
	if err != nil {
		return nil, err
	}
	changed := *n
	if err := describe(&changed, in.DisplayName, in.IdentityProvider); err != nil {
		return nil, err
	}
	if err := checkGrants(c, c.State.Org(n.OrganizationID), in.ImplicitRoles, in.GroupImplicitRoles); err != nil {
		return nil, err
	}
	if err := mapAttributes(&changed, in.AttributeMapping); err != nil {
		return nil, err
	}
	if in.GroupImplicitRoles != nil {
		if len(in.GroupImplicitRoles) > 0 && changed.AttributeMapping["groups"] == "" {
			return nil, wire.Error("saml_connection_attribute_mapping_missing_groups_key")
		}
		changed.GroupRoles = slices.Clone(in.GroupImplicitRoles)
	}
	if in.ImplicitRoles != nil {
		changed.Roles = roleIDsOf(in.ImplicitRoles)
	}
	if in.IDPSSOURL != nil {
		if err := checkWebURL(*in.IDPSSOURL, "saml_connection_idp_sso_url_invalid_format"); err != nil {
			return nil, err
		}
		changed.SAML.IDPSSOURL = *in.IDPSSOURL
	}
	if in.X509Certificate != nil {
		if err := addCertificate(c, &changed, *in.X509Certificate); err != nil {
			return nil, err
		}
	}
	if in.SigningPrivateKey != nil && *in.SigningPrivateKey != "" {
		if err := addSigningKey(c, &changed, *in.SigningPrivateKey); err != nil {
			return nil, err
		}
	}
	if in.EncryptionPrivateKey != nil && *in.EncryptionPrivateKey != "" {
		changed.SAML.Encryption = append(slices.Clone(changed.SAML.Encryption), state.EncryptionKey{ID: c.NewID("saml-encryption-key"), CreatedAt: c.Now})
	}
	for _, s := range []struct {
		to   *string
		from *string
	}{
		{&changed.SAML.IDPEntityID, in.IDPEntityID},
		{&changed.SAML.AlternativeAudience, in.AlternativeAudienceURI},
		{&changed.SAML.NameID, in.NameIDFormat},
		{&changed.SAML.AlternativeACS, in.AlternativeACSURL},
	} {
		if s.from != nil {
			*s.to = *s.from
		}
	}
	if in.IDPInitiatedAuthDisabled != nil {
		changed.SAML.IDPInitiatedOff = *in.IDPInitiatedAuthDisabled
	}
	if in.AllowGatewayCallback != nil {
		changed.SAML.Gateway = *in.AllowGatewayCallback
	}
	*n = changed
	noteConnection(c, core.ActionUpdate, n)
	return &samlResponse{Connection: samlObject(c, n)}, nil
}

// mapAttributes replaces the attribute mapping: an address and a name must be in
// it, and a value is a name and not an object.
func mapAttributes(n *state.Connection, mapping map[string]any) error {
	if mapping == nil {
		return nil
	}
	names, err := attributeNames(mapping)
	if err != nil {
		return err
	}
	has := func(name string) bool { return names[name] != "" }
	switch {
	case len(names) == 0:
		return wire.Error("saml_connection_attribute_mapping_required")
	case !has("email"):
		return wire.Error("saml_connection_email_mapping_required")
	case !has("full_name") && (!has("first_name") || !has("last_name")):
		return wire.Error("saml_connection_name_mapping_required")
	}
	n.AttributeMapping = names
	return nil
}

// attributeNames reads an attribute mapping, whose values are names.
func attributeNames(mapping map[string]any) (map[string]string, error) {
	out := make(map[string]string)
	for key, value := range mapping {
		name, ok := value.(string)
		if !ok {
			return nil, wire.Error("saml_connection_no_nested_keys_in_attribute_mapping")
		}
		out[key] = name
	}
	return out, nil
}

// addCertificate keeps another certificate of the identity provider's.
func addCertificate(c *core.Request, n *state.Connection, text string) error {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return wire.Error("invalid_x509_certificate")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return wire.Error("invalid_x509_certificate")
	}
	n.SAML.Verification = append(slices.Clone(n.SAML.Verification), state.Certificate{
		ID: c.NewID("saml-verification-key"), Text: text, Issuer: parsed.Issuer.String(), CreatedAt: c.Now, ExpiresAt: parsed.NotAfter,
	})
	return nil
}

// addSigningKey makes a certificate of a key of the caller's. The key is forgotten: the
// mock signs no requests.
func addSigningKey(c *core.Request, n *state.Connection, text string) error {
	if !strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN RSA PRIVATE KEY-----") {
		return wire.Error("saml_signing_private_key_format_not_supported")
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return wire.Error("saml_signing_private_key_invalid")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return wire.Error("saml_signing_private_key_invalid")
	}
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(c.Random.Bytes("saml-signing-serial", 16)), Subject: pkix.Name{CommonName: "mock.Stytch"},
		NotBefore: c.Now, NotAfter: c.Now.AddDate(10, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return wire.Error("saml_signing_private_key_invalid") // too short to sign with
	}
	n.SAML.Signing = append(slices.Clone(n.SAML.Signing), state.Certificate{
		ID:   c.NewID("saml-signing-key"),
		Text: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), Issuer: "mock.Stytch",
		CreatedAt: c.Now, ExpiresAt: template.NotAfter,
	})
	return nil
}

// updateSAMLByURLRequest is PUT …/connections/{connection_id}/url.
type updateSAMLByURLRequest struct {
	MetadataURL string `json:"metadata_url"`
}

// UpdateSAMLByURL completes a connection as if the identity provider's metadata
// had been read: nothing is fetched, and the certificate is one of the mock's.
// Source: https://stytch.com/docs/b2b/api/update-saml-connection-url
func UpdateSAMLByURL(c *core.Request, in updateSAMLByURLRequest) (*samlResponse, error) {
	n, err := namedConnection(c, "update", "saml_connection_not_found", state.SAMLKind)
	if err != nil {
		return nil, err
	}
	if err := checkWebURL(in.MetadataURL, "invalid_saml_metadata_url"); err != nil {
		return nil, err
	}
	if err := CompleteSAML(c, n, in.MetadataURL); err != nil {
		return nil, err
	}
	return &samlResponse{Connection: samlObject(c, n)}, nil
}

// CompleteSAML fills in what an identity provider's metadata would say.
func CompleteSAML(c *core.Request, n *state.Connection, at string) error {
	n.SAML.IDPEntityID, n.SAML.IDPSSOURL = at, at
	noteConnection(c, core.ActionUpdate, n)
	return addCertificate(c, n, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.KeyNumber(0).Certificate})))
}

// certificateIDResponse and privateKeyIDResponse are the responses of the delete calls.
type certificateIDResponse struct {
	wire.Envelope
	CertificateID string `json:"certificate_id"`
}

type privateKeyIDResponse struct {
	wire.Envelope
	PrivateKeyID string `json:"private_key_id"`
}

// DeleteCertificate forgets a certificate of the identity provider's, but not
// the last one.
// Source: https://stytch.com/docs/b2b/api/delete-verification-certificate
func DeleteCertificate(c *core.Request) (wire.Success, error) {
	n, err := namedConnection(c, "update", "saml_connection_not_found", state.SAMLKind)
	if err != nil {
		return nil, err
	}
	id := c.Params["certificate_id"]
	left := slices.DeleteFunc(slices.Clone(n.SAML.Verification), func(x state.Certificate) bool { return x.ID == id })
	switch {
	case len(left) == len(n.SAML.Verification):
		return nil, wire.Error("sso_verification_key_not_found")
	case len(left) == 0:
		return nil, wire.Error("cannot_delete_last_sso_verification_key")
	}
	n.SAML.Verification = left
	noteConnection(c, core.ActionUpdate, n)
	return &certificateIDResponse{CertificateID: id}, nil
}

// DeleteEncryptionKey forgets a key that assertions were encrypted for.
// Source: https://stytch.com/docs/b2b/api/delete-encryption-private-key
func DeleteEncryptionKey(c *core.Request) (wire.Success, error) {
	n, err := namedConnection(c, "update", "saml_connection_not_found", state.SAMLKind)
	if err != nil {
		return nil, err
	}
	id := c.Params["private_key_id"]
	left := slices.DeleteFunc(slices.Clone(n.SAML.Encryption), func(k state.EncryptionKey) bool { return k.ID == id })
	if len(left) == len(n.SAML.Encryption) {
		return nil, wire.Error("sso_encryption_private_key_not_found")
	}
	n.SAML.Encryption = left
	noteConnection(c, core.ActionUpdate, n)
	return &privateKeyIDResponse{PrivateKeyID: id}, nil
}
