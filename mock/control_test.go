package mock_test

import (
	"encoding/json"
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
	require.Contains(t, p.send("GET", "/fake/outbox", "", nil).Body.String(), w.stytch.Outbox()[0].Link, "it can be copied as it stands")
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

func TestControlIdPUsers(t *testing.T) {
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
