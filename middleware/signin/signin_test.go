package signin_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// From the page that sent them away, through the e-mail, and back to it.
func TestWholeWay(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	page := "/classes/" + string(w.law.ID) + "?week=3"

	res := b.get(page)
	require.Equal(t, http.StatusSeeOther, res.status)
	form := b.get(res.at + "&class=" + string(w.law.ID))
	require.Equal(t, http.StatusOK, form.status)
	require.Contains(t, form.body, `name="return_to" value="`+page+`"`)
	require.NotContains(t, form.body, "<script")

	res = b.ask(url.Values{"class": {string(w.law.ID)}, "email": {" ada@example.edu "}, "return_to": {page}})
	require.Equal(t, http.StatusOK, res.status)
	require.Contains(t, res.body, "a link is on its way")
	require.Equal(t, "ada@example.edu", w.newest().To)

	res = b.get(w.callbackAddress(w.newest()))
	require.Equal(t, "/auth/confirm", res.at)
	require.Empty(t, b.cookie("__Host-stytch_session"))
	confirm := b.get("/auth/confirm")
	require.Contains(t, confirm.body, "Sign in to "+w.law.Slug)
	require.NotContains(t, confirm.body, "has not asked for this link")

	res = b.post("/auth/callback", b.button())
	require.Equal(t, http.StatusSeeOther, res.status)
	require.Equal(t, page, res.at)
	require.Equal(t, "no-store", res.header.Get("Cache-Control"))
	require.Equal(t, string(w.ada), b.who())
	require.Empty(t, b.kept())
}

// Without a sign-in no response shows whether a person is in a class, or whether there
// is such a class.
func TestStartSaysTheSameToEverybody(t *testing.T) {
	w := newFixture(t, signin.Config{})
	closed := w.stytch.AddClass("SSO only", mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"sso"}})
	ask := func(class, email string) answer {
		b := w.browser()
		res := b.post("/auth/start", url.Values{"class": {class}, "email": {email}})
		require.Equal(t, http.StatusSeeOther, res.status)
		require.Equal(t, "/auth/sent", res.at)
		page := b.get(res.at)
		page.header["Set-Cookie"] = res.header["Set-Cookie"]
		return page
	}
	known := ask(string(w.law.ID), "ada@example.edu")
	require.Equal(t, http.StatusOK, known.status)
	require.Equal(t, 1, len(w.stytch.Outbox()))
	for name, tt := range map[string]struct{ class, email string }{
		"not in the class":                {string(w.law.ID), "eve@example.edu"},
		"no such class":                   {"organization-test-00000000-0000-0000-0000-000000000000", "bob@example.edu"},
		"a class with other ways in":      {string(closed.ID), "cleo@example.edu"},
		"asked a moment ago (rate limit)": {string(w.law.ID), "ada@example.edu"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ask(tt.class, tt.email)
			require.Equal(t, known.status, got.status)
			same := strings.NewReplacer(tt.email, "EMAIL", tt.class, "CLASS")
			reference := strings.NewReplacer("ada@example.edu", "EMAIL", string(w.law.ID), "CLASS")
			require.Equal(t, random.ReplaceAllString(reference.Replace(known.body), "RANDOM"), random.ReplaceAllString(same.Replace(got.body), "RANDOM"))
			require.Equal(t, sameCookies(known, reference), sameCookies(got, same))
		})
	}
}

// An id, a nonce, a verifier or a time, as this package writes them.
var random = regexp.MustCompile(`__Host-grimoire_attempt_[A-Z2-7]{26}|[A-Z2-7]{26}|[A-Za-z0-9_-]{43}|\b[0-9]{9,13}\b|Max-Age=[0-9]+`)

// sameCookies are the cookies of an answer without what is random in them.
func sameCookies(a answer, same *strings.Replacer) string {
	return random.ReplaceAllString(same.Replace(strings.Join(a.header.Values("Set-Cookie"), "\n")), "RANDOM")
}

