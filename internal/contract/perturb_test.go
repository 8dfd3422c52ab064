package contract_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/internal/wiretap"
	"github.com/promptgrimoire/auth/mock"
)

type object = map[string]any

// exchanges are what a request to a new mock leads to: an organization is made, a
// member signs in, a session is authenticated, an unknown one is refused.
func exchanges(t *testing.T) map[string]wiretap.Exchange {
	t.Helper()
	s := new(mock.Stytch)
	class := s.AddClass("LAWS1100")
	credentials := s.SignIn(s.AddStudent(class.ID, "ada@example.edu"))
	out := make(map[string]wiretap.Exchange)
	send := func(name, method, path string, body any) {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(t.Context(), method, s.BaseURL()+path, strings.NewReader(string(encoded)))
		require.NoError(t, err)
		req.SetBasicAuth(s.ProjectID(), s.Secret().Reveal())
		wiretap.Listen(func(x wiretap.Exchange) { out[name] = x })
		defer wiretap.Listen(nil)
		_, err = s.RoundTrip(req)
		require.NoError(t, err)
	}
	send("create", http.MethodPost, "/v1/b2b/organizations", object{"organization_name": "LAWS1200", "organization_slug": "laws1200"})
	send("update", http.MethodPut, "/v1/b2b/organizations/"+string(class.ID), object{
		"organization_id": string(class.ID), "organization_name": "LAWS1101", "first_party_connected_apps_allowed_type": "RESTRICTED",
		"rbac_email_implicit_role_assignments": []object{{"domain": "example.edu", "role_id": "tutor"}},
	})
	send("session", http.MethodPost, "/v1/b2b/sessions/authenticate", object{"session_token": credentials.Token.Reveal()})
	send("refusal", http.MethodPost, "/v1/b2b/sessions/authenticate", object{"session_token": strings.Repeat("A", 44)})
	send("sessions", http.MethodGet, "/v1/b2b/sessions?organization_id="+string(class.ID)+"&member_id=m", object{})
	return out
}

// within returns the object at a path of names; an element of an array is its first.
func within(t *testing.T, v any, path ...string) object {
	t.Helper()
	for _, name := range path {
		v = v.(object)[name]
		if list, ok := v.([]any); ok {
			require.NotEmpty(t, list, name)
			v = list[0]
		}
	}
	return v.(object)
}

// newFields is what the ledger knows about the answer that is changed below.
const newField = "api_session_v1_AuthenticationFactor.sequence_order: unknown field"

// Each change that a mistake in the mock could make to an answer is found. The
// answer is changed on its way, and is right without the change.
func TestW01_ChangedAnswersAreFound(t *testing.T) {
	all := exchanges(t)
	rename := func(o object, from, to string) { o[to] = o[from]; delete(o, from) }
	for _, tt := range []struct {
		name, exchange string
		change         func(t *testing.T, body object, x *wiretap.Exchange)
		want           []string
	}{
		{"field renamed", "session", func(t *testing.T, b object, _ *wiretap.Exchange) {
			rename(within(t, b, "member"), "email_address", "email")
		}, []string{"api_organization_v1_Member.email_address: missing", "api_organization_v1_Member.email: unknown field"}},
		{"required field null", "session", func(t *testing.T, b object, _ *wiretap.Exchange) {
			within(t, b, "member")["roles"] = nil
		}, []string{"api_organization_v1_Member.roles: null"}},
		{"required field missing", "session", func(t *testing.T, b object, _ *wiretap.Exchange) {
			delete(within(t, b, "member_session"), "organization_slug")
		}, []string{"api_b2b_session_v1_MemberSession.organization_slug: missing"}},
		{"field of the envelope missing", "session", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			delete(b, "request_id")
		}, []string{"api_b2b_session_v1_AuthenticateResponse.request_id: missing"}},
		{"text for a number", "create", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["status_code"] = "200"
		}, []string{"api_organization_v1_CreateResponse.status_code: string, not integer"}},
		{"fraction for an integer", "create", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["status_code"] = 200.5
		}, []string{"api_organization_v1_CreateResponse.status_code: number, not integer"}},
		{"text for a flag", "session", func(t *testing.T, b object, _ *wiretap.Exchange) {
			within(t, b, "member")["is_breakglass"] = "false"
		}, []string{"api_organization_v1_Member.is_breakglass: string, not boolean"}},
		{"object for an array", "session", func(t *testing.T, b object, _ *wiretap.Exchange) {
			within(t, b, "member")["roles"] = object{}
		}, []string{"api_organization_v1_Member.roles: object, not array"}},
		{"element of another type", "session", func(t *testing.T, b object, _ *wiretap.Exchange) {
			within(t, b, "member_session")["roles"] = []any{"instructor", 4}
		}, []string{"api_b2b_session_v1_MemberSession.roles[]: integer, not string"}},
		{"enum value", "session", func(t *testing.T, b object, _ *wiretap.Exchange) {
			within(t, b, "member_session", "authentication_factors")["type"] = "carrier_pigeon"
		}, []string{`api_session_v1_AuthenticationFactor.type: enum has no "carrier_pigeon"`}},
		{"date without a zone", "session", func(t *testing.T, b object, _ *wiretap.Exchange) {
			within(t, b, "member_session")["expires_at"] = "2026-03-02 09:00:00"
		}, []string{"api_b2b_session_v1_MemberSession.expires_at: no time of RFC 3339"}},
		{"date as a number", "session", func(t *testing.T, b object, _ *wiretap.Exchange) {
			within(t, b, "member_session")["started_at"] = 1772442000
		}, []string{"api_b2b_session_v1_MemberSession.started_at: integer, not string"}},
		{"a field too many", "create", func(t *testing.T, b object, _ *wiretap.Exchange) {
			within(t, b, "organization")["colour"] = "blue"
		}, []string{"api_organization_v1_Organization.colour: unknown field"}},
		{"status 201", "create", func(_ *testing.T, _ object, x *wiretap.Exchange) {
			x.Status = http.StatusCreated
		}, []string{"POST /v1/b2b/organizations: status 201"}},
		{"status in the body", "create", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["status_code"] = 201
		}, []string{"api_organization_v1_CreateResponse.status_code: not the status of the answer"}},
		{"page in place of JSON", "create", func(_ *testing.T, _ object, x *wiretap.Exchange) {
			x.Header = http.Header{"Content-Type": {"text/html"}}
		}, []string{`POST /v1/b2b/organizations: Content-Type "text/html"`}},
		{"refusal: unknown type", "refusal", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["error_type"] = "session_expired"
		}, []string{"refusal session_expired: unknown error type", "refusal.error_url: not the page of the error"}},
		{"refusal: status", "refusal", func(_ *testing.T, b object, x *wiretap.Exchange) {
			x.Status, b["status_code"], b["error_url"] = 401, 401, "https://stytch.com/docs/api/errors/401#session_not_found"
		}, []string{"refusal session_not_found: status 401, not 404"}},
		{"refusal: a field too many", "refusal", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["error"] = "no"
		}, []string{"refusal.error: unknown field"}},
		{"refusal: request id", "refusal", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["request_id"] = "17"
		}, []string{"refusal.request_id: not of the form request-id-test-<uuid>"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := all[tt.exchange]
			var unchanged []string
			if tt.exchange == "session" {
				unchanged = []string{newField}
			}
			require.ElementsMatch(t, unchanged, texts(contract.Answer(x)))
			var body object
			require.NoError(t, json.Unmarshal(x.Body, &body))
			tt.change(t, body, &x)
			var err error
			x.Body, err = json.Marshal(body)
			require.NoError(t, err)
			require.ElementsMatch(t, append(unchanged, tt.want...), texts(contract.Answer(x)))
		})
	}
}

