package signin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const (
	exchanged  = "POST /v1/b2b/discovery/intermediate_sessions/exchange"
	discovered = "POST /v1/b2b/discovery/organizations"
)

// discovers signs a person in without a class, up to the list of their classes.
func (b *browser) discovers(email string) answer {
	b.w.t.Helper()
	require.NoError(b.w.t, b.w.client.Discovery.SendLink(context.Background(), stytchclient.MagicLink{Email: email, RedirectURL: home + "/auth/callback"}))
	res := b.press(b.open(b.w.callbackAddress(b.w.newest())))
	require.Equal(b.w.t, http.StatusSeeOther, res.status, res.body)
	require.Equal(b.w.t, "/auth/classes", res.at)
	require.Empty(b.w.t, b.cookie(sessionAt))
	return b.get("/auth/classes")
}

func classForm(class grimoireauth.ClassID) url.Values { return url.Values{"class": {string(class)}} }

// raw calls Stytch without the client and returns the body of the answer.
func (w *fixture) raw(path string, body any) string {
	w.t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(w.t, err)
	r, err := http.NewRequest("POST", w.stytch.BaseURL()+path, bytes.NewReader(encoded))
	require.NoError(w.t, err)
	r.SetBasicAuth(w.stytch.ProjectID(), w.stytch.Secret().Reveal())
	r.Header.Set("Content-Type", "application/json")
	res, err := w.stytch.RoundTrip(r)
	require.NoError(w.t, err)
	answer, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	return string(answer)
}

func TestDiscoveryWithTwoClasses(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	b := w.browser()
	list := b.discovers("ada@example.edu")
	require.Equal(t, http.StatusOK, list.status)
	require.Contains(t, list.body, "LAWS1100")
	require.Contains(t, list.body, "ARTS2000")
	require.Contains(t, list.body, "You are in this class.")
	require.Equal(t, 2, strings.Count(list.body, "<form"))
	require.NotContains(t, list.body, b.field(fieldIntermediate))
	b.finished(b.post("/auth/classes", classForm(w.law.ID)), "/", w.ada)
	require.Equal(t, 1, w.calls(exchanged))
}

// What is said about each class, in words that a teacher would use.
func TestDiscoveryWords(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	strict, _ := w.strict()
	sso := w.stytch.AddClass("By the school only", mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"sso"}})
	w.stytch.AddStudent(sso.ID, "ada@example.edu")
	open := w.stytch.AddClass("Open to all of us", mock.Settings{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}})
	w.stytch.SignIn(w.stytch.AddStudent(open.ID, "first@example.edu"))
	invited := w.stytch.AddClass("Invited", mock.Settings{"email_invites": "ALL_ALLOWED"})
	_, err := w.client.Roster.Invite(t.Context(), invited.ID, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "ada@example.edu"}, RedirectURL: home + "/auth/callback"})
	require.NoError(t, err)
	archived := w.stytch.AddClass("Long over")
	w.stytch.AddStudent(archived.ID, "ada@example.edu")
	_, err = w.client.Classes.Archive(t.Context(), archived.ID)
	require.NoError(t, err)

	b := w.browser()
	list := b.discovers("ada@example.edu").body
	about := func(name string) string {
		_, rest, found := strings.Cut(list, ">"+name+"<br>")
		require.True(t, found, name)
		text, _, _ := strings.Cut(rest, "</button>")
		return text
	}
	require.Contains(t, about("Secure Systems"), "It asks for a second factor.")
	require.Contains(t, about("By the school only"), "It asks you to sign in in one more way.")
	require.Contains(t, about("Open to all of us"), "You may join.")
	require.Contains(t, about("Invited"), "You are invited.")
	require.NotContains(t, about("ARTS2000"), "It asks")
	require.NotContains(t, list, "Long over")

	// Joining is what choosing does.
	res := b.post("/auth/classes", classForm(open.ID))
	require.Equal(t, "/", res.at, res.body)
	require.NotEmpty(t, b.who())

	// One that wants another way leads there, and back.
	b = w.browser()
	b.discovers("ada@example.edu")
	require.Equal(t, "/auth/unfinished", b.post("/auth/classes", classForm(sso.ID)).at)
	require.NotContains(t, b.get("/auth/unfinished").body, "E-mail me a link")
	require.Equal(t, http.StatusOK, b.get("/auth/classes").status, "another class can still be chosen")
	require.Equal(t, "/auth/factor", b.post("/auth/classes", classForm(strict.ID)).at)
	require.Contains(t, b.get("/auth/factor").body, "Another class?")
	b.finished(b.post("/auth/classes", classForm(w.law.ID)), "/", w.ada)
}

