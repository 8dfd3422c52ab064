package mock_test

import "github.com/promptgrimoire/auth/internal/contract"

// withVerifier is a sample that has a token made with a challenge where it has a verifier.
func withVerifier(s contract.Sample, field, token string) contract.Sample {
	return when(s, "pkce_code_verifier", object{field: token, "pkce_code_verifier": verifier})
}

var linkRecipes = []recipe{
	{endpoint: "POST /v1/b2b/magic_links/email/login_or_signup", sdk: "magicLinks.email.loginOrSignup", make: func(r *room) contract.Sample {
		return r.sample(object{"organization_id": r.org, "email_address": ada}, nil)
	}},
	{endpoint: "POST /v1/b2b/magic_links/email/invite", sdk: "magicLinks.email.invite", make: func(r *room) contract.Sample {
		return r.sample(object{"organization_id": r.org, "email_address": "eve@example.edu"}, object{"invited_by_member_id": r.admin})
	}},
	{endpoint: "POST /v1/b2b/magic_links/authenticate", sdk: "magicLinks.authenticate", make: func(r *room) contract.Sample {
		return withVerifier(r.sample(object{"magic_links_token": r.adaLink("")}, nil), "magic_links_token", r.adaLink(challenge))
	}},
	{endpoint: "POST /v1/b2b/magic_links/email/discovery/send", sdk: "magicLinks.email.discovery.send", make: func(r *room) contract.Sample {
		return r.sample(object{"email_address": ada}, nil)
	}},
	{endpoint: "POST /v1/b2b/magic_links/discovery/authenticate", sdk: "magicLinks.discovery.authenticate", make: func(r *room) contract.Sample {
		link := func(fields object) string {
			r.post(links+"/email/discovery/send", with(object{"email_address": ada}, fields))
			return r.sent(ada).Token
		}
		return withVerifier(r.sample(object{"discovery_magic_links_token": link(nil)}, nil),
			"discovery_magic_links_token", link(object{"pkce_code_challenge": challenge}))
	}},
	{endpoint: "POST /v1/b2b/discovery/organizations", sdk: "discovery.organizations.list", make: func(r *room) contract.Sample {
		return r.sample(object{"intermediate_session_token": r.discoveryIST(ada)}, nil)
	}},
	{endpoint: "POST /v1/b2b/discovery/organizations/create", sdk: "discovery.organizations.create", make: func(r *room) contract.Sample {
		return r.sample(object{
			"intermediate_session_token": r.discoveryIST(ada), "organization_name": "HIST2200", "organization_slug": "hist2200",
		}, nil)
	}},
	{endpoint: "POST /v1/b2b/discovery/intermediate_sessions/exchange", sdk: "discovery.intermediateSessions.exchange", make: func(r *room) contract.Sample {
		return r.sample(object{"intermediate_session_token": r.discoveryIST(ada), "organization_id": r.org}, nil)
	}},
	{endpoint: "POST /v1/b2b/oauth/authenticate", sdk: "oauth.authenticate", make: func(r *room) contract.Sample {
		start := "/v1/b2b/public/oauth/google/start"
		token := func(challenge string) string {
			return r.come(start, map[string]string{"organization_id": r.org, "mock_persona": ada, "pkce_code_challenge": challenge}).Query().Get("token")
		}
		return withVerifier(r.sample(object{"oauth_token": token("")}, nil), "oauth_token", token(challenge))
	}},
	{endpoint: "POST /v1/b2b/oauth/discovery/authenticate", sdk: "oauth.discovery.authenticate", make: func(r *room) contract.Sample {
		start := "/v1/b2b/public/oauth/google/discovery/start"
		token := func(challenge string) string {
			return r.come(start, map[string]string{"mock_persona": ada, "pkce_code_challenge": challenge}).Query().Get("token")
		}
		return withVerifier(r.sample(object{"discovery_oauth_token": token("")}, nil), "discovery_oauth_token", token(challenge))
	}},
}

var codeRecipes = []recipe{
	{endpoint: "POST /v1/b2b/otps/email/login_or_signup", sdk: "otps.email.loginOrSignup", make: func(r *room) contract.Sample {
		return r.sample(object{"organization_id": r.org, "email_address": ada}, nil)
	}},
	{endpoint: "POST /v1/b2b/otps/email/authenticate", sdk: "otps.email.authenticate", make: func(r *room) contract.Sample {
		whose := object{"organization_id": r.org, "email_address": ada}
		s := r.sample(whose, nil)
		r.post(otps+"/email/login_or_signup", whose)
		s.Body = with(whose, object{"code": r.sent(ada).Code})
		return s
	}},
	{endpoint: "POST /v1/b2b/otps/email/discovery/send", sdk: "otps.email.discovery.send", make: func(r *room) contract.Sample {
		return r.sample(object{"email_address": ada}, nil)
	}},
	{endpoint: "POST /v1/b2b/otps/email/discovery/authenticate", sdk: "otps.email.discovery.authenticate", make: func(r *room) contract.Sample {
		s := r.sample(nil, nil)
		r.post(otps+"/email/discovery/send", object{"email_address": ada})
		s.Body = object{"email_address": ada, "code": r.sent(ada).Code}
		return s
	}},
	{endpoint: "POST /v1/b2b/otps/sms/send", sdk: "otps.sms.send", make: func(r *room) contract.Sample {
		return r.sample(object{"organization_id": r.org, "member_id": r.ada, "mfa_phone_number": "+15005550006"}, nil)
	}},
	{endpoint: "POST /v1/b2b/otps/sms/authenticate", sdk: "otps.sms.authenticate", make: func(r *room) contract.Sample {
		r.post(otps+"/sms/send", r.credential(object{"mfa_phone_number": "+15005550006"}))
		return r.sample(r.credential(object{"code": r.sent("+15005550006").Code}), nil)
	}},
	{endpoint: "POST /v1/b2b/totp", sdk: "totps.create", make: func(r *room) contract.Sample { return r.sample(r.credential(nil), nil) }},
	{endpoint: "POST /v1/b2b/totp/authenticate", sdk: "totps.authenticate", make: func(r *room) contract.Sample {
		r.post("/v1/b2b/totp", r.credential(nil))
		return r.sample(r.credential(object{"code": r.stytch.TOTPCode(r.adaID())}), nil)
	}},
	{endpoint: "POST /v1/b2b/totp/migrate", sdk: "totps.migrate", make: func(r *room) contract.Sample {
		return r.sample(object{
			"organization_id": r.org, "member_id": r.ada, "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "recovery_codes": []string{"a1b2-c3d4-e5f6"},
		}, nil)
	}},
	{endpoint: "POST /v1/b2b/recovery_codes/recover", sdk: "recoveryCodes.recover", make: func(r *room) contract.Sample {
		code := list(r.withTOTP()["recovery_codes"])[0]
		return r.sample(r.credential(object{"recovery_code": code}), nil)
	}},
	{endpoint: "GET /v1/b2b/recovery_codes/{organization_id}/{member_id}", sdk: "recoveryCodes.get", make: func(r *room) contract.Sample {
		r.withTOTP()
		return r.to(r.member())
	}},
	{endpoint: "POST /v1/b2b/recovery_codes/rotate", sdk: "recoveryCodes.rotate", make: func(r *room) contract.Sample {
		r.withTOTP()
		return r.sample(object{"organization_id": r.org, "member_id": r.ada}, nil)
	}},
}