func TestStartAsksAgain(t *testing.T) {
	w := newFixture(t, signin.Config{})
	law := string(w.law.ID)
	tests := []struct {
		name   string
		form   url.Values
		notice string
	}{
		{"no class", url.Values{"email": {"ada@example.edu"}}, "Which class"},
		{"a class that cannot be", url.Values{"class": {`"><script>`}, "email": {"ada@example.edu"}}, "Which class"},
		{"two classes", url.Values{"class": {law, string(w.art.ID)}, "email": {"ada@example.edu"}}, "Which class"},
		{"two addresses", url.Values{"class": {law}, "email": {"ada@example.edu", "eve@example.edu"}}, "Which class"},
		{"no address", url.Values{"class": {law}}, "not an e-mail address"},
		{"no address at all", url.Values{"class": {law}, "email": {`"<img src=x>"`}}, "not an e-mail address"},
		{"T09 a header in the address", url.Values{"class": {law}, "email": {"ada@example.edu\r\nBcc: eve@example.edu"}}, "not an e-mail address"},
		{"too much", url.Values{"class": {law}, "email": {strings.Repeat("a", 10_000)}}, "not arrive in one piece"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := w.browser().post("/auth/start", tt.form)
			require.Equal(t, http.StatusBadRequest, res.status)
			require.Contains(t, res.body, tt.notice)
			require.NotContains(t, res.body, "<script>")
			require.NotContains(t, res.body, "<img")
		})
	}
	require.Zero(t, w.calls(sent))

	query := w.browser().post("/auth/start?class="+law+"&email=ada@example.edu", url.Values{})
	require.Equal(t, http.StatusBadRequest, query.status, "M08: only the body counts")
	query = w.browser().post("/auth/start?class="+law, url.Values{"email": {"ada@example.edu"}})
	require.Equal(t, http.StatusBadRequest, query.status)
	require.Zero(t, w.calls(sent))
}

func TestStartInAnOutage(t *testing.T) {
	tests := []struct {
		name   string
		fault  mock.Fault
		status int
		retry  string
	}{
		{"Stytch is down", mock.Fault{Status: 502, Body: "<html>bad gateway</html>"}, 503, "5"},
		{"Stytch says when", mock.Fault{Status: 503, RetryAfter: 20 * time.Second}, 503, "20"},
		{"wrong project secret", mock.Fault{Status: 401, ErrorType: "unauthorized_credentials"}, 503, "5"},
		{"redirect URL not registered", mock.Fault{Status: 400, ErrorType: "no_match_for_provided_magic_link_url"}, 503, "5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, signin.Config{})
				b := w.browser()
				b.signIn(w.law.ID, "ada@example.edu")
				tt.fault.Endpoint = sent
				w.stytch.Fail(tt.fault)
				res := b.post("/auth/start", url.Values{"class": {string(w.law.ID)}, "email": {"ada@example.edu"}})
				require.Equal(t, tt.status, res.status)
				require.Equal(t, tt.retry, res.header.Get("Retry-After"))
				require.Contains(t, res.body, `value="ada@example.edu"`, "the form is as it was")
				require.Empty(t, res.header.Values("Set-Cookie"), "an outage signs nobody out")
				require.Contains(t, w.log.String(), "level=ERROR")
			})
		})
	}
}

// M15: the link leads to the configured host, and not to that of the request.
func TestM15_HostHeaderIsNotBelieved(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	r := b.request("POST", "/auth/start", url.Values{"class": {string(w.law.ID)}, "email": {"ada@example.edu"}})
	r.Host = "evil.example"
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("Forwarded", "host=evil.example")
	require.Equal(t, http.StatusSeeOther, b.send(r).status)
	require.NotContains(t, w.callbackAddress(w.newest()), "evil")
}

