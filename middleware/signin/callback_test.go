package signin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// Login CSRF: an attacker's link must not quietly sign a victim in as the
// attacker.
func TestL01_LoginCSRF(t *testing.T) {
	w := newFixture(t, signin.Config{})
	victim := w.browser()
	form := victim.open(w.link(w.law.ID, "ada@example.edu"))
	require.Contains(t, victim.get("/auth/confirm").body, "This browser has not asked for this link")

	t.Run("M09 the form of another site", func(t *testing.T) {
		for _, site := range []string{"cross-site", "same-site"} {
			for _, path := range []string{"/auth/callback", "/auth/start", "/auth/logout"} {
				r := victim.request("POST", path, form)
				r.Header.Set("Sec-Fetch-Site", site)
				require.Equal(t, http.StatusForbidden, victim.send(r.Clone(t.Context())).status)
				alone := httptest.NewRecorder()
				w.pages.ServeHTTP(alone, r)
				require.Equal(t, http.StatusForbidden, alone.Code, "also where the application forgot its own protection")
			}
		}
		old := victim.request("POST", "/auth/callback", form)
		old.Header.Del("Sec-Fetch-Site")
		old.Header.Set("Origin", "https://evil.example")
		require.Equal(t, http.StatusForbidden, victim.send(old).status)
	})
	t.Run("a link put in the place of the one that was read", func(t *testing.T) {
		eve := w.stytch.AddStudent(w.law.ID, "eve@example.edu")
		require.Equal(t, http.StatusSeeOther, victim.get(w.link(w.law.ID, "eve@example.edu")).status)
		require.NotEqual(t, form.Get("attempt"), victim.attempt, "it has a page of its own")
		require.Zero(t, w.calls(redeemed))
		require.Empty(t, victim.cookie("__Host-stytch_session"))
		res := victim.press(form)
		require.Equal(t, "/", res.at)
		require.NotEqual(t, string(eve), victim.who())
		require.Equal(t, string(w.ada), victim.who(), "the button is that of the page that was read")
	})
}

// The cookie that carries the sign-in from page to page is changed, missing or another
// browser's.
func TestL02_State(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	form := b.open(w.link(w.law.ID, "ada@example.edu"))
	cookie, good := b.only()
	version, rest, _ := strings.Cut(good, ":")
	nonce, rest, _ := strings.Cut(rest, ":")
	tests := map[string]struct {
		cookie string
		form   url.Values
		want   int
	}{
		"no cookie":            {"", form, http.StatusBadRequest},
		"cut off":              {good[:len(good)/2], form, http.StatusBadRequest},
		"no nonce":             {version + "::" + rest, form, http.StatusBadRequest},
		"one part more":        {good + ":x", form, http.StatusBadRequest},
		"a token that is none": {version + ":" + nonce + "::" + "x y", form, http.StatusBadRequest},
		"no attempt":           {good, url.Values{}, http.StatusBadRequest},
		"two attempts":         {good, url.Values{"attempt": {form.Get("attempt"), form.Get("attempt")}}, http.StatusBadRequest},
		"another attempt":      {good, url.Values{"attempt": {strings.Repeat("A", 26)}}, http.StatusBadRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := w.browser()
			if tt.cookie != "" {
				b.plant(cookie, tt.cookie)
			}
			res := b.press(tt.form)
			require.Equal(t, tt.want, res.status)
			require.Empty(t, b.cookie("__Host-stytch_session"))
		})
	}
	require.Zero(t, w.calls(redeemed))
	require.Equal(t, http.StatusSeeOther, b.press(form).status)
	require.Equal(t, string(w.ada), b.who())
}

