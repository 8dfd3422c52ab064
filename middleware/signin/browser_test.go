package signin_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/middleware/signin/internal/seal"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const home = "https://classes.example.edu"

// fixture is a school: Stytch in memory, the client, the verifier, the guard and the
// pages as a server puts them together, all in this process.
type fixture struct {
	t        testing.TB
	stytch   *mock.Stytch
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	app      http.Handler
	pages    http.Handler // without the protection around app
	log      *buffer
	secrets  *secrets

	law, art mock.Class
	secure   mock.Class // a class with a second factor, where a test needs one
	ada      grimoireauth.MemberID
}

// unlimited is for tests in which one person does in a minute what people do in a day.
type unlimited struct{}

func (unlimited) Reserve(context.Context, signin.Use) (signin.Grant, error) {
	return signin.Grant{}, nil
}
func (unlimited) Release(context.Context, signin.Use) {}

// buffer collects the log of concurrent requests.
type buffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newFixture(t testing.TB, config signin.Config) *fixture {
	t.Helper()
	w := &fixture{t: t, stytch: &mock.Stytch{CustomAudience: audience, RedirectURLs: []string{home + "/auth/callback"}}, log: new(buffer), secrets: &secrets{windows: map[string]bool{}, whole: map[string]bool{}}}
	w.law, w.art = w.stytch.AddClass("LAWS1100"), w.stytch.AddClass("ARTS2000")
	w.ada = w.stytch.AddStudent(w.law.ID, "ada@example.edu")
	w.stytch.AddStudent(w.art.ID, "ada@example.edu")
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))

	var err error
	revocations := new(jwtlocal.MemoryRevocations)
	w.client, err = stytchclient.New(stytchclient.Config{ProjectID: w.stytch.ProjectID(), Secret: w.stytch.Secret(), PublicToken: w.stytch.PublicToken(), Transport: w.stytch, OnRevoke: revocations.Add})
	require.NoError(t, err)
	w.verifier, err = jwtlocal.New(jwtlocal.Config{ProjectID: w.stytch.ProjectID(), Audiences: []string{audience}, Transport: w.stytch, Refresh: w.client.Sessions.Authenticate, Revocations: revocations})
	require.NoError(t, err)
	w.guard, err = middleware.New(w.verifier.Authenticate, middleware.Config{SignInURL: "/auth/", Logger: logger})
	require.NoError(t, err)
	w.serve(config, logger)

	t.Cleanup(func() {
		_ = w.verifier.Wait(context.Background())
		w.checkSecrets()
		// Students' addresses and everything that can sign in are not logged.
		require.NotContains(t, w.log.String(), "@example.edu")
		for _, message := range w.stytch.Outbox() {
			if message.Token != "" { // an e-mail with a code has none
				require.NotContains(t, w.log.String(), message.Token)
			}
		}
		require.NotContains(t, w.log.String(), "eyJ")
	})
	return w
}

// serve puts the pages and the protected pages of an application together.
func (w *fixture) serve(config signin.Config, logger *slog.Logger) {
	w.t.Helper()
	config.BaseURL, config.Logger = home, logger
	pages, err := signin.New(w.guard, w.client, config)
	require.NoError(w.t, err)
	w.pages = pages

	mux := http.NewServeMux()
	mux.Handle("/auth/", pages)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the front page") })
	mux.HandleFunc("GET /classes/{class}", func(w http.ResponseWriter, r *http.Request) {
		s, _ := grimoireauth.SessionFromContext(r.Context())
		_, _ = io.WriteString(w, string(s.Member()))
	})
	w.app = http.NewCrossOriginProtection().Handler(w.guard.Protect(mux, "GET /{$}", "/auth/"))
}

// calls counts the requests to an endpoint that Stytch has answered.
func (w *fixture) calls(endpoint string) int {
	n := 0
	for _, request := range w.stytch.Journal() {
		if request.Endpoint == endpoint {
			n++
		}
	}
	return n
}

