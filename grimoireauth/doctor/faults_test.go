package doctor_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

const missingClass = "organization-test-00000000-0000-4000-8000-000000000000"

// projectFaults are what the doctor can find wrong with a project, by code.
var projectFaults = map[string]func(*fixture){
	"config-invalid": func(s *fixture) { // the two were swapped
		s.config.ProjectID, s.config.Secret = s.config.Secret.Reveal(), grimoireauth.NewSecret(s.config.ProjectID)
	},
	"clock-behind": func(s *fixture) {
		s.edit("/sessions/jwks/"+s.ProjectID(), func(_ map[string]any, header http.Header) {
			header.Set("Date", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
		})
	},
	"project-unknown": func(s *fixture) { s.config.ProjectID = "project-test-00000000-0000-4000-8000-000000000000" },
	"secret-refused":  func(s *fixture) { s.config.Secret = new(mock.Stytch).Secret() },
	"wrong-environment": func(s *fixture) {
		s.check.Classes = []grimoireauth.ClassID{"organization-live-00000000-0000-4000-8000-000000000000"}
	},
	"not-b2b":         func(s *fixture) { s.Fail(mock.Fault{Status: 400, ErrorType: "invalid_b2b_endpoint"}) },
	"project-refused": func(s *fixture) { s.Fail(mock.Fault{Status: 403, ErrorType: "use_https"}) },
	"keys-unusable": func(s *fixture) {
		s.edit("/sessions/jwks/"+s.ProjectID(), func(answer map[string]any, _ http.Header) {
			for _, key := range answer["keys"].([]any) {
				key.(map[string]any)["alg"] = "ES256"
			}
		})
	},

	"role-not-in-policy": func(s *fixture) {
		s.config.Roles = grimoireauth.RoleTable{{ID: "stytch_member", Role: grimoireauth.RoleStudent}, {ID: "lecturer", Role: grimoireauth.RoleInstructor}}
	},
	"role-read-only": func(s *fixture) {
		s.config.Roles = append(grimoireauth.DefaultRoleTable(), grimoireauth.RoleName{ID: "lecturer", Role: grimoireauth.RoleInstructor})
	},
	"role-without-name": func(s *fixture) {
		s.config.Roles = grimoireauth.RoleTable{{ID: "stytch_member", Role: grimoireauth.RoleStudent}}
	},
	"members-without-role": func(s *fixture) {
		s.config.Roles = grimoireauth.RoleTable{{ID: "tutor", Role: grimoireauth.RoleStudent}, {ID: "instructor", Role: grimoireauth.RoleInstructor}}
	},

	"class-id-invalid": func(s *fixture) { s.check.Classes = []grimoireauth.ClassID{"ines@example.edu"} },
	"slug-invalid":     func(s *fixture) { s.check.Slugs = []string{strings.TrimRight(s.Secret().Reveal(), "=")} },
	"class-not-found":  func(s *fixture) { s.check.Classes = []grimoireauth.ClassID{missingClass} },
	"class-archived": func(s *fixture) {
		s.set(map[string]any{"trusted_metadata": map[string]any{"grimoire_archived": map[string]any{}}})
	},
}

// signInFaults are those of the ways to sign in to a class.
var signInFaults = map[string]func(*fixture){
	"no-methods": func(s *fixture) { s.set(map[string]any{"auth_methods": "RESTRICTED"}) },
	"no-second-factors": func(s *fixture) {
		s.set(map[string]any{"mfa_policy": "REQUIRED_FOR_ALL", "mfa_methods": "RESTRICTED"})
	},
	"public-token-needed": func(s *fixture) {
		s.config.PublicToken = ""
		s.set(only("google_oauth", "microsoft_oauth"))
	},
	"public-token-missing": func(s *fixture) {
		s.config.PublicToken = ""
		s.set(only("google_oauth", "password"))
	},
	"sso-only-unconnected": func(s *fixture) { s.set(only("sso")) },
	"sso-unconnected":      func(s *fixture) { s.set(only("magic_link", "sso")) },
	"connection-unfinished": func(s *fixture) {
		s.AddSSO(s.class.ID, "saml", nil)
		s.connections("saml", map[string]any{"status": "pending"})
	},
	"default-connection-missing": func(s *fixture) {
		s.AddSSO(s.class.ID, "saml", nil)
		s.AddSSO(s.class.ID, "oidc", nil)
		s.set(only("sso"))
	},
	"default-connection-unusable": func(s *fixture) {
		s.set(map[string]any{"sso_default_connection_id": "saml-connection-test-00000000-0000-4000-8000-000000000000"})
	},
}

// joiningFaults are those of joining a class, and of its people.
var joiningFaults = map[string]func(*fixture){
	"sso-joining-closed": func(s *fixture) {
		id := s.AddSSO(s.class.ID, "saml", nil)
		s.set(map[string]any{"sso_jit_provisioning": "RESTRICTED", "sso_jit_provisioning_allowed_connections": []string{id}})
		s.connections("saml", map[string]any{"status": "pending"})
	},
	"email-joining-closed": func(s *fixture) { s.set(map[string]any{"email_jit_provisioning": "RESTRICTED"}) },
	"invitations-closed":   func(s *fixture) { s.set(map[string]any{"email_invites": "RESTRICTED"}) },
	"tenant-joining-closed": func(s *fixture) {
		s.set(map[string]any{"oauth_tenant_jit_provisioning": "RESTRICTED", "allowed_oauth_tenants": map[string]any{"slack": []string{}}})
	},
	"no-instructor": func(s *fixture) {
		class := s.AddClass("Equity")
		s.AddMember(class.ID, "tomas@example.edu", "tutor")
		s.check.Slugs = []string{class.Slug}
	},
	"role-unknown": func(s *fixture) {
		s.set(map[string]any{"rbac_email_implicit_role_assignments": []any{map[string]any{"domain": "example.edu", "role_id": "janitor"}}})
	},
	"oidc-without-roles": func(s *fixture) {
		s.AddSSO(s.class.ID, "oidc", nil)
		s.check.RolesBySSO = true
	},
}

func only(methods ...string) map[string]any {
	return map[string]any{"auth_methods": "RESTRICTED", "allowed_auth_methods": methods}
}

// connections changes the fields of every connection of a kind.
func (s *fixture) connections(kind string, fields map[string]any) {
	s.edit("/v1/b2b/sso/"+string(s.class.ID), func(answer map[string]any, _ http.Header) {
		for _, connection := range answer[kind+"_connections"].([]any) {
			for name, value := range fields {
				connection.(map[string]any)[name] = value
			}
		}
	})
}