// While two versions of this package serve one browser, an attempt of the other version
// ends with a page to begin again. No token is redeemed, and the next sign-in works.
func TestC06_AttemptOfAnotherVersion(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, _ := w.strict()
	for name, tt := range map[string]struct {
		begin  func(b *browser)
		page   string
		form   url.Values // nil: the page is opened
		want   int
		notice string
	}{
		"a link is on its way": {func(b *browser) { b.asks(w.law, "") }, "sent", nil, http.StatusGone, "Please begin again here"},
		"a link was opened":    {func(b *browser) { b.open(w.link(w.law.ID, "ada@example.edu")) }, "callback", url.Values{}, http.StatusBadRequest, "open the link in your e-mail again"},
		"a second factor":      {func(b *browser) { b.begun(class.ID) }, "factor", nil, http.StatusGone, "Please begin again here"},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.browser()
			w.stytch.Age(2 * time.Second) // one e-mail a second
			tt.begin(b)
			w.stytch.Age(2 * time.Second)
			b.change(func(fields []string) { fields[fieldVersion] = "0" })
			before := w.calls(redeemed)
			res := b.get("/auth/" + tt.page + "?attempt=" + b.attempt)
			if tt.form != nil {
				res = b.press(url.Values{"attempt": {b.attempt}})
			}
			require.Equal(t, tt.want, res.status)
			require.Contains(t, res.body, tt.notice)
			require.Equal(t, before, w.calls(redeemed))
			require.Equal(t, http.StatusSeeOther, b.press(b.open(w.link(w.law.ID, "ada@example.edu"))).status)
			require.Equal(t, string(w.ada), b.who())
		})
	}
}

func TestL02_StateIsOldAfterTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		form := b.open(w.link(w.law.ID, "ada@example.edu"))
		time.Sleep(10*time.Minute + time.Second)
		require.Equal(t, http.StatusGone, b.press(form).status)
		require.Zero(t, w.calls(redeemed))
	})
}

// The token leaves the URL at once, and no other host learns it.
func TestL04_TokenLeavesTheURL(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	callback := w.link(w.law.ID, "ada@example.edu")
	token := w.newest().Token
	res := b.get(callback)
	require.Equal(t, http.StatusSeeOther, res.status)
	require.Equal(t, "no-referrer", res.header.Get("Referrer-Policy"))
	require.Equal(t, "no-store", res.header.Get("Cache-Control"))
	require.NotContains(t, res.at+res.body, token)
	for _, line := range res.header.Values("Set-Cookie") {
		require.Contains(t, line, "HttpOnly; Secure; SameSite=Lax")
		require.Contains(t, line, "__Host-")
	}
	page := b.get("/auth/confirm")
	require.NotContains(t, page.body, token)
	require.Equal(t, "same-origin", page.header.Get("Referrer-Policy"))
	require.NotContains(t, b.press(b.button()).at, token)
}

