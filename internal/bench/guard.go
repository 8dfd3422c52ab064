package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/b2bstytchapi"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// routes are the three ways to serve one page of a class.
type routes struct {
	bare, guarded, stytch http.Handler
	tokens                []string
}

func newRoutes(n int) (routes, error) {
	m, err := newMinter()
	if err != nil {
		return routes{}, err
	}
	x := routes{}
	if x.tokens, err = m.tokens(n); err != nil {
		return routes{}, err
	}
	verifier, err := m.filled(x.tokens)
	if err != nil {
		return routes{}, err
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{})
	if err != nil {
		return routes{}, err
	}
	client, err := b2bstytchapi.NewClient(project, "secret-test-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", b2bstytchapi.WithHTTPClient(&http.Client{Transport: keyServer(m.jwks())}))
	if err != nil {
		return routes{}, err
	}
	x.bare = page
	x.guarded = guard.Require(guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(page))
	// The same page in a program that uses stytch-go only.
	x.stytch = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie(jwtCookie)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		session, err := client.Sessions.AuthenticateJWTLocal(r.Context(), cookie.Value, 2*time.Hour, nil)
		if err != nil || session.OrganizationID != r.PathValue("class") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		page.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), sessionKey{}, session)))
	})
	return x, nil
}

type sessionKey struct{}

var text = []byte("the page\n")

var page = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(text) })

// jwtCookie is the default name of the session_jwt's cookie.
const jwtCookie = "__Host-" + grimoireauth.SessionJWTCookie

// cookies is a header with five of them, as browsers send it.
func cookies(token string) string {
	return "theme=dark; _ga=GA1.2.1234567890.1700000000; __Host-" + grimoireauth.SessionTokenCookie + "=" + strings.Repeat("t", 44) + "~" + sessionOf(token) + "; " +
		jwtCookie + "=" + token + "; lang=en-AU"
}

// sessionOf returns the id of the session that a session_jwt is about.
func sessionOf(token string) string {
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	must(err)
	var claims struct {
		Session struct {
			ID string `json:"id"`
		} `json:"https://stytch.com/session"`
	}
	must(json.Unmarshal(payload, &claims))
	return claims.Session.ID
}

const class = "organization-test-cccccccc-1111-4222-8333-000000000000"

// nullWriter is a ResponseWriter without a cost.
type nullWriter struct{ header http.Header }

func (w nullWriter) Header() http.Header         { return w.header }
func (w nullWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w nullWriter) WriteHeader(status int) {
	if status != http.StatusOK {
		panic(http.StatusText(status))
	}
}

// requests are one for each token.
func (x routes) requests() []*http.Request {
	all := make([]*http.Request, len(x.tokens))
	for i, token := range x.tokens {
		request, err := http.NewRequest(http.MethodGet, "/classes/"+class, nil)
		must(err)
		all[i] = request
		all[i].SetPathValue("class", class)
		all[i].Header.Set("Cookie", cookies(token))
	}
	return all
}

// guardCosts measures a route's guard: the routes have tokens of one class.
func guardCosts(r *results, x routes, turns int, chunk time.Duration) (over int, err error) {
	// One, as for the other figures here, so that garbage collection is measured too.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	requests := x.requests()
	m, err := newMinter()
	if err != nil {
		return 0, err
	}
	other, err := m.token(claims(0, time.Now(), time.Hour))
	if err != nil {
		return 0, err
	}
	floor, err := m.floor(other)
	if err != nil {
		return 0, err
	}
	w := nullWriter{http.Header{}}
	serve := func(h http.Handler, requests []*http.Request) func(int) time.Duration {
		next := 0
		return plain(func() {
			clear(w.header)
			h.ServeHTTP(w, requests[next%len(requests)])
			next++
		})
	}
	operations := []*operation{
		{name: "floor", run: plain(floor)},
		{name: "bare handler", run: serve(x.bare, requests)},
		{name: "r.Cookie alone", run: plain(func() { _, err := requests[0].Cookie(jwtCookie); must(err) })},
		{name: "Require and InClass, one member", run: serve(x.guarded, requests[:1])},
		{name: "Require and InClass, 300 members", run: serve(x.guarded, requests)},
		{name: "a handler that calls stytch-go", run: serve(x.stytch, requests)},
	}
	takeTurns(operations, turns, chunk)
	if _, err := r.report(os.Stdout, "A guarded handler", operations); err != nil {
		return 0, err
	}
	overhead, ratio := make([]float64, turns), make([]float64, turns)
	for i := range turns {
		// The token that is warm is the member's own, as on a page in use.
		overhead[i] = (operations[3].times[i] - operations[1].times[i]) / operations[0].times[i]
		ratio[i] = operations[5].times[i] / operations[3].times[i]
	}
	over = r.tell("overhead of Require and InClass ÷ floor", median(overhead), 0.08, true)
	over += r.tell("stytch-go ÷ Require and InClass", median(ratio), 30, false)
	return over, nil
}
