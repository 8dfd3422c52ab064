package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestLogout(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	credentials := grimoireauth.NewCredentials(b.cookie("__Host-stytch_session_jwt"), b.cookie("__Host-stytch_session"))

	require.Contains(t, b.get("/auth/logout").body, "Sign out?")
	require.Equal(t, string(w.ada), b.who(), "M09: a GET signs nobody out")
	forged := b.request("POST", "/auth/logout", url.Values{})
	forged.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, b.send(forged).status)
	require.Equal(t, string(w.ada), b.who())

	res := b.signOut(url.Values{})
	require.Equal(t, http.StatusOK, res.status)
	require.Contains(t, res.body, "You are signed out")
	require.NotContains(t, res.body, "could not be told")
	require.Equal(t, `"cache"`, res.header.Get("Clear-Site-Data"), "M23")
	require.Equal(t, "no-store", res.header.Get("Cache-Control"))
	require.Empty(t, b.cookie("__Host-stytch_session"))
	require.Empty(t, b.cookie("__Host-stytch_session_jwt"))
	require.Equal(t, 1, w.calls(revoked))

	_, err := w.guard.Authenticate(t.Context(), credentials)
	require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated, "a copy of the cookies is worth nothing")
	_, err = w.client.Sessions.Authenticate(t.Context(), credentials)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "and at Stytch neither")

	require.Equal(t, http.StatusOK, b.signOut(url.Values{}).status, "twice does no harm")
	require.Equal(t, 1, w.calls(revoked))
}

// A browser that keeps a page whole has done so only after it has read the headers
// of the next one, so "back" would show the class again.
func TestM23_SignedOutPageForgetsThePageBefore(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	require.Contains(t, b.signOut(url.Values{}).body, `<link rel="stylesheet" href="/auth/signed-out.css">`)
	for site, want := range map[string]string{"same-origin": `"cache"`, "none": `"cache"`, "same-site": "", "cross-site": ""} {
		r := b.request("GET", "/auth/signed-out.css", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		res := b.send(r)
		require.Equal(t, http.StatusOK, res.status)
		require.Equal(t, want, res.header.Get("Clear-Site-Data"), site)
		require.Equal(t, "no-store", res.header.Get("Cache-Control"), "it has to be asked for each time")
	}
}

func TestLogoutInAnOutage(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	credentials := grimoireauth.NewCredentials(b.cookie("__Host-stytch_session_jwt"), b.cookie("__Host-stytch_session"))
	w.stytch.Fail(mock.Fault{Endpoint: revoked, Status: 503})

	res := b.signOut(url.Values{})
	require.Equal(t, http.StatusOK, res.status)
	require.Contains(t, res.body, "could not be told", "it is said as it is")
	require.Empty(t, b.cookie("__Host-stytch_session"))
	_, err := w.guard.Authenticate(t.Context(), credentials)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "this server knows")
	require.Contains(t, w.log.String(), "logout not complete")
}

// The session_jwt has expired and Stytch is down: whose session it is cannot be
// found out. The cookies go all the same.
func TestLogoutWithAStaleTokenInAnOutage(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	stale := w.stytch.Stale(w.stytch.SignIn(w.ada, mock.WithDuration(8*3600e9)))
	b.plant("__Host-stytch_session", stale.Token.Reveal())
	b.plant("__Host-stytch_session_jwt", stale.JWT.Reveal())
	w.stytch.Fail(mock.Fault{Status: 503})
	res := b.signOut(url.Values{})
	require.Equal(t, http.StatusOK, res.status)
	require.Contains(t, res.body, "could not be told")
	require.Empty(t, b.cookie("__Host-stytch_session"))
}

func TestLogoutOfAStranger(t *testing.T) {
	w := newFixture(t, signin.Config{})
	res := w.browser().signOut(url.Values{})
	require.Equal(t, http.StatusOK, res.status)
	require.NotContains(t, res.body, "could not be told")
	require.Zero(t, w.calls(revoked))
}

// A logout of other browsers is not reported as done if this browser has no session.
func TestLogoutElsewhereWithoutASession(t *testing.T) {
	w := newFixture(t, signin.Config{})
	ended := w.browser()
	ended.signIn(w.law.ID, "ada@example.edu")
	w.stytch.EndSession(grimoireauth.NewCredentials("", ended.cookie(sessionAt)))
	ended.plant("__Host-stytch_session_jwt", "")
	elsewhere := w.stytch.SignIn(w.ada)
	for name, b := range map[string]*browser{"a stranger": w.browser(), "a session that has ended": ended} {
		for _, scope := range []string{"class", "everywhere"} {
			res := b.signOut(url.Values{"scope": {scope}})
			require.Equal(t, http.StatusOK, res.status, name)
			require.Contains(t, res.body, "your other browsers could not be signed out", name)
			require.Empty(t, b.cookie(sessionAt), name)
		}
	}
	_, err := w.client.Sessions.Authenticate(t.Context(), elsewhere)
	require.NoError(t, err)
}

// M01: a cookie planted beside the real one hides the session, and the page does not
// say that the session has ended.
func TestM01_LogoutBesideAPlantedCookie(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	r := b.request("POST", "/auth/logout", url.Values{})
	r.AddCookie(&http.Cookie{Name: sessionAt, Value: strings.Repeat("A", 44)})
	res := b.get(b.send(r).at)
	require.Equal(t, http.StatusOK, res.status)
	require.Contains(t, res.body, "could not be told")
	require.Empty(t, b.cookie(sessionAt))
	require.Contains(t, w.log.String(), "logout not complete")
}