// M14: a return address is looked at when it comes in and again when it is used.
func TestM14_ReturnAddresses(t *testing.T) {
	for _, evil := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/%5cevil.example", "javascript:alert(1)", "/auth/logout", "/auth/callback?token=x"} {
		t.Run(evil, func(t *testing.T) {
			w := newFixture(t, signin.Config{Home: "/start"})
			b := w.browser()
			require.Contains(t, b.get("/auth/?return_to="+url.QueryEscape(evil)).body, `name="return_to" value=""`)
			require.Equal(t, http.StatusOK, b.ask(url.Values{"class": {string(w.law.ID)}, "email": {"ada@example.edu"}, "return_to": {evil}}).status)
			require.Equal(t, "/start", b.post("/auth/callback", b.open(w.callbackAddress(w.newest()))).at)
		})
	}
	w := newFixture(t, signin.Config{})
	b := w.browser()
	form := b.open(w.link(w.law.ID, "ada@example.edu"))
	b.change(func(fields []string) { fields[fieldReturnTo] = "//evil.example" })
	require.Equal(t, "/", b.press(form).at)
}

// M05: browsers drop a cookie of more than 4,096 bytes without a word.
func TestM05_OurCookiesFit(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	long := "/" + strings.Repeat("a", 2047)
	connection := w.stytch.AddSSO(w.law.ID, "saml", nil)
	form := url.Values{"class": {string(w.law.ID)}, "email": {"ada@example.edu"}, "return_to": {long}, "method": {"reset"}}
	query := "?" + url.Values{"class": {string(w.law.ID)}, "return_to": {long}}.Encode()
	b := w.browser()
	set := 0
	for _, res := range []answer{b.post("/auth/start", form), b.get("/auth/oauth/google" + query), b.get("/auth/sso/" + connection + query), b.get("/auth/oauth/google?return_to=" + long)} {
		for _, line := range res.header.Values("Set-Cookie") {
			require.LessOrEqual(t, len(line), 4096)
			set++
		}
		all := 0
		for name, value := range b.kept() {
			all += len(name) + len(value)
		}
		require.LessOrEqual(t, all, 4096, "and all of them leave room for a session")
	}
	require.Equal(t, 4+3, set, "each in the place of the one before")
	require.Equal(t, long, b.get(w.provider(b.leave("/auth/sso/"+connection+query), "mock_persona", "ada@example.edu")).at)
}

func TestClassOfTheApplication(t *testing.T) {
	var w *fixture
	w = newFixture(t, signin.Config{Class: func(r *http.Request) grimoireauth.ClassID {
		if strings.HasPrefix(r.Form.Get("return_to"), "/law") {
			return w.law.ID
		}
		return ""
	}})
	res := w.browser().get("/auth/?return_to=/law")
	require.Contains(t, res.body, `value="`+string(w.law.ID)+`"`)
	require.Equal(t, http.StatusOK, w.browser().ask(url.Values{"email": {"ada@example.edu"}, "return_to": {"/law"}}).status)
	require.Contains(t, w.browser().get("/auth/").body, `<label>Class`)
}

func TestSlugIsAsGoodAsAnID(t *testing.T) {
	w := newFixture(t, signin.Config{})
	require.Equal(t, http.StatusOK, w.browser().ask(url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}}).status)
	require.Equal(t, "ada@example.edu", w.newest().To)
}

func TestNewNamesEveryFault(t *testing.T) {
	_, err := signin.New(nil, nil, signin.Config{
		BaseURL: "http://classes.example.edu", Prefix: "auth", Home: "//x", LinkExpires: time.Second,
		Pages: template.Must(template.New("sign-in").Parse("")), Methods: []grimoireauth.SignInMethod{"carrier_pigeon", "any"},
	})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	var explained *grimoireauth.Error
	require.ErrorAs(t, err, &explained)
	for _, fault := range []string{"Guard is missing", "Client is missing", "plain http", "Prefix", "Home", "LinkExpires", `template "sent"`, `template "code"`, `template "which-class"`, "carrier_pigeon", `"any"`} {
		require.ErrorContains(t, err, fault)
	}
	_, err = signin.New(nil, nil, signin.Config{Methods: []grimoireauth.SignInMethod{}})
	require.ErrorContains(t, err, "Methods is empty")
	for _, base := range []string{"", "classes.example.edu", "https://", "https://a/b", "https://a?b", "https://u:p@a", "ftp://a", "https://a/", "HTTPS://a", "https://a#", "https://a?"} {
		_, err := signin.New(nil, nil, signin.Config{BaseURL: base})
		require.ErrorContains(t, err, "BaseURL", base)
	}
	for _, base := range []string{"http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost", "https://classes.example.edu", "https://classes.example.edu:8443"} {
		_, err = signin.New(nil, nil, signin.Config{BaseURL: base})
		require.NotContains(t, err.Error(), "BaseURL", base)
	}
	for prefix, home := range map[string]string{"": "/auth/logout", "/sign-in/": "/sign-in/", "/": "/home"} {
		_, err = signin.New(nil, nil, signin.Config{Prefix: prefix, Home: home})
		require.ErrorContains(t, err, "in a circle", prefix)
	}
}

