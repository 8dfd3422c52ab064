package mock_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// object is a JSON object as it came over the wire.
type object map[string]any

// at follows names through nested objects; a missing one gives nil.
func (o object) at(names ...string) any {
	var v any = map[string]any(o)
	for _, name := range names {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (o object) text(names ...string) string {
	s, _ := o.at(names...).(string)
	return s
}

// list returns the elements of a JSON array; anything else has none.
func list(v any) []any {
	out, _ := v.([]any)
	return out
}

// wire speaks raw HTTP to a Stytch, as the project unless told otherwise.
type wire struct {
	t      testing.TB
	stytch *mock.Stytch
	header http.Header
}

func newWire(t testing.TB) wire { return wire{t: t, stytch: new(mock.Stytch)} }

// as adds the RBAC headers of a member's session.
func (w wire) as(c grimoireauth.Credentials) wire {
	w.header = http.Header{"X-Stytch-Member-Session": {c.Token.Reveal()}}
	return w
}

// do sends a request; a body that is no string is sent as JSON.
func (w wire) do(method, path string, body any) (int, object) {
	w.t.Helper()
	res := w.send(method, path, body)
	raw, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, "application/json", res.Header.Get("Content-Type"), "%s", raw)
	var out object
	require.NoError(w.t, json.Unmarshal(raw, &out), "%s", raw)
	return res.StatusCode, out
}

func (w wire) send(method, path string, body any) *http.Response {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		require.NoError(w.t, err)
		reader = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.stytch.BaseURL()+path, reader)
	require.NoError(w.t, err)
	for name, values := range w.header {
		req.Header[name] = values
	}
	if req.Header.Get("Authorization") == "" {
		req.SetBasicAuth(w.stytch.ProjectID(), w.stytch.Secret().Reveal())
	}
	res, err := w.stytch.RoundTrip(req)
	require.NoError(w.t, err)
	return res
}

var requestIDForm = regexp.MustCompile(`^request-id-test-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// ok sends a request that succeeds.
func (w wire) ok(method, path string, body any) object {
	w.t.Helper()
	status, out := w.do(method, path, body)
	require.Equal(w.t, http.StatusOK, status, "%v", out)
	require.EqualValues(w.t, http.StatusOK, out["status_code"])
	require.Regexp(w.t, requestIDForm, out["request_id"])
	return out
}

// refuses sends a request that fails, and checks the whole error object.
func (w wire) refuses(status int, errorType, method, path string, body any) object {
	w.t.Helper()
	got, out := w.do(method, path, body)
	require.Equal(w.t, errorType, out["error_type"], "%v", out)
	require.Equal(w.t, status, got, "%v", out)
	require.EqualValues(w.t, status, out["status_code"])
	require.Regexp(w.t, requestIDForm, out["request_id"])
	require.NotEmpty(w.t, out["error_message"])
	require.Regexp(w.t, `^https://stytch\.com/docs/(b2b/)?api/errors/[0-9]{3}#`+errorType+`$`, out["error_url"])
	fields := 5
	if errorType == "invalid_email_for_jit_provisioning" { // the only type that is known to have more
		fields = 6
		require.IsType(w.t, map[string]any{}, out["error_details"])
	}
	require.Len(w.t, out, fields, "%v", out)
	return out
}

const (
	organizations = "/v1/b2b/organizations"
	sessions      = "/v1/b2b/sessions"
	links         = "/v1/b2b/magic_links"
)

// organization creates an organization with these fields.
func (w wire) organization(fields object) string {
	w.t.Helper()
	all := object{"organization_name": "LAWS1100", "organization_slug": "laws-" + strings.ToLower(w.unique())}
	for name, value := range fields {
		all[name] = value
	}
	return w.ok(http.MethodPost, organizations, all).text("organization", "organization_id")
}

// member creates an active member with these fields.
func (w wire) member(org string, fields object) string {
	w.t.Helper()
	all := object{"email_address": w.unique() + "@example.edu"}
	for name, value := range fields {
		all[name] = value
	}
	return w.ok(http.MethodPost, organizations+"/"+org+"/members", all).text("member_id")
}

// unique is a word that no other call returned: the end of a request id.
func (w wire) unique() string {
	_, out := w.do(http.MethodGet, "/v1/b2b/rbac/policy", nil)
	id := out.text("request_id")
	return id[len(id)-12:]
}

// link sends a magic link to an active member and returns its token.
func (w wire) link(org, email string, fields object) string {
	w.t.Helper()
	all := object{"organization_id": org, "email_address": email}
	for name, value := range fields {
		all[name] = value
	}
	w.ok(http.MethodPost, links+"/email/login_or_signup", all)
	outbox := w.stytch.Outbox()
	return outbox[len(outbox)-1].Token
}

func (w wire) authenticateLink(token string) object {
	w.t.Helper()
	return w.ok(http.MethodPost, links+"/authenticate", object{"magic_links_token": token})
}

func (w wire) authenticate(c grimoireauth.Credentials) object {
	w.t.Helper()
	return w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": c.Token.Reveal()})
}