// The same for requests.
func TestW01_ChangedRequestsAreFound(t *testing.T) {
	all := exchanges(t)
	for _, tt := range []struct {
		name, exchange string
		change         func(t *testing.T, body object, x *wiretap.Exchange)
		want           []string
	}{
		{"field renamed", "update", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["name"] = b["organization_name"]
			delete(b, "organization_name")
		}, []string{"api_organization_v1_UpdateRequest.name: unknown field"}},
		{"type", "update", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["allowed_auth_methods"] = "password"
		}, []string{"api_organization_v1_UpdateRequest.allowed_auth_methods: string, not array"}},
		{"type within", "update", func(t *testing.T, b object, _ *wiretap.Exchange) {
			within(t, b, "rbac_email_implicit_role_assignments")["role_id"] = 3
		}, []string{"api_organization_v1_EmailImplicitRoleAssignment.role_id: integer, not string"}},
		{"enum value", "update", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["first_party_connected_apps_allowed_type"] = "SOME"
		}, []string{`api_organization_v1_UpdateRequest.first_party_connected_apps_allowed_type: enum has no "SOME"`}},
		{"another id in the body than in the path", "update", func(_ *testing.T, b object, _ *wiretap.Exchange) {
			b["organization_id"] = "another"
		}, []string{"api_organization_v1_UpdateRequest.organization_id: unknown field"}},
		{"method", "update", func(_ *testing.T, _ object, x *wiretap.Exchange) {
			x.Method = http.MethodPatch
		}, []string{"no such operation"}},
		{"parameter too many", "update", func(_ *testing.T, _ object, x *wiretap.Exchange) {
			u := *x.URL
			u.RawQuery, x.URL = "force=true", &u
		}, []string{"PUT /v1/b2b/organizations/{organization_id} query force: unknown parameter"}},
		{"parameter missing", "sessions", func(_ *testing.T, _ object, x *wiretap.Exchange) {
			u := *x.URL
			u.RawQuery, x.URL = "organization_id=o", &u
		}, []string{"GET /v1/b2b/sessions query member_id: missing"}},
		{"header of a member where only the project may call", "sessions", func(_ *testing.T, _ object, x *wiretap.Exchange) {
			x.RequestHeader = http.Header{"X-Stytch-Member-Session": {"token"}}
		}, []string{"GET /v1/b2b/sessions header X-Stytch-Member-Session: unknown parameter"}},
		{"required field missing", "session", func(_ *testing.T, b object, x *wiretap.Exchange) {
			b["authorization_check"] = object{"organization_id": "o", "action": "mark"}
		}, []string{"api_b2b_session_v1_AuthorizationCheck.resource_id: missing"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := all[tt.exchange]
			require.Empty(t, contract.Request(x))
			var body object
			require.NoError(t, json.Unmarshal(x.RequestBody, &body))
			tt.change(t, body, &x)
			var err error
			x.RequestBody, err = json.Marshal(body)
			require.NoError(t, err)
			got := texts(contract.Request(x))
			require.Len(t, got, len(tt.want), "%v", got)
			for i := range tt.want {
				require.Contains(t, got[i], tt.want[i])
			}
		})
	}
}

func texts(differences []contract.Difference) []string {
	var out []string
	for _, d := range differences {
		out = append(out, d.String())
	}
	return out
}