// A Guard that reads no cookies would find out about it when a link has been used up.
func TestNewRefusesAGuardWithoutCookies(t *testing.T) {
	w := newFixture(t, signin.Config{})
	bearer, err := middleware.New(w.verifier.Authenticate, middleware.Config{CredentialSource: middleware.BearerOnly})
	require.NoError(t, err)
	for name, guard := range map[string]*middleware.Guard{"bearer only": bearer, "zero": new(middleware.Guard)} {
		_, err = signin.New(guard, w.client, signin.Config{BaseURL: home})
		require.ErrorIs(t, err, grimoireauth.ErrInvalid, name)
		require.ErrorContains(t, err, "cannot hold anybody", name)
	}
	_, err = signin.New(w.guard, w.client, signin.Config{BaseURL: home})
	require.NoError(t, err)
}

func TestZeroHandler(t *testing.T) {
	recorder := httptest.NewRecorder()
	new(signin.Handler).ServeHTTP(recorder, httptest.NewRequest("GET", "/auth/", nil))
	require.Equal(t, http.StatusInternalServerError, recorder.Code)
}

// The pages need no script and load nothing; their policy says so, and lets
// their own style through. Every field has a label.
func TestPages(t *testing.T) {
	w := newFixture(t, signin.Config{Limit: unlimited{}, Discovery: true})
	w.stytch.AddSSO(w.law.ID, "saml", nil)
	b := w.browser()
	b.resetLink("ada@example.edu")
	form := w.passwordForm("ada@example.edu", "a wrong password")
	start := func(method string) answer {
		form.Set("method", method)
		if method == "password" {
			return b.post("/auth/start", form)
		}
		return b.tab().ask(form)
	}
	pages := map[string]answer{
		"new password": b.get("/auth/new-password"), "wrong password": start("password"),
		"sent": start("magic_link"), "code": start("email_otp"), "reset": start("reset"),
	}
	b.get(w.link(w.law.ID, "ada@example.edu"))
	for _, path := range []string{"/auth/", "/auth/?class=" + w.law.Slug, "/auth/confirm", "/auth/logout", "/auth/callback", "/auth/callback?error=x"} {
		pages[path] = b.get(path)
	}
	field := regexp.MustCompile(`<(input|select)[^>]*>`)
	labelled := regexp.MustCompile(`<label[^>]*>[^<]*<input[^>]*>`)
	for name, res := range pages {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "text/html; charset=utf-8", res.header.Get("Content-Type"))
			require.Equal(t, "no-store", res.header.Get("Cache-Control"))
			require.Equal(t, "nosniff", res.header.Get("X-Content-Type-Options"))
			policy := res.header.Get("Content-Security-Policy")
			require.Contains(t, policy, "default-src 'none'")
			require.Contains(t, policy, "frame-ancestors 'none'")
			require.NotContains(t, policy, "unsafe")
			_, style, _ := strings.Cut(res.body, "<style>")
			style, _, _ = strings.Cut(style, "</style>")
			sum := sha256.Sum256([]byte(style))
			require.Contains(t, policy, base64.StdEncoding.EncodeToString(sum[:]))
			icon := regexp.MustCompile(`<link rel="icon" href="data:[^"]*">`) // stands in the page
			require.Len(t, icon.FindAllString(res.body, -1), 1)
			require.NotRegexp(t, `(?i)<script|<link|<img|https?:|\bstyle=|\bon[a-z]+=`, icon.ReplaceAllString(res.body, ""))
			require.Contains(t, res.body, `lang="en"`)
			require.Contains(t, res.body, `name="viewport"`)
			require.Equal(t, 1, strings.Count(res.body, "<h1>"))
			bare := labelled.ReplaceAllString(res.body, "")
			for _, input := range field.FindAllString(bare, -1) {
				require.Contains(t, input, `type="hidden"`, "every field that is seen has a label")
			}
		})
	}
	require.Equal(t, http.StatusNotFound, b.get("/auth/nothing").status)
}