// Mail scanners and previews open links. This uses no link up.
func TestL05_OpeningALinkDoesNotUseItUp(t *testing.T) {
	w := newFixture(t, signin.Config{})
	callback := w.link(w.law.ID, "ada@example.edu")
	scanner := w.browser()
	require.Equal(t, http.StatusOK, scanner.send(scanner.request("HEAD", callback, nil)).status)
	require.Empty(t, scanner.kept(), "HEAD does nothing")
	prefetch := scanner.request("GET", callback, nil)
	prefetch.Header.Set("Sec-Purpose", "prefetch;prerender")
	scanner.send(prefetch)
	for range 3 {
		scanner.get(callback)
		scanner.get("/auth/confirm")
		scanner.send(scanner.request("HEAD", "/auth/confirm", nil))
	}
	for _, method := range []string{"PUT", "DELETE", "OPTIONS"} {
		r := scanner.request(method, "/auth/callback", nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		require.Equal(t, http.StatusMethodNotAllowed, scanner.send(r).status)
	}
	require.Zero(t, w.calls(redeemed))

	attempt := scanner.attempt
	scanner.get(callback)
	require.Equal(t, attempt, scanner.attempt, "the same link again is the same attempt")
	require.Len(t, scanner.kept(), 1)
	w.stytch.AddStudent(w.law.ID, "eve@example.edu")
	scanner.get(w.link(w.law.ID, "eve@example.edu"))
	require.NotEqual(t, attempt, scanner.attempt, "another link is another")

	b := w.browser()
	require.Equal(t, http.StatusSeeOther, b.press(b.open(callback)).status)
	require.Equal(t, string(w.ada), b.who())
}

// Session fixation: an earlier session of the browser is replaced, and ended.
func TestL06_EarlierSessionEnds(t *testing.T) {
	w := newFixture(t, signin.Config{})
	attacker := w.stytch.SignIn(w.stytch.AddStudent(w.art.ID, "eve@example.edu"))
	b := w.browser()
	b.plant("__Host-stytch_session", attacker.Token.Reveal())
	b.plant("__Host-stytch_session_jwt", attacker.JWT.Reveal())

	b.signIn(w.law.ID, "ada@example.edu")
	require.Equal(t, string(w.ada), b.who())
	require.NotEqual(t, attacker.Token.Reveal(), b.cookie("__Host-stytch_session"))
	require.Equal(t, 1, w.calls(revoked))
	_, err := w.guard.Authenticate(t.Context(), attacker)
	require.Error(t, err, "ended here at once, not when the session_jwt expires")

	old := b.cookie("__Host-stytch_session")
	b.signIn(w.art.ID, "ada@example.edu")
	require.NotEqual(t, old, b.cookie("__Host-stytch_session"))
	require.NotEqual(t, string(w.ada), b.who(), "T04: one human, two members, one session")
}

func TestL06_EarlierSessionCannotBeEnded(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.signIn(w.art.ID, "ada@example.edu")
	w.stytch.Fail(mock.Fault{Endpoint: revoked, Status: 503})
	b.signIn(w.law.ID, "ada@example.edu")
	require.Equal(t, string(w.ada), b.who(), "worth a line in the log, not a failed sign-in")
	require.Contains(t, w.log.String(), "session not revoked")
}

func TestL07_OddCallbacks(t *testing.T) {
	w := newFixture(t, signin.Config{})
	good, err := url.ParseQuery(strings.TrimPrefix(w.link(w.law.ID, "ada@example.edu"), "/auth/callback?"))
	require.NoError(t, err)
	with := func(name string, values ...string) string {
		q := url.Values{}
		for k, v := range good {
			q[k] = v
		}
		q[name] = values
		return q.Encode()
	}
	token := good.Get("token")
	tests := map[string]string{
		"nothing":                       "",
		"no token":                      with("token"),
		"empty token":                   with("token", ""),
		"two tokens":                    with("token", token, token),
		"two kinds":                     with("stytch_token_type", "multi_tenant_magic_links", "sso"),
		"two slugs":                     with("slug", "a1", "b1"),
		"no kind":                       with("stytch_token_type"),
		"a consumer link":               with("stytch_token_type", "magic_links"),
		"discovery":                     with("stytch_token_type", "discovery"),
		"sso":                           with("stytch_token_type", "sso"),
		"oauth":                         with("stytch_token_type", "oauth"),
		"impersonation":                 with("stytch_token_type", "multi_tenant_impersonation"),
		"kind in another case":          with("stytch_token_type", "Multi_tenant_magic_links"),
		"a token with a line break":     with("token", token+"\r\n"),
		"a token that splits a cookie":  with("token", token+";a=b"),
		"a huge token":                  with("token", strings.Repeat("a", 5000)),
		"a slug that is markup":         with("slug", "<b>"),
		"a query that does not parse":   good.Encode() + "&%zz",
		"semicolons between parameters": strings.ReplaceAll(good.Encode(), "&", ";"),
	}
	for name, query := range tests {
		t.Run(name, func(t *testing.T) {
			b := w.browser()
			res := b.get("/auth/callback?" + query)
			want := http.StatusBadRequest
			if name == "sso" || name == "oauth" {
				want = http.StatusForbidden // a kind that is taken, of which none began here
			}
			require.Equal(t, want, res.status)
			require.Contains(t, res.body, "Which class?", "the next step is there")
			require.Empty(t, res.header.Values("Set-Cookie"))
			require.Equal(t, "no-referrer", res.header.Get("Referrer-Policy"))
		})
	}
	require.Equal(t, http.StatusSeeOther, w.browser().get("/auth/callback?"+with("utm_source", "mail")).status, "what else is there does no harm")
}

// The class that the page named is not the class that the link is for.
func TestL11_OtherClassThanNamed(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	callback := strings.ReplaceAll(w.link(w.law.ID, "ada@example.edu"), "slug="+w.law.Slug, "slug="+w.art.Slug)
	res := b.press(b.open(callback))
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, "another class")
	require.Empty(t, b.cookie("__Host-stytch_session"))
	require.Equal(t, 1, w.calls(revoked))

	unnamed := strings.ReplaceAll(w.link(w.law.ID, "ada@example.edu"), "slug="+w.law.Slug, "")
	require.Equal(t, http.StatusSeeOther, b.press(b.open(unnamed)).status)
}

