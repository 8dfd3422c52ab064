package browser

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// service is a small service with a guard of its own, on plain http.
type service struct {
	stytch  *mock.Stytch
	ada     grimoireauth.MemberID
	port    string
	written chan string // the Set-Cookie lines of /me
}

func newService(t *testing.T, config middleware.Config) *service {
	t.Helper()
	s := &service{stytch: new(mock.Stytch), written: make(chan string, 100)}
	s.ada = s.stytch.AddStudent(s.stytch.AddClass("LAWS1100").ID, "ada@example.edu")
	client, err := stytchclient.New(stytchclient.Config{ProjectID: s.stytch.ProjectID(), Secret: s.stytch.Secret(), Transport: s.stytch})
	require.NoError(t, err)
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: s.stytch.ProjectID(), Transport: s.stytch, Refresh: client.Sessions.Authenticate})
	require.NoError(t, err)
	guard, err := middleware.New(verifier.Authenticate, config)
	require.NoError(t, err)
	me := guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := grimoireauth.SessionFromContext(r.Context())
		_, _ = io.WriteString(w, string(session.Member()))
	}))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><title>x</title>")
	})
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		authentication, err := guard.Authenticate(r.Context(), s.stytch.SignIn(s.ada, mock.WithDuration(8*time.Hour)))
		if err == nil {
			err = guard.SetCookies(w, r, authentication)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /sign-out", func(w http.ResponseWriter, r *http.Request) { guard.ClearCookies(w, r) })
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		me.ServeHTTP(w, r)
		for _, line := range w.Header()["Set-Cookie"] {
			s.written <- line
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.Close(); _ = verifier.Wait(context.Background()) })
	_, s.port, err = net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	return s
}

func (s *service) at(host, path string) string { return "http://" + host + ":" + s.port + path }

// me returns the status of a script's request, and the member as whom it was served.
func (p *person) me() (int, string) {
	p.t.Helper()
	var got struct {
		Status int    `json:"status"`
		Body   string `json:"body"`
	}
	p.do(chromedp.Evaluate(`fetch('/me').then(async r => ({status: r.status, body: await r.text()}))`, &got, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return got.Status, got.Body
}

// The names with "__Host-" are kept on plain http where the host is this machine.
func TestC13_HostPrefixOnThisMachine(t *testing.T) {
	s := newService(t, middleware.Config{})
	for _, host := range []string{"127.0.0.1", "localhost"} {
		p := arrive(t)
		require.EqualValues(t, 200, p.open(s.at(host, "/sign-in")), host)
		require.NotEmpty(t, p.cookiesHere("__Host-stytch_session"), host)
		status, who := p.me()
		require.Equal(t, 200, status, host)
		require.Equal(t, string(s.ada), who)
		p.open(s.at(host, "/sign-out"))
		require.Empty(t, p.cookiesHere("__Host-stytch_session"))
		status, _ = p.me()
		require.Equal(t, 401, status)
	}
}

// sdk does with cookies what Stytch's browser SDK does: it writes, reads and deletes its
// two by script, for this host alone or, with availableToSubdomains, for those below it.
const sdk = `
const attributes = (domain) => '; path=/; samesite=lax' + (domain ? '; domain=' + domain : '');
const sdkWrite = (token, jwt, domain) => {
	document.cookie = 'stytch_session=' + token + '; max-age=3600' + attributes(domain);
	document.cookie = 'stytch_session_jwt=' + jwt + '; max-age=3600' + attributes(domain);
};
const sdkDelete = (domain) => {
	document.cookie = 'stytch_session=; max-age=0' + attributes(domain);
	document.cookie = 'stytch_session_jwt=; max-age=0' + attributes(domain);
};
`

// cookiesHere returns the cookies of this name that the browser would send to this page.
func (p *person) cookiesHere(name string) []*network.Cookie {
	p.t.Helper()
	var found []*network.Cookie
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		all, err := network.GetCookies().Do(ctx)
		for _, cookie := range all {
			if cookie.Name == name {
				found = append(found, cookie)
			}
		}
		return err
	}))
	return found
}

// script runs a statement beside the SDK.
func (p *person) script(statement string) {
	p.t.Helper()
	var done bool
	p.do(chromedp.Evaluate(`(() => {`+sdk+statement+`; return true })()`, &done))
}

// C13: where a front end owns the cookies it can replace and delete them after every
// response of the guard, and its sign-out ends the session.
func TestC13_TheFrontEndOwnsTheCookies(t *testing.T) {
	s := newService(t, middleware.Config{FrontEndCookies: true})
	p := arrive(t)
	p.open(s.at("app.localhost", "/"))
	write := func(c grimoireauth.Credentials, domain string) {
		p.script(fmt.Sprintf("sdkWrite(%q, %q, %q)", c.Token.Reveal(), c.JWT.Reveal(), domain))
	}
	hers := s.stytch.SignIn(s.ada, mock.WithDuration(8*time.Hour))
	write(hers, "")
	status, who := p.me()
	require.Equal(t, 200, status)
	require.Equal(t, string(s.ada), who)
	write(s.stytch.Stale(hers), "")
	status, _ = p.me()
	require.Equal(t, 200, status, "refreshed for the request")
	write(hers, "")
	status, _ = p.me()
	require.Equal(t, 200, status)
	p.script("sdkDelete('')")
	status, _ = p.me()
	require.Equal(t, 401, status, "the front end has signed out")

	// availableToSubdomains is switched on while earlier cookies are there.
	write(s.stytch.Stale(hers), "")
	write(hers, "app.localhost")
	require.Greater(t, len(p.cookiesHere("stytch_session_jwt")), 1, "or there is nothing to show")
	status, _ = p.me()
	require.Equal(t, 200, status)
	p.script("sdkDelete('app.localhost'); sdkDelete('')")
	status, _ = p.me()
	require.Equal(t, 401, status)
	require.Empty(t, s.written, "the guard writes no cookie")
}

// C13: where the guard owns them, a front end's cookies have other names and do no harm.
func TestC13_TheGuardOwnsTheCookies(t *testing.T) {
	s := newService(t, middleware.Config{})
	p := arrive(t)
	p.open(s.at("localhost", "/sign-in"))
	other := s.stytch.SignIn(s.stytch.AddStudent(s.stytch.AddClass("LAWS2200").ID, "bob@example.edu"))
	p.script(fmt.Sprintf("sdkWrite(%q, %q, '')", other.Token.Reveal(), other.JWT.Reveal()))
	// A script cannot write the guard's, nor read them.
	p.script("document.cookie = '__Host-stytch_session_jwt=planted; path=/; secure'")
	var readable string
	p.do(chromedp.Evaluate(`document.cookie`, &readable))
	require.NotContains(t, readable, "__Host-")
	status, who := p.me()
	require.Equal(t, 200, status)
	require.Equal(t, string(s.ada), who)
}
