package mock_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// panel drives a control plane.
type panel struct {
	t       testing.TB
	handler http.Handler
}

func newPanel(t testing.TB, stytch *mock.Stytch) panel { return panel{t, stytch.Control()} }

// send sends a request as curl --json does, but for what change changes.
func (p panel) send(method, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	p.t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:4010"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	return w
}

// ok expects 200 and returns the answer's object, or what is in its array.
func (p panel) ok(method, path, body string) (object, []object) {
	p.t.Helper()
	w := p.send(method, path, body, nil)
	require.Equal(p.t, http.StatusOK, w.Code, "%s", w.Body)
	var one object
	var many []object
	if strings.HasPrefix(w.Body.String(), "[") {
		require.NoError(p.t, json.Unmarshal(w.Body.Bytes(), &many))
	} else {
		require.NoError(p.t, json.Unmarshal(w.Body.Bytes(), &one))
	}
	return one, many
}

// refused expects an error, and returns its sentence.
func (p panel) refused(status int, method, path, body string, change func(*http.Request)) string {
	p.t.Helper()
	w := p.send(method, path, body, change)
	require.Equal(p.t, status, w.Code, "%s", w.Body)
	var out object
	require.NoError(p.t, json.Unmarshal(w.Body.Bytes(), &out))
	require.NotEmpty(p.t, out.text("error"))
	return out.text("error")
}

func TestControlLogin(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	ada := w.stytch.AddInstructor(class.ID, "ada@example.edu")
	p := newPanel(t, w.stytch)

	t.Run("somebody on the roster", func(t *testing.T) {
		out, _ := p.ok("POST", "/fake/login", `{"organization_id":"laws1100","email_address":"Ada@example.edu","factors":["password","totp"]}`)
		require.Equal(t, string(ada), out.text("member_id"))
		session := w.ok("POST", sessions+"/authenticate", object{"session_token": out.text("session_token")})
		require.Equal(t, []any{"stytch_member", "instructor"}, session.at("member_session", "roles"))
		require.Equal(t, "totp", session.at("member_session", "authentication_factors").([]any)[1].(map[string]any)["type"])
	})
	t.Run("somebody new, with a role for the session", func(t *testing.T) {
		out, _ := p.ok("POST", "/fake/login", `{"organization_id":"`+string(class.ID)+`","email_address":"new@example.edu","roles":["tutor","stytch_member"]}`)
		session := w.ok("POST", sessions+"/authenticate", object{"session_jwt": out.text("session_jwt")})
		require.Equal(t, []any{"stytch_member", "tutor"}, session.at("member_session", "roles"))
		require.Equal(t, "active", session.text("member", "status"))
	})
	t.Run("an old session_jwt", func(t *testing.T) {
		out, _ := p.ok("POST", "/fake/login", `{"organization_id":"laws1100","email_address":"ada@example.edu","jwt_age":"6m"}`)
		var claims struct{ Exp int64 }
		unmarshalClaims(t, out.text("session_jwt"), &claims)
		require.Less(t, claims.Exp, time.Now().Unix())
		w.ok("POST", sessions+"/authenticate", object{"session_jwt": out.text("session_jwt")})
	})
	t.Run("every factor that has a name", func(t *testing.T) {
		for _, name := range []string{"magic_link", "email_otp", "password", "otp", "totp", "recovery_codes", "sso_saml", "sso_oidc", "oauth_google", "oauth_github"} {
			p.ok("POST", "/fake/login", `{"organization_id":"laws1100","email_address":"ada@example.edu","factors":["`+name+`"]}`)
		}
	})
	for _, tt := range []struct{ name, body, want string }{
		{"an unknown class", `{"organization_id":"x","email_address":"a@example.edu"}`, "organization_not_found"},
		{"no address", `{"organization_id":"laws1100"}`, "email_address are needed"},
		{"no address at all", `{"organization_id":"laws1100","email_address":"ada"}`, "invalid_email"},
		{"a role that grants nothing", `{"organization_id":"laws1100","email_address":"ada@example.edu","roles":["instuctor"]}`, `"instuctor" is not in the RBAC policy`},
		{"a factor that Stytch does not have", `{"organization_id":"laws1100","email_address":"ada@example.edu","factors":["oauth_myspace"]}`, `"oauth_myspace" is unknown`},
		{"an age without a unit", `{"organization_id":"laws1100","email_address":"ada@example.edu","jwt_age":"6"}`, "no length of time"},
		{"an age from the future", `{"organization_id":"laws1100","email_address":"ada@example.edu","jwt_age":"-6m"}`, "no length of time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Contains(t, p.refused(http.StatusBadRequest, "POST", "/fake/login", tt.body, nil), tt.want)
		})
	}
}

