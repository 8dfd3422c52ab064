package mock_test

import (
	"net/http"

	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/mock"
)

var sessionRecipes = []recipe{
	{endpoint: "GET /v1/b2b/sessions", sdk: "sessions.get", make: func(r *room) contract.Sample {
		return contract.Sample{Query: map[string]string{"organization_id": r.org, "member_id": r.ada}}
	}},
	{endpoint: "POST /v1/b2b/sessions/authenticate", sdk: "sessions.authenticate", make: func(r *room) contract.Sample {
		return r.sample(object{"session_token": r.adas.Token.Reveal()}, object{
			"authorization_check": object{"organization_id": r.org, "resource_id": "stytch.self", "action": "update.info.name"},
		})
	}},
	{endpoint: "POST /v1/b2b/sessions/revoke", sdk: "sessions.revoke", make: func(r *room) contract.Sample {
		s := r.sample(object{"session_token": r.adas.Token.Reveal()}, nil)
		s = when(s, "session_jwt", object{"session_token": nil})
		s = when(s, "member_id", object{"session_token": nil, "member_id": r.ada})
		return when(s, "member_session_id", object{
			"session_token": nil, "member_session_id": r.authenticate(r.adas).text("member_session", "member_session_id"),
		})
	}},
	{endpoint: "GET /v1/b2b/sessions/jwks/{project_id}", sdk: "sessions.getJWKS", make: func(r *room) contract.Sample {
		return r.to(map[string]string{"project_id": r.stytch.ProjectID()})
	}},
	{endpoint: "POST /v1/b2b/sessions/exchange", sdk: "sessions.exchange", make: func(r *room) contract.Sample {
		return r.sample(object{"organization_id": r.org, "session_token": r.adas.Token.Reveal()}, nil)
	}},
	{endpoint: "POST /v1/b2b/sessions/exchange_access_token", sdk: "sessions.exchangeAccessToken", make: func(r *room) contract.Sample {
		return r.sample(object{"access_token": r.stytch.ForeignToken(r.adaID(), mock.AccessToken).Reveal()}, nil)
	}},
	{endpoint: "POST /v1/b2b/sessions/attest", sdk: "sessions.attest", make: func(r *room) contract.Sample {
		return r.sample(object{
			"profile_id": mock.TrustedProfile, "token": r.stytch.ForeignToken(r.adaID(), mock.TrustedAuthToken).Reveal(), "organization_id": r.org,
		}, nil)
	}},
	{endpoint: "POST /v1/b2b/sessions/migrate", sdk: "sessions.migrate", make: func(r *room) contract.Sample {
		return r.sample(object{"organization_id": r.org, "session_token": r.stytch.ForeignToken(r.adaID(), mock.ExternalSession).Reveal()}, nil)
	}},
}

var otherRecipes = []recipe{
	{endpoint: "GET /v1/b2b/rbac/policy", sdk: "rbac.policy", make: func(r *room) contract.Sample { return r.to(nil) }},
	{endpoint: "GET /v1/b2b/rbac/organizations/{organization_id}", make: func(r *room) contract.Sample { return r.to(r.organization()) }},
	{endpoint: "PUT /v1/b2b/rbac/organizations/{organization_id}", make: func(r *room) contract.Sample {
		return under(r.organization(), r.sample(object{"org_policy": object{"roles": []object{{
			"role_id": "marker", "description": "marks", "permissions": []object{{"resource_id": "class", "actions": []string{"mark"}}},
		}}}}, nil))
	}},
	{endpoint: "POST /v1/b2b/impersonation/authenticate", sdk: "impersonation.authenticate", make: func(r *room) contract.Sample {
		return r.sample(object{"impersonation_token": r.stytch.Impersonate(r.adaID(), "help@example.edu").Reveal()}, nil)
	}},
}

