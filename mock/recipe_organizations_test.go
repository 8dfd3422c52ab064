package mock_test

import (
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/contract"
)

var organizationRecipes = []recipe{
	{endpoint: "POST /v1/b2b/organizations", sdk: "organizations.create", make: func(r *room) contract.Sample {
		return r.sample(object{"organization_name": "HIST2200", "organization_slug": "hist2200"}, nil)
	}},
	{endpoint: "GET /v1/b2b/organizations/{organization_id}", sdk: "organizations.get", make: func(r *room) contract.Sample { return r.to(r.organization()) }},
	{endpoint: "PUT /v1/b2b/organizations/{organization_id}", sdk: "organizations.update", make: func(r *room) contract.Sample {
		connection := r.connection("saml")
		return under(r.organization(), r.sample(object{"organization_name": "HIST2200"}, object{
			"sso_default_connection_id": connection, "sso_jit_provisioning_allowed_connections": []string{connection},
		}))
	}},
	{endpoint: "DELETE /v1/b2b/organizations/{organization_id}", sdk: "organizations.delete", make: func(r *room) contract.Sample { return r.to(r.organization()) }},
	{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/external_id", make: func(r *room) contract.Sample {
		r.ok(http.MethodPut, organizations+"/"+r.org, object{"organization_external_id": "laws-1100"})
		return r.to(r.organization())
	}},
	{endpoint: "POST /v1/b2b/organizations/search", sdk: "organizations.search", make: func(r *room) contract.Sample {
		r.stytch.AddClass("HIST2200") // so that a page is not the last
		body := object{"limit": 1}
		return when(r.sample(body, object{
			"query": object{"operator": "AND", "operands": []object{{"filter_name": "organization_ids", "filter_value": []string{r.org}}}},
		}), "cursor", object{"cursor": r.post(organizations+"/search", body).text("results_metadata", "next_cursor")})
	}},
	{endpoint: "GET /v1/b2b/organizations/{organization_id}/metrics", sdk: "organizations.metrics", make: func(r *room) contract.Sample { return r.to(r.organization()) }},
}

var memberRecipes = []recipe{
	{endpoint: "POST /v1/b2b/organizations/{organization_id}/members", sdk: "organizations.members.create", make: func(r *room) contract.Sample {
		return under(r.organization(), r.sample(object{"email_address": "eve@example.edu"}, nil))
	}},
	{endpoint: "GET /v1/b2b/organizations/{organization_id}/member", sdk: "organizations.members.get", make: func(r *room) contract.Sample {
		s := r.to(r.organization())
		s.Query = map[string]string{"member_id": r.ada}
		return when(s, "email_address", object{"member_id": nil, "email_address": ada})
	}},
	{endpoint: "GET /v1/b2b/organizations/members/dangerously_get/{member_id}", sdk: "organizations.members.dangerouslyGet", make: func(r *room) contract.Sample {
		return r.to(map[string]string{"member_id": r.ada})
	}},
	{endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}", sdk: "organizations.members.update", make: func(r *room) contract.Sample {
		r.withTOTP()
		return under(r.member(), r.sample(object{"name": "Ada King"}, object{
			"email_address": "ada.king@example.edu", "unlink_email": true, "default_mfa_method": "totp",
		}))
	}},
	{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}", sdk: "organizations.members.delete", make: func(r *room) contract.Sample { return r.to(r.member()) }},
	{endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate", sdk: "organizations.members.reactivate", make: func(r *room) contract.Sample {
		r.ok(http.MethodDelete, organizations+"/"+r.org+"/members/"+r.ada, nil)
		return r.to(r.member())
	}},
	{endpoint: "POST /v1/b2b/organizations/members/search", sdk: "organizations.members.search", make: func(r *room) contract.Sample {
		body := object{"organization_ids": []string{r.org}, "limit": 1}
		return when(r.sample(body, object{
			"query": object{"operator": "OR", "operands": []object{{"filter_name": "member_emails", "filter_value": []string{ada}}}},
		}), "cursor", object{"cursor": r.post(organizations+"/members/search", body).text("results_metadata", "next_cursor")})
	}},
	{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}", sdk: "organizations.members.deleteMFAPhoneNumber", make: func(r *room) contract.Sample {
		r.ok(http.MethodPut, organizations+"/"+r.org+"/members/"+r.ada, object{"mfa_phone_number": "+15005550006"})
		return r.to(r.member())
	}},
	{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/totp", sdk: "organizations.members.deleteTOTP", make: func(r *room) contract.Sample {
		r.withTOTP()
		return r.to(r.member())
	}},
	{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/external_id", make: func(r *room) contract.Sample {
		r.ok(http.MethodPut, organizations+"/"+r.org+"/members/"+r.ada, object{"external_id": "s4123456"})
		return r.to(r.member())
	}},
	{endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/passwords/{member_password_id}", sdk: "organizations.members.deletePassword", make: func(r *room) contract.Sample {
		return r.to(map[string]string{"organization_id": r.org, "member_password_id": r.withPassword()})
	}},
	{endpoint: "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/unlink_retired_email", sdk: "organizations.members.unlinkRetiredEmail", make: func(r *room) contract.Sample {
		out := r.ok(http.MethodPut, organizations+"/"+r.org+"/members/"+r.ada, object{"email_address": "ada.king@example.edu"})
		retired := object(list(out.at("member", "retired_email_addresses"))[0].(map[string]any))
		s := under(r.member(), r.sample(object{"email_id": retired.text("email_id")}, nil))
		return when(s, "email_address", object{"email_address": ada, "email_id": nil})
	}},
	{endpoint: "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/start_email_update", sdk: "organizations.members.startEmailUpdate", make: func(r *room) contract.Sample {
		return under(r.member(), r.sample(object{"email_address": "ada.king@example.edu"}, object{"delivery_method": "EMAIL_OTP"}))
	}},
	{endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oidc_providers", sdk: "organizations.members.oidcProviders", make: func(r *room) contract.Sample {
		r.sso(r.connection("oidc"), ada)
		return r.to(r.member())
	}},
	accountRecipe("google"), accountRecipe("microsoft"), accountRecipe("slack"), accountRecipe("hubspot"), accountRecipe("github"),
}

func accountRecipe(provider string) recipe {
	return recipe{
		endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/oauth_providers/" + provider,
		sdk:      "organizations.members.oauthProviders." + provider,
		make: func(r *room) contract.Sample {
			r.registered(provider)
			return r.to(r.member())
		},
	}
}

// adaID is Ada's id with its type.
func (r *room) adaID() grimoireauth.MemberID { return grimoireauth.MemberID(r.ada) }