func TestControlOutboxAndJournal(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	for _, email := range []string{"ada@example.edu", "bob@example.edu"} {
		w.stytch.AddStudent(class.ID, email)
	}
	p := newPanel(t, w.stytch)
	_, empty := p.ok("GET", "/fake/outbox", "")
	require.Equal(t, []object{}, empty)
	for _, email := range []string{"ada@example.edu", "bob@example.edu", "ada@example.edu"} {
		w.ok("POST", links+"/email/login_or_signup", object{"organization_id": class.ID, "email_address": email})
	}
	_, all := p.ok("GET", "/fake/outbox", "")
	require.Len(t, all, 3)
	require.Equal(t, "login", all[0].text("kind"))
	_, hers := p.ok("GET", "/fake/outbox?to=ADA@example.edu", "")
	require.Len(t, hers, 2)
	names := make([]string, 0)
	for name := range hers[0] {
		names = append(names, name)
	}
	require.ElementsMatch(t, []string{"channel", "kind", "to", "link", "token", "code", "sent_at"}, names)
	require.Equal(t, w.stytch.Outbox()[0].Link, hers[0].text("link"))
	require.Contains(t, p.refused(http.StatusBadRequest, "GET", "/fake/outbox?too=x", "", nil), `"too"`)

	_, journal := p.ok("GET", "/fake/journal", "")
	require.Len(t, journal, 3)
	require.Equal(t, "POST "+links+"/email/login_or_signup", journal[2].text("endpoint"))
	require.Equal(t, 200.0, journal[2].at("status"))
}

func TestControlAge(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	credentials := w.stytch.SignIn(w.stytch.AddStudent(class.ID, "ada@example.edu"))
	p := newPanel(t, w.stytch)
	p.ok("POST", "/fake/age", `{"by":"59m"}`)
	w.ok("POST", sessions+"/authenticate", object{"session_token": credentials.Token.Reveal()})
	p.ok("POST", "/fake/age", `{"by":"61m"}`)
	w.refuses(http.StatusNotFound, "session_not_found", "POST", sessions+"/authenticate", object{"session_token": credentials.Token.Reveal()})
	for _, body := range []string{``, `{}`, `{"by":""}`, `{"by":"0s"}`, `{"by":"-1m"}`, `{"by":"tomorrow"}`} {
		p.refused(http.StatusBadRequest, "POST", "/fake/age", body, nil)
	}
}

func TestControlFaults(t *testing.T) {
	w := newWire(t)
	p := newPanel(t, w.stytch)
	const endpoint = "POST /v1/b2b/sessions/authenticate"
	p.ok("POST", "/fake/faults", `{"endpoint":"`+endpoint+`","status":429,"error_type":"too_many_requests","retry_after":3,"times":2,"latency":"","body":"","drop":false}`)
	for range 2 {
		res := w.send("POST", sessions+"/authenticate", object{})
		require.Equal(t, http.StatusTooManyRequests, res.StatusCode)
		require.Equal(t, "3", res.Header.Get("Retry-After"))
	}
	require.Equal(t, http.StatusBadRequest, w.send("POST", sessions+"/authenticate", object{}).StatusCode)

	p.ok("POST", "/fake/faults", `{"status":502,"body":"<html>bad gateway</html>"}`)
	res := w.send("POST", sessions+"/authenticate", object{})
	require.Equal(t, http.StatusBadGateway, res.StatusCode)
	p.ok("DELETE", "/fake/faults", "")
	require.Equal(t, http.StatusBadRequest, w.send("POST", sessions+"/authenticate", object{}).StatusCode)

	for _, tt := range []struct{ name, body, want string }{
		{"nothing", `{}`, "does nothing"},
		{"an endpoint that Stytch does not have", `{"endpoint":"POST /v1/b2b/session","status":500}`, "no endpoint"},
		{"a status that is none", `{"status":99}`, "from 200 to 599"},
		{"both an answer and none", `{"status":500,"drop":true}`, "dropped connection"},
		{"a latency without a unit", `{"latency":"3"}`, "no length of time"},
		{"negative times", `{"status":500,"times":-1}`, "cannot be negative"},
		{"a wait of three centuries", `{"status":500,"retry_after":9223372037}`, "cannot be negative"},
		{"a text where a number belongs", `{"status":"500"}`, "status should not be a JSON string"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Contains(t, p.refused(http.StatusBadRequest, "POST", "/fake/faults", tt.body, nil), tt.want)
		})
	}
}