var ssoRecipes = []recipe{
	{endpoint: "POST /v1/b2b/sso/authenticate", sdk: "sso.authenticate", make: func(r *room) contract.Sample {
		connection := r.connection("saml")
		token := func(challenge string) string {
			return r.come(ssoStart, map[string]string{"connection_id": connection, "mock_persona": ada, "pkce_code_challenge": challenge}).Query().Get("token")
		}
		return withVerifier(r.sample(object{"sso_token": token("")}, nil), "sso_token", token(challenge))
	}},
	{endpoint: "GET /v1/b2b/sso/{organization_id}", sdk: "sso.getConnections", make: func(r *room) contract.Sample {
		r.connection("saml")
		r.connection("oidc")
		return r.to(r.organization())
	}},
	{endpoint: "DELETE /v1/b2b/sso/{organization_id}/connections/{connection_id}", sdk: "sso.deleteConnection", make: func(r *room) contract.Sample {
		return r.to(r.connectionPath(r.connection("saml")))
	}},
	{endpoint: "POST /v1/b2b/sso/saml/{organization_id}", sdk: "sso.saml.createConnection", make: func(r *room) contract.Sample {
		return under(r.organization(), r.sample(object{}, nil))
	}},
	{endpoint: "PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}", sdk: "sso.saml.updateConnection", make: func(r *room) contract.Sample {
		mapping := object{"email": "email", "full_name": "full_name", "groups": "groups"}
		s := under(r.connectionPath(r.connection("saml")), r.sample(object{"display_name": "School"}, object{
			"attribute_mapping": mapping, "idp_entity_id": "https://idp.example.edu", "idp_sso_url": "https://idp.example.edu/sso",
			"x509_certificate": r.certificate(), "saml_connection_implicit_role_assignments": []object{{"role_id": "tutor"}},
			"alternative_audience_uri": "https://grimoire.example.edu", "alternative_acs_url": "https://grimoire.example.edu/acs",
			"nameid_format":       "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
			"signing_private_key": pkcs1Key(), "saml_encryption_private_key": "-----BEGIN PRIVATE KEY-----",
			"allow_gateway_callback": true, "idp_initiated_auth_disabled": true,
		}))
		return when(s, "saml_group_implicit_role_assignments", object{
			"attribute_mapping": mapping, "saml_group_implicit_role_assignments": []object{{"group": "staff", "role_id": "tutor"}},
		})
	}},
	{endpoint: "PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/url", sdk: "sso.saml.updateByURL", make: func(r *room) contract.Sample {
		return under(r.connectionPath(r.connection("saml")), r.sample(object{"metadata_url": "https://idp.example.edu/metadata"}, nil))
	}},
	{endpoint: "DELETE /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/verification_certificates/{certificate_id}", sdk: "sso.saml.deleteVerificationCertificate", make: func(r *room) contract.Sample {
		path := r.connectionPath(r.connection("saml"))
		// The last one cannot be deleted.
		out := r.ok(http.MethodPut, ssoPath+"/saml/"+r.org+"/connections/"+path["connection_id"]+"/url", object{"metadata_url": "https://idp.example.edu/metadata"})
		certificate := list(out.at("connection", "verification_certificates"))[0].(map[string]any)
		path["certificate_id"] = object(certificate).text("certificate_id")
		return r.to(path)
	}},
	{endpoint: "DELETE /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/encryption_private_keys/{private_key_id}", sdk: "sso.saml.deleteEncryptionPrivateKey", make: func(r *room) contract.Sample {
		path := r.connectionPath(r.connection("saml"))
		out := r.ok(http.MethodPut, ssoPath+"/saml/"+r.org+"/connections/"+path["connection_id"], object{"saml_encryption_private_key": "-----BEGIN PRIVATE KEY-----"})
		key := list(out.at("connection", "encryption_private_keys"))[0].(map[string]any)
		path["private_key_id"] = object(key).text("private_key_id")
		return r.to(path)
	}},
	{endpoint: "POST /v1/b2b/sso/oidc/{organization_id}", sdk: "sso.oidc.createConnection", make: func(r *room) contract.Sample {
		return under(r.organization(), r.sample(object{}, nil))
	}},
	{endpoint: "PUT /v1/b2b/sso/oidc/{organization_id}/connections/{connection_id}", sdk: "sso.oidc.updateConnection", make: func(r *room) contract.Sample {
		return under(r.connectionPath(r.connection("oidc")), r.sample(object{"display_name": "School"}, object{
			"client_id": "grimoire", "client_secret": "s3cret", "issuer": "https://idp.example.edu",
			"authorization_url": "https://idp.example.edu/a", "token_url": "https://idp.example.edu/t",
			"userinfo_url": "https://idp.example.edu/u", "jwks_url": "https://idp.example.edu/j",
			"custom_scopes": "openid profile", "attribute_mapping": object{"affiliation": "eduPersonAffiliation"},
		}))
	}},
	{endpoint: "POST /v1/b2b/sso/external/{organization_id}", sdk: "sso.external.createConnection", make: func(r *room) contract.Sample {
		other := r.stytch.AddClass("HIST2200")
		return under(r.organization(), r.sample(object{
			"external_organization_id": string(other.ID), "external_connection_id": r.stytch.AddSSO(other.ID, "saml", nil),
		}, object{
			"connection_implicit_role_assignments": []object{{"role_id": "tutor"}},
			"group_implicit_role_assignments":      []object{{"group": "staff", "role_id": "tutor"}},
		}))
	}},
	{endpoint: "PUT /v1/b2b/sso/external/{organization_id}/connections/{connection_id}", sdk: "sso.external.updateConnection", make: func(r *room) contract.Sample {
		other := r.stytch.AddClass("HIST2200")
		made := r.post(ssoPath+"/external/"+r.org, object{
			"external_organization_id": string(other.ID), "external_connection_id": r.stytch.AddSSO(other.ID, "saml", nil),
		})
		return under(r.connectionPath(made.text("connection", "connection_id")), r.sample(object{"display_name": "Theirs"}, object{
			"external_connection_implicit_role_assignments": []object{{"role_id": "tutor"}},
			"external_group_implicit_role_assignments":      []object{{"group": "staff", "role_id": "tutor"}},
		}))
	}},
}

func (r *room) connectionPath(id string) map[string]string {
	return map[string]string{"organization_id": r.org, "connection_id": id}
}

// certificate is one that a new connection has for its own side.
func (r *room) certificate() string {
	made := r.ok(http.MethodPost, ssoPath+"/saml/"+r.org, object{})
	own := list(made.at("connection", "signing_certificates"))[0].(map[string]any)
	return object(own).text("certificate")
}