func TestL12_ErrorsAreNotReflected(t *testing.T) {
	w := newFixture(t, signin.Config{})
	const attack = `<script>alert(1)</script>`
	for _, query := range []string{
		"error=access_denied&error_description=" + url.QueryEscape(attack),
		"stytch_token_type=" + url.QueryEscape(attack) + "&token=x",
		"slug=" + url.QueryEscape(attack),
	} {
		require.NotContains(t, w.browser().get("/auth/callback?"+query).body, "alert(1)")
	}
	require.NotContains(t, w.browser().get("/auth/?class="+url.QueryEscape(attack)+"&return_to="+url.QueryEscape(attack)).body, "alert(1)")
}

// Two clicks at once. In one browser both end signed in, with one call to
// Stytch; in another browser the link is spent.
func TestL13_TwoClicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		callback := w.link(w.law.ID, "ada@example.edu")
		b, other := w.browser(), w.browser()
		form, otherForm := b.open(callback), other.open(callback)
		w.stytch.Fail(mock.Fault{Endpoint: redeemed, Latency: 2 * time.Second})

		// The first click's request ends when the second is sent, as browsers do.
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		results := make([]answer, 3)
		group.Go(func() {
			r := b.request("POST", "/auth/callback", form)
			bare := w.browser()
			bare.copies(b)
			results[0] = bare.send(r.WithContext(ctx))
		})
		time.Sleep(time.Second)
		cancel()
		group.Go(func() { results[1] = b.post("/auth/callback", form) })
		group.Go(func() { results[2] = other.post("/auth/callback", otherForm) })
		group.Wait()

		require.Equal(t, http.StatusSeeOther, results[0].status)
		require.Equal(t, "/auth/account", results[1].at)
		require.Equal(t, "/", b.post("/auth/account", url.Values{"answer": {"yes"}}).at)
		require.Equal(t, string(w.ada), b.who())
		require.Equal(t, http.StatusGone, results[2].status)
		require.Contains(t, results[2].body, "E-mail me a link")
		require.Empty(t, other.cookie("__Host-stytch_session"))
		require.Equal(t, 2, w.calls(redeemed), "one for each browser")
	})
}

// The same link again, in the browser that it signed in: on to the page.
func TestClickingAgainContinues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		callback := w.link(w.law.ID, "ada@example.edu")
		form := b.open(callback)
		require.Equal(t, http.StatusSeeOther, b.press(form).status)
		session := b.cookie("__Host-stytch_session")

		require.Equal(t, "/", b.press(form).at, "reloaded")
		require.Equal(t, "/", b.get("/auth/confirm").at, "gone back")
		time.Sleep(2 * time.Minute) // the first answer is forgotten
		require.Equal(t, "/", b.press(b.open(callback)).at, "opened from the e-mail again")
		require.Equal(t, session, b.cookie("__Host-stytch_session"))

		b.signIn(w.art.ID, "ada@example.edu")
		res := b.press(b.open(callback))
		require.Equal(t, http.StatusGone, res.status, "signed in to another class: the old link does not pretend")
	})
}