func TestControlPersonas(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	w.stytch.AddStudent(class.ID, "ada@example.edu")
	p := newPanel(t, w.stytch)
	p.ok("POST", "/fake/personas", `{"email":"ada@example.edu","name":"Ada Lovelace","subject":"42","attributes":{"campus":"St Lucia"}}`)
	res := w.send("GET", "/v1/b2b/public/oauth/google/start?mock_persona=ada@example.edu&organization_id=laws1100&public_token="+w.stytch.PublicToken(), nil)
	to, err := res.Location()
	require.NoError(t, err)
	out := w.ok("POST", "/v1/b2b/oauth/authenticate", object{"oauth_token": to.Query().Get("token")})
	require.Equal(t, "42", out.text("provider_subject"))
	require.Contains(t, p.refused(http.StatusBadRequest, "POST", "/fake/personas", `{"email":"ada"}`, nil), "invalid_email")
}

func TestControlForeignToken(t *testing.T) {
	w := newWire(t)
	member := w.stytch.AddStudent(w.stytch.AddClass("LAWS1100").ID, "ada@example.edu")
	p := newPanel(t, w.stytch)
	out, _ := p.ok("POST", "/fake/foreign-token", `{"member_id":"`+string(member)+`","kind":"access_token"}`)
	w.ok("POST", sessions+"/exchange_access_token", object{"access_token": out.text("token")})
	require.Contains(t, p.refused(http.StatusBadRequest, "POST", "/fake/foreign-token", `{"member_id":"`+string(member)+`","kind":"x"}`, nil), "no kind")
	require.Contains(t, p.refused(http.StatusBadRequest, "POST", "/fake/foreign-token", `{"member_id":"x","kind":"access_token"}`, nil), "member_not_found")
}

func TestControlRotateKeys(t *testing.T) {
	w := newWire(t)
	p := newPanel(t, w.stytch)
	keys := func() []any {
		return w.ok("GET", sessions+"/jwks/"+w.stytch.ProjectID(), nil).at("keys").([]any)
	}
	first := keys()[0].(map[string]any)["kid"]
	p.ok("POST", "/fake/rotate-keys", "")
	require.Len(t, keys(), 2)
	require.Equal(t, first, keys()[1].(map[string]any)["kid"])
	p.ok("POST", "/fake/rotate-keys", `{"drop_old":true}`)
	require.Len(t, keys(), 1)
}

func TestControlReset(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	p := newPanel(t, w.stytch)
	later := w.stytch.AddClass("HIST2200")
	w.stytch.AddStudent(class.ID, "ada@example.edu")
	w.link(string(class.ID), "ada@example.edu", nil)
	p.ok("POST", "/fake/faults", `{"endpoint":"POST /v1/b2b/sessions/authenticate","status":500}`)
	p.ok("POST", "/fake/rotate-keys", "")

	p.ok("POST", "/fake/reset", `{}`)
	require.Empty(t, w.stytch.Outbox())
	require.Empty(t, w.stytch.Journal())
	w.ok("GET", organizations+"/"+string(class.ID), nil)
	w.refuses(http.StatusNotFound, "organization_not_found", "GET", organizations+"/"+string(later.ID), nil)
	w.refuses(http.StatusBadRequest, "no_session_arguments", "POST", sessions+"/authenticate", object{})
	require.Len(t, w.ok("GET", sessions+"/jwks/"+w.stytch.ProjectID(), nil).at("keys"), 2, "the keys stay")
}

