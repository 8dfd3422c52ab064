package mock

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
)

// samlAnswer is the answer of the calls that return a SAML connection.
type samlAnswer struct {
	envelope
	Connection samlJSON `json:"connection"`
}

// createSAML makes a connection, pending until it is updated.
// Source: https://stytch.com/docs/b2b/api/create-saml-connection
func createSAML(c *call, in createConnectionRequest) (*samlAnswer, error) {
	n, err := c.newConnection(samlKind, in)
	if err != nil {
		return nil, err
	}
	n.SAML.NameID = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	own := c.keyNumber(0).certificate
	n.SAML.Signing = []certificate{{
		ID:   c.newID("saml-signing-key"),
		Text: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own})), Issuer: "mock.Stytch",
		CreatedAt: c.now, ExpiresAt: c.now.AddDate(10, 0, 0),
	}}
	return &samlAnswer{Connection: c.samlJSON(n)}, nil
}

// updateSAMLRequest is PUT
// /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}.
type updateSAMLRequest struct {
	IDPEntityID              *string        `json:"idp_entity_id"`
	DisplayName              *string        `json:"display_name"`
	AttributeMapping         map[string]any `json:"attribute_mapping"`
	X509Certificate          *string        `json:"x509_certificate"`
	IDPSSOURL                *string        `json:"idp_sso_url"`
	ImplicitRoles            []roleOnly     `json:"saml_connection_implicit_role_assignments"`
	GroupImplicitRoles       []groupRole    `json:"saml_group_implicit_role_assignments"`
	AlternativeAudienceURI   *string        `json:"alternative_audience_uri"`
	IdentityProvider         *string        `json:"identity_provider"`
	SigningPrivateKey        *string        `json:"signing_private_key"`
	NameIDFormat             *string        `json:"nameid_format"`
	AlternativeACSURL        *string        `json:"alternative_acs_url"`
	IDPInitiatedAuthDisabled *bool          `json:"idp_initiated_auth_disabled"`
	EncryptionPrivateKey     *string        `json:"saml_encryption_private_key"`
	AllowGatewayCallback     *bool          `json:"allow_gateway_callback"`
}

// updateSAML changes a connection, or nothing: it works on a copy until every
// field has passed.
// Source: https://stytch.com/docs/b2b/api/update-saml-connection
func updateSAML(c *call, in updateSAMLRequest) (*samlAnswer, error) {
	n, err := c.namedConnection("update", "saml_connection_not_found", samlKind)
	if err != nil {
		return nil, err
	}
	changed := *n
	if err := changed.describe(in.DisplayName, in.IdentityProvider); err != nil {
		return nil, err
	}
	if err := c.checkGrants(c.db.org(n.OrganizationID), in.ImplicitRoles, in.GroupImplicitRoles); err != nil {
		return nil, err
	}
	if err := changed.mapAttributes(in.AttributeMapping); err != nil {
		return nil, err
	}
	if in.GroupImplicitRoles != nil {
		if len(in.GroupImplicitRoles) > 0 && changed.AttributeMapping["groups"] == "" {
			return nil, refuse("saml_connection_attribute_mapping_missing_groups_key")
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
		if err := c.addCertificate(&changed, *in.X509Certificate); err != nil {
			return nil, err
		}
	}
	if in.EncryptionPrivateKey != nil && *in.EncryptionPrivateKey != "" {
		changed.SAML.Encryption = append(slices.Clone(changed.SAML.Encryption), encryptionKey{ID: c.newID("saml-encryption-key"), CreatedAt: c.now})
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
	return &samlAnswer{Connection: c.samlJSON(n)}, nil
}

// mapAttributes replaces the attribute mapping: an address and a name must be in
// it, and a value is a name and not an object.
func (n *connection) mapAttributes(mapping map[string]any) error {
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
		return refuse("saml_connection_attribute_mapping_required")
	case !has("email"):
		return refuse("saml_connection_email_mapping_required")
	case !has("full_name") && (!has("first_name") || !has("last_name")):
		return refuse("saml_connection_name_mapping_required")
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
			return nil, refuse("saml_connection_no_nested_keys_in_attribute_mapping")
		}
		out[key] = name
	}
	return out, nil
}

