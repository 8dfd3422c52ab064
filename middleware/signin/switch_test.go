package signin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const switched = "POST /v1/b2b/sessions/exchange"

func TestSwitchClass(t *testing.T) {
	w := newFixture(t, signin.Config{})
	adaInArts := w.memberOf(w.art.ID, "ada@example.edu")
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	before := grimoireauth.NewCredentials(b.cookie("__Host-stytch_session_jwt"), b.cookie(sessionAt))

	back := "/classes/" + string(w.art.ID)
	list := b.get("/auth/switch?return_to=" + url.QueryEscape(back))
	require.Equal(t, http.StatusOK, list.status)
	require.Contains(t, list.body, "You are here now.")
	require.Equal(t, 1, strings.Count(list.body, "<form"), "not to where she is")
	require.Contains(t, list.body, `name="return_to" value="`+back+`"`)
	require.NotContains(t, list.body, before.Token.Reveal())

	form := classForm(w.art.ID)
	form.Set("return_to", back)
	first, second := b.request("POST", "/auth/switch", form), b.request("POST", "/auth/switch", form)
	for _, cookie := range b.jar.Cookies(second.URL) {
		second.AddCookie(cookie)
	}
	res := b.send(first)
	require.Equal(t, http.StatusSeeOther, res.status, res.body)
	require.Equal(t, back, res.at)
	require.Equal(t, string(adaInArts), b.who())
	_, err := w.client.Sessions.Authenticate(t.Context(), before)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "one browser, one session")

	// A second click still carries the session that has just ended.
	res = w.browser().send(second)
	require.Equal(t, back, res.at)
	require.Contains(t, strings.Join(res.header.Values("Set-Cookie"), "\n"), sessionAt+"="+b.cookie(sessionAt))
	require.Equal(t, 1, w.calls(switched))

	require.Contains(t, b.get("/auth/switch").body, "LAWS1100")
	require.Equal(t, "/", b.post("/auth/switch", classForm(w.law.ID)).at)
	require.Equal(t, string(w.ada), b.who())
}

func (w *fixture) memberOf(class grimoireauth.ClassID, email string) grimoireauth.MemberID {
	w.t.Helper()
	for member, err := range w.client.Roster.Members(w.t.Context(), class) {
		require.NoError(w.t, err)
		if member.Email == email {
			return member.Member
		}
	}
	require.Fail(w.t, "nobody has this address in the class")
	return ""
}

func TestSwitchToAClassWithASecondFactor(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, ada := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	before := b.cookie(sessionAt)
	form := classForm(class.ID)
	form.Set("return_to", "/classes/"+string(class.ID))
	res := b.post("/auth/switch", form)
	require.Equal(t, "/auth/factor", res.at, res.body)
	require.Equal(t, string(w.ada), b.who(), "until it is finished she is where she was")
	require.Equal(t, before, b.cookie(sessionAt))
	require.Contains(t, b.get("/auth/factor").body, "Secure Systems")
	b.post("/auth/factor/send", url.Values{})
	b.finished(b.post("/auth/factor", factorForm("sms_otp", w.newest().Code)), "/classes/"+string(class.ID), ada)
	_, err := w.client.Sessions.Authenticate(t.Context(), grimoireauth.NewCredentials("", before))
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
}