// A snapshot brings everything back, in the same process and in another one of
// the same project.
func TestControlState(t *testing.T) {
	const project = "project-test-11111111-1111-4111-8111-111111111111"
	here := wire{t: t, stytch: &mock.Stytch{Project: project}}
	class := here.stytch.AddClass("LAWS1100")
	student := here.stytch.AddStudent(class.ID, "ada@example.edu")
	credentials := here.stytch.SignIn(student)
	token := here.link(string(class.ID), "ada@example.edu", nil)
	p := newPanel(t, here.stytch)
	state := p.send("GET", "/fake/state", "", nil).Body.String()
	require.Equal(t, state, p.send("GET", "/fake/state", "", nil).Body.String(), "one state, one snapshot")

	here.stytch.EndSession(credentials)
	here.authenticateLink(token)
	p.ok("PUT", "/fake/state", state)
	there := wire{t: t, stytch: &mock.Stytch{Project: project}}
	var plain any
	require.NoError(t, json.Unmarshal([]byte(state), &plain))
	indented, err := json.MarshalIndent(plain, "", "  ") // as a program that keeps it may write it
	require.NoError(t, err)
	newPanel(t, there.stytch).ok("PUT", "/fake/state", string(indented))
	for name, w := range map[string]wire{"here": here, "there": there} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.ok("POST", sessions+"/authenticate", object{"session_jwt": credentials.JWT.Reveal()})
			w.ok("POST", sessions+"/authenticate", object{"session_token": credentials.Token.Reveal()})
			require.Len(t, w.stytch.Outbox(), 1)
			w.authenticateLink(token)
		})
	}

	for _, tt := range []struct{ name, from, to, want string }{
		{"of another project", project, "project-test-22222222-2222-4222-8222-222222222222", "start it with that project id"},
		{"of another version", `"version":1`, `"version":2`, "only version 1"},
		{"that was changed", "ada@example.edu", "eve@example.edu", "was changed"},
		{"with something unknown in it", `"version":1`, `"version":1,"more":1`, `"more"`},
		{"that broke off", `]}`, ``, "no JSON"},
	} {
		t.Run("a snapshot "+tt.name, func(t *testing.T) {
			require.Contains(t, state, tt.from)
			before := p.send("GET", "/fake/state", "", nil).Body.String()
			require.Contains(t, p.refused(http.StatusBadRequest, "PUT", "/fake/state", strings.Replace(state, tt.from, tt.to, 1), nil), tt.want)
			require.Equal(t, before, p.send("GET", "/fake/state", "", nil).Body.String(), "nothing changes")
		})
	}
	p.refused(http.StatusBadRequest, "PUT", "/fake/state", "", nil)
}