const (
	redeemed = "POST /v1/b2b/magic_links/authenticate"
	sent     = "POST /v1/b2b/magic_links/email/login_or_signup"
	revoked  = "POST /v1/b2b/sessions/revoke"
)

// link has Stytch send a link and returns where it leads on our host.
func (w *fixture) link(class grimoireauth.ClassID, email string) string {
	w.t.Helper()
	require.NoError(w.t, w.client.SignIn.SendMagicLink(context.Background(), stytchclient.MagicLink{Class: class, Email: email}))
	return w.callbackAddress(w.newest())
}

func (w *fixture) newest() mock.Message {
	w.t.Helper()
	outbox := w.stytch.Outbox()
	require.NotEmpty(w.t, outbox)
	return outbox[len(outbox)-1]
}

// callbackAddress follows the link of an e-mail through Stytch.
func (w *fixture) callbackAddress(message mock.Message) string {
	w.t.Helper()
	r, err := http.NewRequest("GET", message.Link, nil)
	require.NoError(w.t, err)
	res, err := w.stytch.RoundTrip(r)
	require.NoError(w.t, err)
	location := res.Header.Get("Location")
	require.True(w.t, strings.HasPrefix(location, home+"/auth/callback?"), location)
	return strings.TrimPrefix(location, home)
}

// provider follows a start URL through Stytch and the identity provider, which signs
// the person in or fails with an error, and returns the address of our callback.
func (w *fixture) provider(start, parameter, value string) string {
	w.t.Helper()
	r, err := http.NewRequest("GET", start+"&"+url.Values{parameter: {value}}.Encode(), nil)
	require.NoError(w.t, err)
	res, err := w.stytch.RoundTrip(r)
	require.NoError(w.t, err)
	location := res.Header.Get("Location")
	require.True(w.t, strings.HasPrefix(location, home+"/auth/callback?"), "%d %s", res.StatusCode, location)
	return strings.TrimPrefix(location, home)
}

// browser is a tab of one: it keeps cookies, which all tabs share, says where its
// requests come from, and knows the attempt to sign in that its page is about, from
// the address of the page.
type browser struct {
	w       *fixture
	jar     *cookiejar.Jar
	attempt string
	from    string // its client address; empty: that of httptest

	lastPath string     // where it last sent a form
	lastForm url.Values // and which
}

func (w *fixture) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	return &browser{w: w, jar: jar}
}

// at returns a browser with this client address.
func (w *fixture) at(address string) *browser {
	b := w.browser()
	b.from = address
	return b
}

// tab opens another tab.
func (b *browser) tab() *browser { return &browser{w: b.w, jar: b.jar, from: b.from} }

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   string
	at     string // Location, without the attempt
}

var attemptQuery = regexp.MustCompile(`\?attempt=([A-Z2-7]{26})(&again=[0-9]+)?$`)

// ofAttempt are the pages that belong to an attempt.
var ofAttempt = regexp.MustCompile(`^/auth/(sent|code|confirm|account|new-password|unfinished|factor|factor/send|factor/enrol|classes)$`)

func (b *browser) send(r *http.Request) answer {
	for _, cookie := range b.jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	recorder := httptest.NewRecorder()
	b.w.app.ServeHTTP(recorder, r)
	res := recorder.Result()
	b.jar.SetCookies(r.URL, res.Cookies())
	got := answer{res.StatusCode, res.Header, recorder.Body.String(), res.Header.Get("Location")}
	b.w.secrets.see(got)
	if match := attemptQuery.FindStringSubmatch(got.at); match != nil {
		b.attempt, got.at = match[1], strings.TrimSuffix(got.at, match[0])
	}
	return got
}

func (b *browser) request(method, path string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, home+path, strings.NewReader(form.Encode()))
	r.RequestURI = path
	if b.from != "" {
		r.RemoteAddr = net.JoinHostPort(b.from, "4711")
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", home)
	}
	return r
}