func TestSwitchRefusals(t *testing.T) {
	w := newFixture(t, signin.Config{})
	foreign := w.stytch.AddClass("Not hers")
	require.Equal(t, "/auth/", w.browser().get("/auth/switch").at, "a stranger signs in first")
	require.Equal(t, "/auth/?class="+string(w.art.ID), w.browser().post("/auth/switch", classForm(w.art.ID)).at)

	tests := []struct {
		name   string
		form   url.Values
		fault  mock.Fault
		status int
		says   string
	}{
		{"not hers", classForm(foreign.ID), mock.Fault{}, 404, "You are not in that class"},
		{"no class", url.Values{}, mock.Fault{}, 303, ""},
		{"a slug", url.Values{"class": {w.art.Slug}}, mock.Fault{}, 303, ""},
		{"archived", classForm(w.art.ID), mock.Fault{Endpoint: switched, Status: 403, ErrorType: "organization_suspended"}, 403, "ask your instructor"},
		{"nothing counts there", classForm(w.art.ID), mock.Fault{Endpoint: switched, Status: 400, ErrorType: "insufficient_factors_for_session_exchange"}, 403, "sign in to it by itself"},
		{"Stytch is down", classForm(w.art.ID), mock.Fault{Endpoint: switched, Status: 503, RetryAfter: 9e9}, 503, "Nothing is lost"},
		{"an answer of nothing", classForm(w.art.ID), mock.Fault{Endpoint: switched, Status: 200, Body: "{}"}, 503, "Nothing is lost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := w.browser()
			b.signIn(w.law.ID, "ada@example.edu")
			session := b.cookie(sessionAt)
			if tt.fault.Endpoint != "" {
				w.stytch.Fail(tt.fault)
				defer w.stytch.ClearFaults()
			}
			res := b.post("/auth/switch", tt.form)
			require.Equal(t, tt.status, res.status, res.body)
			require.Contains(t, res.body, tt.says)
			require.Equal(t, session, b.cookie(sessionAt), "she stays where she is")
			require.Equal(t, string(w.ada), b.who())
		})
	}
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	require.Equal(t, http.StatusNotFound, b.post("/auth/switch", classForm(foreign.ID)).status)
	added := w.stytch.AddStudent(foreign.ID, "ada@example.edu")
	require.Equal(t, "/", b.post("/auth/switch", classForm(foreign.ID)).at, "the instructor has added her meanwhile")
	require.Equal(t, string(added), b.who())

	over := w.browser()
	over.signIn(w.law.ID, "ada@example.edu")
	w.stytch.EndSession(grimoireauth.NewCredentials("", over.cookie(sessionAt)))
	again := over.post("/auth/switch", classForm(w.art.ID)).at
	require.Equal(t, "/auth/switch?class="+string(w.art.ID), again)
	require.Equal(t, "/auth/?class="+string(w.art.ID), over.get(again).at)
}

// L11: the answer is about another class than the one that was chosen.
func TestL11_SwitchAnsweredWithAnotherClass(t *testing.T) {
	w := newFixture(t, signin.Config{})
	third := w.stytch.AddClass("Third")
	w.stytch.AddStudent(third.ID, "ada@example.edu")
	recorded := w.raw("/v1/b2b/sessions/exchange", map[string]string{
		"organization_id": string(third.ID), "session_token": w.stytch.SignIn(w.ada).Token.Reveal(),
	})
	require.Contains(t, recorded, `"member_authenticated":true`)
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	w.stytch.Fail(mock.Fault{Endpoint: switched, Status: 200, Body: recorded})
	require.Equal(t, http.StatusServiceUnavailable, b.post("/auth/switch", classForm(w.art.ID)).status)
	require.Equal(t, string(w.ada), b.who())
}

// sessionOf is what GET session says.
func (b *browser) sessionOf() map[string]any {
	b.w.t.Helper()
	r := b.request("GET", "/auth/session", nil)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Mode", "cors")
	res := b.send(r)
	require.Equal(b.w.t, http.StatusOK, res.status, res.body)
	require.Equal(b.w.t, "no-store", res.header.Get("Cache-Control"))
	require.Equal(b.w.t, "application/json", res.header.Get("Content-Type"))
	var out map[string]any
	require.NoError(b.w.t, json.Unmarshal([]byte(res.body), &out))
	return out
}

// T04: the role in one class is never used in another.
func TestT04_InstructorHereStudentThere(t *testing.T) {
	w := newFixture(t, signin.Config{})
	here := w.stytch.AddInstructor(w.law.ID, "grace@example.edu")
	there := w.stytch.AddStudent(w.art.ID, "grace@example.edu")
	b := w.browser()
	b.signIn(w.law.ID, "grace@example.edu")
	for range 3 {
		got := b.sessionOf()
		require.Equal(t, []any{string(here), string(w.law.ID), "instructor"}, []any{got["member_id"], got["class_id"], got["role"]})
		require.Equal(t, "/", b.post("/auth/switch", classForm(w.art.ID)).at)
		got = b.sessionOf()
		require.Equal(t, []any{string(there), string(w.art.ID), "student"}, []any{got["member_id"], got["class_id"], got["role"]})
		require.Equal(t, string(there), b.who())
		require.Equal(t, "/", b.post("/auth/switch", classForm(w.law.ID)).at)
	}
}