// Whoever reaches the control plane can sign in as anybody, so a page on the web
// must not reach it through the browser of a developer.
func TestControlKeepsOtherSitesOut(t *testing.T) {
	stytch := new(mock.Stytch)
	stytch.AddClass("LAWS1100")
	p := newPanel(t, stytch)
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, tt := range []struct {
		name, method, path string
		change             func(*http.Request)
		want               int
	}{
		{"a form", "POST", "/fake/reset", set("Content-Type", "application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType},
		{"a form of plain text", "POST", "/fake/reset", set("Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		{"a body without a type", "POST", "/fake/reset", func(r *http.Request) { r.Header.Del("Content-Type") }, http.StatusUnsupportedMediaType},
		{"a script, by its origin", "POST", "/fake/reset", set("Origin", "https://evil.example"), http.StatusForbidden},
		{"a script, by what the browser says", "POST", "/fake/reset", set("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"a script that clears faults", "DELETE", "/fake/faults", set("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"an image", "GET", "/fake/state", set("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"another port of this machine", "GET", "/fake/outbox", set("Sec-Fetch-Site", "same-site"), http.StatusForbidden},
		{"a name that resolves to this machine", "GET", "/fake/state", func(r *http.Request) { r.Host = "evil.example:4010" }, http.StatusForbidden},
		{"the same, for the page", "GET", "/", func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, http.StatusForbidden},
		{"localhost is this machine", "GET", "/fake/outbox", func(r *http.Request) { r.Host = "localhost:4010" }, http.StatusOK},
		{"so is ::1", "GET", "/fake/outbox", func(r *http.Request) { r.Host = "[::1]:4010" }, http.StatusOK},
		{"a script of the page's own", "POST", "/fake/reset", set("Sec-Fetch-Site", "same-origin"), http.StatusOK},
		{"a charset does no harm", "POST", "/fake/reset", set("Content-Type", "application/json; charset=utf-8"), http.StatusOK},
		{"there is nothing else", "GET", "/fake/secrets", nil, http.StatusNotFound},
		{"the methods are fixed", "PUT", "/fake/reset", nil, http.StatusMethodNotAllowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, p.send(tt.method, tt.path, "", tt.change).Code)
		})
	}
	t.Run("another machine", func(t *testing.T) {
		outside := func(r *http.Request) {
			at := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4010}
			*r = *r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, at))
		}
		p.refused(http.StatusForbidden, "GET", "/fake/state", "", outside)
	})
}

func TestControlReadsStrictly(t *testing.T) {
	p := newPanel(t, new(mock.Stytch))
	for _, tt := range []struct{ name, path, body, want string }{
		{"an unknown name", "/fake/age", `{"by":"1m","for":1}`, "the fields are by"},
		{"a name in capitals", "/fake/age", `{"By":"1m"}`, `"By" is unknown`},
		{"a name twice", "/fake/age", `{"by":"1m","by":"2m"}`, "twice"},
		{"no object", "/fake/age", `["1m"]`, "no JSON object"},
		{"half an object", "/fake/age", `{"by":`, "no JSON"},
		{"two objects", "/fake/age", `{"by":"1m"}{}`, "no JSON"},
		{"a name for a call without any", "/fake/reset", `{"all":true}`, "takes none"},
		{"a number", "/fake/age", `{"by":6}`, "by should not be a JSON number"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Contains(t, p.refused(http.StatusBadRequest, "POST", tt.path, tt.body, nil), tt.want)
		})
	}
	t.Run("a body without an end", func(t *testing.T) {
		p.refused(http.StatusRequestEntityTooLarge, "POST", "/fake/age", `{"by":"`+strings.Repeat("1", 2<<20)+`"}`, nil)
	})
}

func TestControlPage(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS<1100>", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL"})
	w.stytch.SignIn(w.stytch.AddInstructor(class.ID, "ada@example.edu"))
	w.stytch.AddStudent(class.ID, "bob@example.edu")
	token := w.link(string(class.ID), "bob@example.edu", nil)
	p := newPanel(t, w.stytch)
	p.ok("POST", "/fake/faults", `{"endpoint":"POST /v1/b2b/sessions/authenticate","status":500}`)
	w.send("GET", "/nowhere", nil)

	res := p.send("GET", "/", "", nil)
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, "text/html; charset=utf-8", res.Header().Get("Content-Type"))
	require.Equal(t, "no-store", res.Header().Get("Cache-Control"))
	require.Contains(t, res.Header().Get("Content-Security-Policy"), "default-src 'none'")
	body := res.Body.String()
	for _, want := range []string{"LAWS&lt;1100&gt;", "ada@example.edu", "instructor", "1 session", "second factor for all", "answers 500", "GET /nowhere", "route_not_found"} {
		require.Contains(t, body, want)
	}
	require.NotContains(t, body, "<script")
	require.NotContains(t, body, w.stytch.Secret().Reveal())
	require.Regexp(t, `<a class="button" href="http://stytch.localhost/v1/b2b/magic_links/redirect\?[^"]*`+strings.ReplaceAll(token, "=", "%3D")[:40], body)
	style := p.send("GET", "/fake/style.css", "", nil)
	require.Equal(t, "text/css; charset=utf-8", style.Header().Get("Content-Type"))
}

// The page is for people: with a hundred thousand of them it is still a page.
func TestControlPageIsBounded(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	for i := range 120 {
		w.stytch.AddStudent(class.ID, fmt.Sprintf("s%d@example.edu", i))
	}
	body := newPanel(t, w.stytch).send("GET", "/", "", nil).Body
	out, err := io.ReadAll(body)
	require.NoError(t, err)
	require.Equal(t, 100, strings.Count(string(out), `class="who"`))
	require.Contains(t, string(out), "and 20 more members")
}