func TestLinkThatIsNoGood(t *testing.T) {
	w := newFixture(t, signin.Config{})
	spent := w.link(w.law.ID, "ada@example.edu")
	first := w.browser()
	require.Equal(t, http.StatusSeeOther, first.press(first.open(spent)).status)

	b := w.browser()
	res := b.press(b.open(spent))
	require.Equal(t, http.StatusGone, res.status)
	require.Contains(t, res.body, "used already")
	require.Contains(t, res.body, `name="class" value="`+w.law.Slug+`"`, "one field less to fill in")
	require.Len(t, b.kept(), 1, "another replica may be going on with it")

	unknown := w.browser()
	res = unknown.press(unknown.open("/auth/callback?stytch_token_type=multi_tenant_magic_links&token=c29tZS10b2tlbi10aGF0LXdhcy1uZXZlci1pc3N1ZWQ="))
	require.Equal(t, http.StatusNotFound, res.status)
	require.Contains(t, res.body, "not known")
}

// Stytch, or the network, fails during the sign-in. No person is signed out, and the
// same button works a moment later if the token was not used up.
func TestCallbackInAnOutage(t *testing.T) {
	tests := []struct {
		name  string
		fault mock.Fault
		again int
	}{
		{"down", mock.Fault{Endpoint: redeemed, Status: 502, Body: "<html>"}, http.StatusSeeOther},
		{"wrong project secret", mock.Fault{Endpoint: redeemed, Status: 401, ErrorType: "unauthorized_credentials"}, http.StatusSeeOther},
		{"rate limit", mock.Fault{Endpoint: redeemed, Status: 429, RetryAfter: 7 * time.Second}, http.StatusSeeOther},
		{"200 and nothing", mock.Fault{Endpoint: redeemed, Status: 200, Body: "{}"}, http.StatusSeeOther},
		{"no keys to check the new session with", mock.Fault{Endpoint: "GET /v1/b2b/sessions/jwks/{project_id}", Status: 500}, http.StatusSeeOther},
		{"the answer is lost and the token spent", mock.Fault{Endpoint: redeemed, Drop: true, Late: true}, http.StatusGone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				b := w.browser()
				form := b.open(w.link(w.law.ID, "ada@example.edu"))
				w.stytch.Fail(tt.fault)
				res := b.press(form)
				require.Equal(t, http.StatusServiceUnavailable, res.status)
				require.NotEmpty(t, res.header.Get("Retry-After"))
				require.Contains(t, res.body, `name="attempt"`, "the button is still there")
				for _, line := range res.header.Values("Set-Cookie") {
					require.True(t, strings.HasPrefix(line, attemptAt+form.Get("attempt")+"=2:"), "what was redeemed waits in the attempt")
				}

				w.stytch.ClearFaults()
				time.Sleep(30 * time.Second)
				require.Equal(t, tt.again, b.press(form).status)
				if tt.again == http.StatusSeeOther {
					require.Equal(t, string(w.ada), b.who())
				}
			})
		})
	}
}

// An outage during a sign-in keeps the earlier session.
func TestCallbackInAnOutageKeepsTheEarlierSession(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	form := b.open(w.link(w.art.ID, "ada@example.edu"))
	w.stytch.Fail(mock.Fault{Endpoint: redeemed, Status: 500})
	require.Equal(t, http.StatusServiceUnavailable, b.press(form).status)
	require.Equal(t, string(w.ada), b.who())
	require.Zero(t, w.calls(revoked))
}

// Two cookies of one name: one was planted, so neither counts.
func TestM01_PlantedLinkCookie(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.open(w.link(w.law.ID, "ada@example.edu"))
	w.stytch.AddStudent(w.law.ID, "eve@example.edu")
	eve := w.browser()
	eve.open(w.link(w.law.ID, "eve@example.edu"))
	name, _ := b.only()
	_, planted := eve.only()
	r := b.request("POST", "/auth/callback", url.Values{"attempt": {b.attempt}})
	r.Header.Set("Cookie", name+"="+planted)
	require.Equal(t, http.StatusBadRequest, b.send(r).status)
	require.Zero(t, w.calls(redeemed))
}