func TestOwnPages(t *testing.T) {
	pages := template.New("own")
	for _, name := range signin.PageNames() {
		template.Must(pages.New(name).Parse(name + " of ours: {{.ClassTitle}}{{.Notice}}"))
	}
	template.Must(pages.New("sign-out").Parse("{{.NoSuchField}}"))
	w := newFixture(t, signin.Config{Pages: pages})
	require.Contains(t, w.browser().get("/auth/?class=law").body, "sign-in of ours: law")
	require.Equal(t, http.StatusInternalServerError, w.browser().get("/auth/logout").status, "half a page is none")
}

// An application changes the frame, and keeps the rest.
func TestDefaultPagesInAnotherFrame(t *testing.T) {
	own := template.Must(signin.DefaultPages().Parse(`{{define "top"}}<title>{{.}} - Our School</title>{{end}}{{define "bottom"}}<footer>{{end}}`))
	w := newFixture(t, signin.Config{Pages: own})
	page := w.browser().get("/auth/?class=" + w.law.Slug).body
	require.Contains(t, page, "<title>Sign in - Our School</title>")
	require.Contains(t, page, "E-mail me a link")
	require.Contains(t, page, "<footer>")
	other := newFixture(t, signin.Config{})
	require.NotContains(t, other.browser().get("/auth/").body, "Our School", "each call is a copy")
	template.Must(signin.DefaultPages().Parse(`{{define "top"}}{{end}}`))
}

func TestOnSignIn(t *testing.T) {
	t.Run("sees who it is, before any cookie", func(t *testing.T) {
		var seen stytchclient.SignedIn
		w := newFixture(t, signin.Config{OnSignIn: func(_ context.Context, s stytchclient.SignedIn) error {
			seen = s
			return nil
		}})
		w.browser().signIn(w.law.ID, "ada@example.edu")
		require.Equal(t, w.ada, seen.Member.Member)
		require.Equal(t, w.law.ID, seen.Class.ID)
		require.False(t, seen.Credentials.IsZero())
	})
	t.Run("may refuse", func(t *testing.T) {
		w := newFixture(t, signin.Config{OnSignIn: func(context.Context, stytchclient.SignedIn) error { return grimoireauth.ErrForbidden }})
		b := w.browser()
		res := b.press(b.open(w.link(w.law.ID, "ada@example.edu")))
		require.Equal(t, http.StatusForbidden, res.status)
		require.Empty(t, b.cookie("__Host-stytch_session"))
		require.Equal(t, 1, w.calls(revoked), "the session that was refused does not live on")
	})
	t.Run("may fail, and be tried again", func(t *testing.T) {
		fail := true
		w := newFixture(t, signin.Config{OnSignIn: func(context.Context, stytchclient.SignedIn) error {
			if fail {
				return errors.New("no database")
			}
			return nil
		}})
		b := w.browser()
		form := b.open(w.link(w.law.ID, "ada@example.edu"))
		res := b.press(form)
		require.Equal(t, http.StatusServiceUnavailable, res.status)
		require.Empty(t, b.cookie("__Host-stytch_session"))
		require.NotContains(t, res.body, "database")
		fail = false
		require.Equal(t, http.StatusSeeOther, b.press(form).status)
		require.Equal(t, string(w.ada), b.who())
		require.Equal(t, 1, w.calls(redeemed))
	})
}