// addCertificate keeps another certificate of the identity provider's.
func (c *call) addCertificate(n *connection, text string) error {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return refuse("invalid_x509_certificate")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return refuse("invalid_x509_certificate")
	}
	n.SAML.Verification = append(slices.Clone(n.SAML.Verification), certificate{
		ID: c.newID("saml-verification-key"), Text: text, Issuer: parsed.Issuer.String(), CreatedAt: c.now, ExpiresAt: parsed.NotAfter,
	})
	return nil
}

// updateSAMLByURLRequest is PUT …/connections/{connection_id}/url.
type updateSAMLByURLRequest struct {
	MetadataURL string `json:"metadata_url"`
}

// updateSAMLByURL completes a connection as if the identity provider's metadata
// had been read: nothing is fetched, and the certificate is one of the mock's.
// Source: https://stytch.com/docs/b2b/api/update-saml-connection-url
func updateSAMLByURL(c *call, in updateSAMLByURLRequest) (*samlAnswer, error) {
	n, err := c.namedConnection("update", "saml_connection_not_found", samlKind)
	if err != nil {
		return nil, err
	}
	if err := checkWebURL(in.MetadataURL, "invalid_saml_metadata_url"); err != nil {
		return nil, err
	}
	if err := c.completeSAML(n, in.MetadataURL); err != nil {
		return nil, err
	}
	return &samlAnswer{Connection: c.samlJSON(n)}, nil
}

// completeSAML fills in what an identity provider's metadata would say.
func (c *call) completeSAML(n *connection, at string) error {
	n.SAML.IDPEntityID, n.SAML.IDPSSOURL = at, at
	return c.addCertificate(n, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.keyNumber(0).certificate})))
}

// certificateIDAnswer and privateKeyIDAnswer are the answers of the delete calls.
type certificateIDAnswer struct {
	envelope
	CertificateID string `json:"certificate_id"`
}

type privateKeyIDAnswer struct {
	envelope
	PrivateKeyID string `json:"private_key_id"`
}

// deleteCertificate forgets a certificate of the identity provider's, but not
// the last one.
// Source: https://stytch.com/docs/b2b/api/delete-verification-certificate
func deleteCertificate(c *call) (stamped, error) {
	n, err := c.namedConnection("update", "saml_connection_not_found", samlKind)
	if err != nil {
		return nil, err
	}
	id := c.params["certificate_id"]
	left := slices.DeleteFunc(slices.Clone(n.SAML.Verification), func(x certificate) bool { return x.ID == id })
	switch {
	case len(left) == len(n.SAML.Verification):
		return nil, refuse("sso_verification_key_not_found")
	case len(left) == 0:
		return nil, refuse("cannot_delete_last_sso_verification_key")
	}
	n.SAML.Verification = left
	return &certificateIDAnswer{CertificateID: id}, nil
}

// deleteEncryptionKey forgets a key that assertions were encrypted for.
// Source: https://stytch.com/docs/b2b/api/delete-encryption-private-key
func deleteEncryptionKey(c *call) (stamped, error) {
	n, err := c.namedConnection("update", "saml_connection_not_found", samlKind)
	if err != nil {
		return nil, err
	}
	id := c.params["private_key_id"]
	left := slices.DeleteFunc(slices.Clone(n.SAML.Encryption), func(k encryptionKey) bool { return k.ID == id })
	if len(left) == len(n.SAML.Encryption) {
		return nil, refuse("sso_encryption_private_key_not_found")
	}
	n.SAML.Encryption = left
	return &privateKeyIDAnswer{PrivateKeyID: id}, nil
}