func (b *browser) get(path string) answer {
	if ofAttempt.MatchString(path) && b.attempt != "" {
		path += "?attempt=" + b.attempt
	}
	return b.send(b.request("GET", path, nil))
}

func (b *browser) post(path string, form url.Values) answer {
	b.w.secrets.typed(form.Get("password"))
	b.lastPath, b.lastForm = path, b.with(path, form)
	return b.send(b.request("POST", path, b.lastForm))
}

// with adds the attempt of the page to a form, as the pages do.
func (b *browser) with(path string, form url.Values) url.Values {
	if form == nil || form.Has("attempt") || b.attempt == "" || !ofAttempt.MatchString(path) && path != "/auth/callback" && path != "/auth/start" {
		return form
	}
	form = maps.Clone(form)
	form.Set("attempt", b.attempt)
	return form
}

// ask sends the form that begins to sign in, and returns the page that it leads to.
func (b *browser) ask(form url.Values) answer {
	b.w.t.Helper()
	res := b.post("/auth/start", form)
	require.Equal(b.w.t, http.StatusSeeOther, res.status, res.body)
	return b.get(res.at)
}

// signOut sends the form, and returns the page that it leads to.
func (b *browser) signOut(form url.Values) answer {
	b.w.t.Helper()
	res := b.post("/auth/logout", form)
	require.Equal(b.w.t, http.StatusSeeOther, res.status, res.body)
	require.Equal(b.w.t, `"cache"`, res.header.Get("Clear-Site-Data"), "M23")
	require.True(b.w.t, strings.HasPrefix(res.at, "/auth/signed-out"), res.at)
	return b.get(res.at)
}

var attemptField = regexp.MustCompile(`name="attempt" value="([^"]+)"`)

// open goes to where a link leads, up to the page with the button, and returns
// the form behind it.
func (b *browser) open(callback string) url.Values {
	b.w.t.Helper()
	res := b.get(callback)
	require.Equal(b.w.t, http.StatusSeeOther, res.status)
	require.Equal(b.w.t, "/auth/confirm", res.at)
	return b.button()
}

func (b *browser) button() url.Values {
	b.w.t.Helper()
	res := b.get("/auth/confirm")
	require.Equal(b.w.t, http.StatusOK, res.status)
	field := attemptField.FindStringSubmatch(res.body)
	require.NotNil(b.w.t, field, res.body)
	return url.Values{"attempt": {field[1]}}
}

// press presses the button of a link that this browser has not asked for, and says on
// the page that names the account that it is the right one.
func (b *browser) press(form url.Values) answer {
	b.w.t.Helper()
	res := b.post("/auth/callback", form)
	if res.at != "/auth/account" {
		return res
	}
	require.Contains(b.w.t, b.get("/auth/account").body, "This browser has not asked for it")
	return b.post("/auth/account", url.Values{"answer": {"yes"}})
}

// signIn goes the whole way.
func (b *browser) signIn(class grimoireauth.ClassID, email string) {
	b.w.t.Helper()
	form := b.open(b.w.link(class, email))
	require.Equal(b.w.t, http.StatusSeeOther, b.press(form).status)
	require.NotEmpty(b.w.t, b.cookie("__Host-stytch_session"))
}

// cookie returns what a cookie holds: of the session_token's without the name of its session.
func (b *browser) cookie(name string) string {
	u, err := url.Parse(home)
	require.NoError(b.w.t, err)
	for _, cookie := range b.jar.Cookies(u) {
		if cookie.Name == name {
			if name == "__Host-stytch_session" {
				token, _, _ := strings.Cut(cookie.Value, "~")
				return token
			}
			return cookie.Value
		}
	}
	return ""
}

