package doctor_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// The same is said of a project that Stytch's answer finds wrong, and no class is
// asked for with keys that are refused already.
func TestDoctorKnowsRefusals(t *testing.T) {
	tests := map[string]struct {
		fault mock.Fault
		code  string
	}{
		"wrong secret":      {mock.Fault{Endpoint: policyEndpoint, Status: 401, ErrorType: "unauthorized_credentials"}, "secret-refused"},
		"a word of its own": {mock.Fault{Endpoint: policyEndpoint, Status: 401, Body: `{"status_code":401,"error_type":"secret_is_on_holiday"}`}, "secret-refused"},
		"test on live":      {mock.Fault{Endpoint: policyEndpoint, Status: 400, ErrorType: "wrong_stack_test"}, "wrong-environment"},
		"unknown project":   {mock.Fault{Endpoint: policyEndpoint, Status: 404, ErrorType: "project_not_found"}, "project-unknown"},
		"no such route":     {mock.Fault{Endpoint: policyEndpoint, Status: 404, ErrorType: "route_not_found"}, "project-refused"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newFixture()
			s.check.Slugs = []string{"torts"}
			s.Fail(tt.fault)
			before := len(s.Journal())
			codes, diagnosis := s.find(t)
			require.Equal(t, []string{tt.code}, codes)
			require.Len(t, s.Journal()[before:], 2)
			require.Len(t, diagnosis, 5)
			for _, f := range diagnosis[3:] {
				require.Equal(t, grimoireauth.SeverityUnknown, f.Severity)
				require.Contains(t, f.Problem, "not looked at")
			}
			require.Contains(t, diagnosis[4].Problem, `"torts"`)
		})
	}
}

// A warning that nobody can act on is noise: these classes are as they should be.
func TestDoctorLeavesAlone(t *testing.T) {
	tests := map[string]func(*fixture){
		"every method, no public token": func(s *fixture) { s.config.PublicToken = "" },
		"single sign-on by one connection": func(s *fixture) {
			s.AddSSO(s.class.ID, "saml", nil)
			s.set(only("sso"))
		},
		"single sign-on with a default": func(s *fixture) {
			s.AddSSO(s.class.ID, "saml", nil)
			id := s.AddSSO(s.class.ID, "oidc", nil)
			s.set(only("sso"))
			s.set(map[string]any{"sso_default_connection_id": id, "sso_jit_provisioning": "ALL_ALLOWED"})
		},
		"OIDC, roles from the roster": func(s *fixture) { s.AddSSO(s.class.ID, "oidc", nil) },
		"a clock that is behind by what is allowed": func(s *fixture) {
			s.edit("/sessions/jwks/"+s.ProjectID(), func(_ map[string]any, header http.Header) {
				header.Set("Date", time.Now().Add(4*time.Second).UTC().Format(http.TimeFormat))
			})
		},
		"doors with lists": func(s *fixture) {
			s.set(map[string]any{"email_jit_provisioning": "RESTRICTED", "email_invites": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}})
		},
		"a second factor for all": func(s *fixture) {
			s.set(map[string]any{"mfa_policy": "REQUIRED_FOR_ALL", "mfa_methods": "RESTRICTED", "allowed_mfa_methods": []string{"totp"}})
		},
		"a coordinator is an instructor": func(s *fixture) {
			class := s.AddClass("Equity")
			s.AddMember(class.ID, "cora@example.edu", "coordinator")
			s.check.Slugs = []string{class.Slug}
		},
		"a clock that is ahead, or a cache": func(s *fixture) {
			s.edit("/sessions/jwks/"+s.ProjectID(), func(_ map[string]any, header http.Header) {
				header.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
			})
		},
	}
	for name, row := range tests {
		t.Run(name, func(t *testing.T) {
			s := newFixture()
			row(s)
			codes, _ := s.find(t)
			require.Empty(t, codes)
		})
	}
}

// A class that gives roles by one connection expects them of the others.
func TestDoctorSeesThatRolesAreExpected(t *testing.T) {
	s := newFixture()
	s.AddSSO(s.class.ID, "oidc", nil)
	s.AddSSO(s.class.ID, "saml", nil)
	s.connections("saml", map[string]any{"saml_connection_implicit_role_assignments": []any{map[string]any{"role_id": "instructor"}}})
	codes, _ := s.find(t)
	require.Equal(t, []string{"oidc-without-roles"}, codes)
	s.connections("oidc", map[string]any{"status": "pending"})
	codes, _ = s.find(t)
	require.Equal(t, []string{"connection-unfinished"}, codes, "nobody comes through that one")
}