func TestLogoutScopes(t *testing.T) {
	tests := []struct {
		scope         string
		law, otherLaw bool // whether the sessions in LAWS1100 live on: the browser's own, another
		art           bool // and that in ARTS2000
		says          string
	}{
		{"", false, true, true, ""},
		{"here", false, true, true, ""},
		{"class", false, false, true, "signed out of this class in every browser"},
		{"everywhere", false, false, false, "signed out everywhere"},
	}
	for _, tt := range tests {
		t.Run("scope "+tt.scope, func(t *testing.T) {
			w := newFixture(t, signin.Config{})
			b := w.browser()
			b.signIn(w.law.ID, "ada@example.edu")
			own := grimoireauth.NewCredentials(b.cookie("__Host-stytch_session_jwt"), b.cookie("__Host-stytch_session"))
			otherLaw, art := w.stytch.SignIn(w.ada), w.stytch.SignIn(w.memberOf(w.art.ID, "ada@example.edu"))
			bob := w.stytch.SignIn(w.stytch.AddStudent(w.law.ID, "bob@example.edu"))
			form := url.Values{}
			if tt.scope != "" {
				form.Set("scope", tt.scope)
			}
			res := b.signOut(form)
			require.Equal(t, http.StatusOK, res.status)
			require.Contains(t, res.body, "You are signed out")
			require.Contains(t, res.body, tt.says)
			require.Equal(t, `"cache"`, res.header.Get("Clear-Site-Data"))
			require.Empty(t, b.cookie("__Host-stytch_session"))
			for name, session := range map[string]struct {
				credentials grimoireauth.Credentials
				lives       bool
			}{"own": {own, tt.law}, "other": {otherLaw, tt.otherLaw}, "art": {art, tt.art}, "bob's": {bob, true}} {
				_, atStytch := w.client.Sessions.Authenticate(t.Context(), session.credentials)
				_, here := w.guard.Authenticate(t.Context(), session.credentials)
				require.Equal(t, session.lives, atStytch == nil, "%s: %v", name, atStytch)
				require.Equal(t, session.lives, here == nil, "%s: %v", name, here)
			}
		})
	}
}

func TestLogoutScopesThatCannotBe(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	for _, form := range []url.Values{{"scope": {"school"}}, {"scope": {"here", "everywhere"}}, {"scope": {"<b>"}}} {
		res := b.post("/auth/logout", form)
		require.Equal(t, http.StatusBadRequest, res.status)
		require.Contains(t, res.body, "Please say where")
		require.NotContains(t, res.body, "<b>")
	}
	require.Equal(t, string(w.ada), b.who())
}

// The page says what failed, and the session of this browser is revoked here in any
// case.
func TestLogoutScopesInAnOutage(t *testing.T) {
	tests := []struct {
		name, scope string
		fault       mock.Fault
		says        string
	}{
		{"a class that cannot be reached", "class", mock.Fault{Endpoint: revoked, Status: 503}, "Your other browsers could not be"},
		{"everywhere, one class fails", "everywhere", mock.Fault{Endpoint: revoked, Status: 400, ErrorType: "invalid_session_id", Times: 2}, "In 1 of your 2 classes"},
		{"everywhere, nothing can be revoked", "everywhere", mock.Fault{Endpoint: revoked, Status: 503}, "In 2 of your 2 classes"},
		{"everywhere, the classes cannot be found", "everywhere", mock.Fault{Endpoint: "POST /v1/b2b/organizations/search", Status: 503}, "could not be found out which classes you are in"},
		{"everywhere, whose it is cannot be found out", "everywhere", mock.Fault{Endpoint: "POST /v1/b2b/sessions/authenticate", Status: 503}, "Which other classes are yours could not be found out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				b := w.browser()
				b.signIn(w.law.ID, "ada@example.edu")
				own := grimoireauth.NewCredentials(b.cookie("__Host-stytch_session_jwt"), b.cookie("__Host-stytch_session"))
				w.stytch.Fail(tt.fault)
				res := b.signOut(url.Values{"scope": {tt.scope}})
				require.Equal(t, http.StatusOK, res.status)
				require.Contains(t, res.body, tt.says)
				require.NotContains(t, res.body, "signed out everywhere")
				require.Empty(t, b.cookie("__Host-stytch_session"))
				_, err := w.guard.Authenticate(t.Context(), own)
				require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
				require.Contains(t, w.log.String(), "logout not complete")
			})
		})
	}
}

// An address in a roster that was never verified may belong to another person in
// another class.
func TestLogoutEverywhereNeedsAProvenAddress(t *testing.T) {
	w := newFixture(t, signin.Config{})
	art := w.stytch.SignIn(w.memberOf(w.art.ID, "ada@example.edu"))
	session := w.stytch.SignIn(w.ada)
	answer := w.raw("/v1/b2b/sessions/authenticate", map[string]string{"session_token": session.Token.Reveal()})
	const proven = `"email_address_verified":true`
	require.Contains(t, answer, proven)
	w.stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/authenticate", Body: strings.ReplaceAll(answer, proven, `"email_address_verified":false`)})

	b := w.browser()
	b.plant("__Host-stytch_session", session.Token.Reveal())
	b.plant("__Host-stytch_session_jwt", session.JWT.Reveal())
	res := b.signOut(url.Values{"scope": {"everywhere"}})
	require.Contains(t, res.body, "Which other classes are yours could not be found out")
	w.stytch.ClearFaults()
	_, err := w.client.Sessions.Authenticate(t.Context(), art)
	require.NoError(t, err)
	_, err = w.client.Sessions.Authenticate(t.Context(), session)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
}