// kept are the cookies of the attempts to sign in of this browser.
func (b *browser) kept() map[string]string {
	u, err := url.Parse(home)
	require.NoError(b.w.t, err)
	kept := make(map[string]string)
	for _, cookie := range b.jar.Cookies(u) {
		if strings.HasPrefix(cookie.Name, attemptAt) {
			kept[cookie.Name] = cookie.Value
		}
	}
	return kept
}

const attemptAt = "__Host-grimoire_attempt_"

// only returns the one that there is.
func (b *browser) only() (name, value string) {
	b.w.t.Helper()
	kept := b.kept()
	require.Len(b.w.t, kept, 1)
	for name, value = range kept {
	}
	return name, value
}

// The fields of an attempt in its cookie.
const (
	fieldVersion = iota
	fieldNonce
	fieldAt
	fieldUntil
	fieldAsks
	fieldClass
	fieldEmail
	fieldReturnTo
	fieldVerifier
	fieldKind
	fieldSlug
	fieldToken
	fieldAccount
	fieldHeld
	fieldOwed
	fieldExpires
	fieldIntermediate
	fieldFacts
	fieldOwedClass
	fieldOwedSlug
	fieldMember
	fieldMethods
	fieldAllowed
	fieldEnrolled
	fieldClassName
	fields
)

// field returns one of them, of the attempt of this tab's page or of the only one.
func (b *browser) field(n int) string {
	b.w.t.Helper()
	value := b.kept()[attemptAt+b.attempt]
	if value == "" {
		_, value = b.only()
	}
	parts := strings.Split(value, ":")
	require.Len(b.w.t, parts, fields)
	return parts[n]
}

// held returns the session_token that waits in the attempt, which only the processes of
// the service can read.
func (b *browser) held() string {
	b.w.t.Helper()
	box, err := seal.New(b.w.client.SessionMarks())
	require.NoError(b.w.t, err)
	name := attemptAt + b.attempt
	if b.kept()[name] == "" {
		name, _ = b.only()
	}
	opened, ok := box.Open(grimoireauth.NewSecret(b.field(fieldHeld)), strings.TrimPrefix(name, attemptAt)+"\n"+b.field(fieldNonce))
	require.True(b.w.t, ok)
	return opened.Reveal()[22:] // behind the sum of the key
}

// change writes the attempt of this tab's page, or the only one, anew.
func (b *browser) change(change func(fields []string)) {
	b.w.t.Helper()
	name := attemptAt + b.attempt
	value := b.kept()[name]
	if value == "" {
		name, value = b.only()
	}
	parts := strings.Split(value, ":")
	change(parts)
	b.plant(name, strings.Join(parts, ":"))
}

// copies gives this browser what another one keeps of its attempts.
func (b *browser) copies(from *browser) {
	for name, value := range from.kept() {
		b.plant(name, value)
		b.attempt = strings.TrimPrefix(name, attemptAt)
	}
	if from.attempt != "" {
		b.attempt = from.attempt
	}
}

func (b *browser) plant(name, value string) {
	u, err := url.Parse(home)
	require.NoError(b.w.t, err)
	cookie := &http.Cookie{Name: name, Value: value, Path: "/", Secure: true}
	if value == "" {
		cookie.MaxAge = -1
	}
	b.jar.SetCookies(u, []*http.Cookie{cookie})
}

// leave clicks on a way to sign in elsewhere and returns the start URL at Stytch.
func (b *browser) leave(path string) string {
	b.w.t.Helper()
	r := b.request("GET", path, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res := b.send(r)
	require.Equal(b.w.t, http.StatusSeeOther, res.status, res.body)
	require.True(b.w.t, strings.HasPrefix(res.at, "https://test.stytch.com/v1/"), res.at)
	return res.at
}

// who returns the member to whom a closed page is served, or "".
func (b *browser) who() string {
	res := b.get("/classes/any")
	if res.status != http.StatusOK {
		return ""
	}
	return res.body
}