// Somebody who is suspended runs no class.
func TestDoctorCountsNobodySuspended(t *testing.T) {
	s := newFixture()
	client, err := stytchclient.New(s.config)
	require.NoError(t, err)
	class := s.AddClass("Equity")
	_, err = client.Roster.Suspend(t.Context(), class.ID, s.AddInstructor(class.ID, "ada@example.edu"), stytchclient.EvenLastInstructor)
	require.NoError(t, err)
	s.check.Classes = []grimoireauth.ClassID{class.ID}
	codes, _ := s.find(t)
	require.Equal(t, []string{"no-instructor"}, codes)
}

// A role that a connection gives and the table does not name makes nobody anything.
func TestDoctorSeesRolesThatMeanNothing(t *testing.T) {
	for name, field := range map[string]map[string]any{
		"everybody": {"saml_connection_implicit_role_assignments": []any{map[string]any{"role_id": "janitor"}}},
		"a group":   {"saml_group_implicit_role_assignments": []any{map[string]any{"role_id": "janitor", "group": "staff"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture()
			s.AddSSO(s.class.ID, "saml", nil)
			s.connections("saml", field)
			codes, _ := s.find(t)
			require.Equal(t, []string{"role-unknown"}, codes)
		})
	}
}

// Test and live do not mix, and every field that does is named.
func TestDoctorReadsTheConfiguration(t *testing.T) {
	s := newFixture()
	s.config.Secret = grimoireauth.NewSecret("secret-live-abcdefghijklmnopqrstuvwxyz012345=")
	s.config.PublicToken = strings.Replace(s.config.PublicToken, "test", "live", 1)
	s.config.BaseURL = "https://api.stytch.com"
	codes, diagnosis := s.find(t)
	require.Equal(t, []string{"config-invalid", "config-invalid", "config-invalid"}, codes)
	require.Empty(t, s.Journal(), "nobody is asked with keys that are wrong")
	for i, field := range []string{"BaseURL", "Secret", "PublicToken"} {
		require.Contains(t, diagnosis[i].Problem, field)
	}
}

// Whoever compares codes can read which ones there are.
func TestDoctorCodesAreDocumented(t *testing.T) {
	source, err := os.ReadFile("../finding.go")
	require.NoError(t, err)
	doc, _, _ := strings.Cut(string(source), "type Finding struct")
	for code := range doctor.Codes() {
		require.Regexp(t, `[ ]`+code+`[,.\n]`, doc)
	}
}

// Connections are not part of every plan: the other classes are looked at all the same.
func TestDoctorMayNotAskEverything(t *testing.T) {
	s := newFixture()
	s.check.Slugs = []string{"torts", "torts", "torts", "torts", "torts", "torts"}
	s.Fail(mock.Fault{Endpoint: "GET /v1/b2b/sso/{organization_id}", Status: 403, ErrorType: "enterprise_endpoint"})
	codes, diagnosis := s.find(t)
	require.Empty(t, codes)
	require.Len(t, diagnosis, 5+7)
	for _, f := range diagnosis[5:] {
		require.Contains(t, f.Problem, "enterprise_endpoint")
	}
}

// The parts of an answer that fail alone are said alone.
func TestDoctorKeepsWhatItKnows(t *testing.T) {
	for name, endpoint := range map[string]string{
		"the key set":     "GET /v1/b2b/sessions/jwks/{project_id}",
		"the policy":      policyEndpoint,
		"the connections": "GET /v1/b2b/sso/{organization_id}",
		"the roster":      "POST /v1/b2b/organizations/members/search",
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture()
			s.set(only())
			s.Fail(mock.Fault{Endpoint: endpoint, Status: 500})
			codes, diagnosis := s.find(t)
			require.Equal(t, []string{"no-methods"}, codes)
			unknown := 0
			for _, f := range diagnosis {
				if f.Severity == grimoireauth.SeverityUnknown && f.Code != "limits" {
					unknown++
					require.ErrorIs(t, f.Err, grimoireauth.ErrUnavailable)
				}
			}
			require.Equal(t, 1, unknown)
		})
	}
}