func TestDiscoveryThenSecondFactor(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	class, ada := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	b.discovers("ada@example.edu")
	require.Equal(t, "/auth/factor", b.post("/auth/classes", classForm(class.ID)).at)
	require.Empty(t, b.cookie(sessionAt))
	b.finished(b.post("/auth/factor", factorForm("sms_otp", w.newest().Code)), "/", ada)
}

func TestDiscoveryWithoutAClass(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	list := w.browser().discovers("nobody@example.edu")
	require.Equal(t, http.StatusOK, list.status)
	require.Contains(t, list.body, "No class knows you by this address yet")
	require.Contains(t, list.body, "ask your instructor")
}

func TestClassesThatCannotBeChosen(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	foreign := w.stytch.AddClass("Not hers")
	b := w.browser()
	b.discovers("ada@example.edu")
	for name, form := range map[string]url.Values{
		"none":         {},
		"two":          {"class": {string(w.law.ID), string(w.art.ID)}},
		"a slug":       {"class": {w.law.Slug}},
		"markup":       {"class": {"organization-<b>"}},
		"another path": {"class": {"organization-test/../x"}},
	} {
		res := b.post("/auth/classes", form)
		require.Equal(t, http.StatusBadRequest, res.status, name)
		require.Contains(t, res.body, "Please choose one of these classes", name)
		require.NotContains(t, res.body, "<b>", name)
	}
	require.Zero(t, w.calls(exchanged), "Stytch is not asked")
	res := b.post("/auth/classes", classForm(foreign.ID))
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, "does not know you")
	require.Contains(t, res.body, "ARTS2000", "the others are there as before")
	require.Empty(t, b.cookie(sessionAt))
	gone := b.post("/auth/classes", classForm("organization-test-00000000-0000-0000-0000-000000000000"))
	require.Equal(t, http.StatusNotFound, gone.status)
	added := w.stytch.AddStudent(foreign.ID, "ada@example.edu")
	b.finished(b.post("/auth/classes", classForm(foreign.ID)), "/", added) // the instructor has added her meanwhile
}

// The choice has been used up when the application says no, and the list with it. What
// it said is not covered up by that.
func TestClassThatTheApplicationRefuses(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true, OnSignIn: func(context.Context, stytchclient.SignedIn) error { return grimoireauth.ErrNotInvited }})
	b := w.browser()
	b.discovers("ada@example.edu")
	res := b.post("/auth/classes", classForm(w.law.ID))
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, "ask your instructor for an invitation")
	require.NotContains(t, res.body, "took too long")
	require.Empty(t, b.kept())
	require.Empty(t, b.cookie(sessionAt))
}

func TestClassesInAnOutage(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	b := w.browser()
	b.discovers("ada@example.edu")
	kept := b.kept()
	w.stytch.Fail(mock.Fault{Status: 503})
	for _, res := range []answer{b.get("/auth/classes"), b.post("/auth/classes", classForm(w.law.ID))} {
		require.Equal(t, http.StatusServiceUnavailable, res.status)
		require.NotEmpty(t, res.header.Get("Retry-After"))
		require.Contains(t, res.body, "Nothing is lost")
		require.Contains(t, res.body, `href="/auth/classes?attempt=`)
	}
	require.Equal(t, kept, b.kept())
	w.stytch.ClearFaults()
	b.finished(b.post("/auth/classes", classForm(w.law.ID)), "/", w.ada)

	late := w.browser()
	late.discovers("ada@example.edu")
	w.stytch.Fail(mock.Fault{Endpoint: discovered, Status: 404, ErrorType: "intermediate_session_not_found"})
	res := late.get("/auth/classes")
	require.Equal(t, http.StatusGone, res.status)
	require.Empty(t, late.kept())
}

// L11: Stytch answers about another class than the one that was chosen.
func TestL11_AnswerAboutAnotherClass(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	// A complete and genuine answer, for the other class.
	other := w.browser()
	other.discovers("ada@example.edu")
	recorded := w.raw("/v1/b2b/discovery/intermediate_sessions/exchange", map[string]string{
		"intermediate_session_token": other.field(fieldIntermediate), "organization_id": string(w.art.ID),
	})
	require.Contains(t, recorded, `"member_authenticated":true`)
	b := w.browser()
	b.discovers("ada@example.edu")
	w.stytch.Fail(mock.Fault{Endpoint: exchanged, Status: 200, Body: recorded})
	res := b.post("/auth/classes", classForm(w.law.ID))
	require.Equal(t, http.StatusServiceUnavailable, res.status)
	require.Empty(t, b.cookie(sessionAt))
	require.Empty(t, b.who())
}
