package mock_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// Whatever is sent, the answer is Stytch's: a JSON object with a request id and
// its own status, and never a fault of this package.
func FuzzRequest(f *testing.F) {
	for _, path := range []string{
		"/v1/b2b/organizations", "/v1/b2b/organizations/search", "/v1/b2b/organizations/laws1100/members",
		"/v1/b2b/organizations/members/search", "/v1/b2b/magic_links/email/login_or_signup", "/v1/b2b/magic_links/email/invite",
		"/v1/b2b/magic_links/authenticate", "/v1/b2b/sessions/authenticate", "/v1/b2b/sessions/revoke",
		"/v1/b2b/organizations/laws1100/member?email_address=a%40b.c", "//v1/b2b/sessions/jwks/%zz", "/v1/b2b/magic_links/redirect?token=%00",
	} {
		for _, body := range []string{
			"", "{}", "null", `{"organization_name":"A","organization_slug":"aa","trusted_metadata":{"a":null}}`,
			`{"organization_id":"laws1100","email_address":"ada@example.edu","roles":["tutor"],"locale":"en"}`,
			`{"organization_ids":["laws1100"],"limit":1,"cursor":"e30=","query":{"operator":"OR","operands":[{"filter_name":"statuses","filter_value":["active"]}]}}`,
			`{"session_token":"x","session_duration_minutes":5,"authorization_check":{"organization_id":"laws1100"}}`,
			`{"magic_links_token":"DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94=","session_custom_claims":{"a":1e999}}`,
		} {
			f.Add("POST", path, body)
		}
		f.Add("GET", path, "")
		f.Add("PUT", path, `{"name":7}`)
	}
	stytch := new(mock.Stytch)
	stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu")
	f.Fuzz(func(t *testing.T, method, path, body string) {
		u, err := url.Parse("http://stytch.localhost" + path)
		if err != nil || u.Host != "stytch.localhost" {
			t.Skip("no request can have this path")
		}
		req := &http.Request{Method: method, URL: u, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		req.SetBasicAuth(stytch.ProjectID(), stytch.Secret().Reveal())
		res, err := stytch.RoundTrip(req)
		require.NoError(t, err)
		raw, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		if method == http.MethodHead || res.StatusCode == http.StatusFound {
			return
		}
		var out object
		require.NoError(t, json.Unmarshal(raw, &out), "%s", raw)
		require.True(t, utf8.Valid(raw))
		require.EqualValues(t, res.StatusCode, out["status_code"])
		require.Regexp(t, requestIDForm, out["request_id"])
		if res.StatusCode != http.StatusOK {
			require.NotEmpty(t, out["error_type"])
			require.Contains(t, []int{400, 401, 403, 404, 405, 501}, res.StatusCode)
		}
	})
}

// Of all spellings of a session_jwt, one is good.
func FuzzSessionJWT(f *testing.F) {
	stytch := new(mock.Stytch)
	good := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu")).JWT.Reveal()
	f.Add(good)
	for _, variant := range []string{
		good + "=", good + "\n", " " + good, good + ".", good[:len(good)-1], strings.ReplaceAll(good, ".", ".."),
		strings.Replace(good, "e", "E", 1), good[:len(good)-1] + "A", good[:len(good)-1] + "w", "..", "a.b.c", "",
		"eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + ".",
	} {
		f.Add(variant)
	}
	f.Fuzz(func(t *testing.T, jwt string) {
		w := wire{t: t, stytch: stytch}
		status, out := w.do(http.MethodPost, sessions+"/authenticate", object{"session_jwt": jwt})
		if jwt == good {
			require.Equal(t, http.StatusOK, status)
			return
		}
		require.Contains(t, []string{
			"unable_to_parse_session_jwt", "jwt_invalid_claims", "jwt_invalid_issuer", "jwt_invalid_audience", "no_session_arguments",
		}, out["error_type"])
	})
}

// A registered redirect URL never lets a link lead to another site.
func FuzzRedirectURL(f *testing.F) {
	const registered = "https://grimoire.example.edu/auth/callback?return_to={}"
	stytch := &mock.Stytch{RedirectURLs: []string{registered}}
	class := stytch.AddClass("LAWS1100")
	stytch.AddStudent(class.ID, "ada@example.edu")
	for _, asked := range []string{
		registered, "https://grimoire.example.edu/auth/callback?return_to=%2Fx", "https://grimoire.example.edu@evil.example.com/auth/callback?return_to=x",
		"https://grimoire.example.edu.evil.example.com/auth/callback?return_to=x", "//grimoire.example.edu/auth/callback", `https:\\grimoire.example.edu\auth`,
		"https://grimoire.example.edu/auth/callback?return_to=a&return_to=b", "https://grimoire.example.edu/auth/../x?return_to=1", "",
	} {
		f.Add(asked)
	}
	f.Fuzz(func(t *testing.T, asked string) {
		if asked == "" || !utf8.ValidString(asked) {
			t.Skip("not given, or not what JSON can carry")
		}
		w := wire{t: t, stytch: stytch}
		status, out := w.do(http.MethodPost, links+"/email/login_or_signup", object{
			"organization_id": class.Slug, "email_address": "ada@example.edu", "login_redirect_url": asked,
		})
		if status != http.StatusOK {
			require.Contains(t, []string{"invalid_login_redirect_url", "no_match_for_provided_magic_link_url"}, out["error_type"])
			return
		}
		outbox := stytch.Outbox()
		res := w.send(http.MethodGet, strings.TrimPrefix(outbox[len(outbox)-1].Link, "http://stytch.localhost"), nil)
		to, err := url.Parse(res.Header.Get("Location"))
		require.NoError(t, err)
		require.Equal(t, "https://grimoire.example.edu", to.Scheme+"://"+to.Host)
		require.Equal(t, "/auth/callback", to.EscapedPath())
		require.Nil(t, to.User)
	})
}
