package middleware_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// deployed is one process of a service whose students' session_jwts fit no cookie.
type deployed struct {
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	app      http.Handler
}

// deploy starts a process. Without a table a class is an Organization.
func deploy(t testing.TB, stytch *mock.Stytch, table grimoireauth.RoleFunc) *deployed {
	client := clientOf(t, stytch)
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch, Refresh: client.Sessions.Authenticate})
	require.NoError(t, err)
	guard := newGuard(t, verifier.Authenticate, middleware.Config{Role: table, SessionMarks: client.SessionMarks()})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(whoami))
	return &deployed{verifier, guard, guard.Protect(mux)}
}

// get is a browser's request for the page of a class.
func (d *deployed) get(class, cookie, address string) *http.Response {
	r := httptest.NewRequest("GET", "/classes/"+class, nil)
	r.RemoteAddr = address
	r.Header.Set("Cookie", cookie)
	return serve(d.app, r)
}

// invented is a session_token that Stytch has not issued.
func invented() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Students who live on the session_token alone, since their session_jwt fits no cookie,
// are served beside a stranger who invents session_tokens: on the process where they
// signed in and on one that has just started, with an address for each client and without,
// in both ways to map a school.
func TestX01_StrangersRefuseNoStudent(t *testing.T) {
	const students = 34 // 612 in all
	stranger := map[string]func(*deployed){
		"direct": func(d *deployed) {
			_, _ = d.verifier.Authenticate(context.Background(), grimoireauth.NewCredentials("", invented()))
		},
		"through the guard": func(d *deployed) {
			d.get("x", "__Host-stytch_session="+invented(), "198.51.100.66:666")
		},
		"behind a proxy that was not set up": func(d *deployed) {
			d.get("x", "__Host-stytch_session="+invented(), "127.0.0.1:666")
		},
	}
	for way, guess := range stranger {
		for _, rate := range []int{1, 10, 100} {
			for _, oneOrganization := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %d a second, one organization: %v", way, rate, oneOrganization), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						stytch := new(mock.Stytch)
						class := stytch.AddClass("LAWS1100")
						name, table := string(class.ID), grimoireauth.RoleFunc(nil)
						if oneOrganization {
							name = "laws1100"
							table = func(_ context.Context, s grimoireauth.Session, _ grimoireauth.ClassID) (grimoireauth.Role, error) {
								if s.Organization() != grimoireauth.OrganizationID(class.ID) {
									return grimoireauth.RoleNone, nil
								}
								return grimoireauth.RoleStudent, nil
							}
						}
						address := "203.0.113.20:4711"
						if strings.HasPrefix(way, "behind") {
							address = "127.0.0.1:4711"
						}
						stytch.Fail(mock.Fault{Endpoint: authenticate, Latency: 100 * time.Millisecond})
						before, after := deploy(t, stytch, table), deploy(t, stytch, table)
						stop, all := make(chan struct{}), sync.WaitGroup{}
						for range 100 { // what a budget of failures would make good is used up
							all.Go(func() { guess(before) })
							all.Go(func() { guess(after) })
						}
						all.Go(func() {
							for {
								select {
								case <-stop:
									return
								case <-time.After(time.Second / time.Duration(rate)):
									all.Go(func() { guess(before) })
									all.Go(func() { guess(after) })
								}
							}
						})
						time.Sleep(20 * time.Second)
						refused, slowest := 0, time.Duration(0)
						claims := mock.WithClaims(map[string]any{"profile": strings.Repeat("x", 2600)})
						for i := range students {
							credentials := stytch.SignIn(stytch.AddStudent(class.ID, fmt.Sprintf("s%d@example.edu", i)), claims)
							authentication, err := before.guard.Authenticate(t.Context(), credentials)
							require.NoError(t, err)
							w := httptest.NewRecorder()
							require.NoError(t, before.guard.SetCookies(w, nil, authentication))
							cookie := ""
							for _, c := range w.Result().Cookies() {
								if c.MaxAge > 0 {
									require.Empty(t, cookie, "only the session_token fits")
									cookie = c.Name + "=" + c.Value
								}
							}
							process := before
							if i%2 == 1 {
								process = after
							}
							began := time.Now()
							if process.get(name, cookie, address).StatusCode != 200 {
								refused++
							}
							slowest = max(slowest, time.Since(began))
							time.Sleep(700 * time.Millisecond)
						}
						close(stop)
						all.Wait()
						require.Zero(t, refused)
						require.LessOrEqual(t, slowest, 150*time.Millisecond, "a call takes 100 ms")
					})
				})
			}
		}
	}
}

// A client address that has used its share up gets 429 with the time to wait, as a page
// and as JSON, and keeps its cookies; Stytch's own limit is 503.
func TestX01_OverTheShareIs429(t *testing.T) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100").ID
	ada := stytch.SignIn(stytch.AddStudent(class, "ada@example.edu"))
	ben := stytch.SignIn(stytch.AddStudent(class, "ben@example.edu"))
	d := deploy(t, stytch, nil)
	ask := func(who grimoireauth.Credentials, accept string) *http.Response {
		r := httptest.NewRequest("GET", "/classes/"+string(class), nil)
		r.RemoteAddr = "198.51.100.66:666"
		r.Header.Set("Cookie", "__Host-stytch_session="+who.Token.Reveal())
		r.Header.Set("Accept", accept)
		return serve(d.app, r)
	}
	stytch.Fail(mock.Fault{Endpoint: authenticate, Status: 429})
	res := ask(ben, "")
	require.Equal(t, 503, res.StatusCode)
	require.Contains(t, body(t, res), `"unavailable"`)
	stytch.ClearFaults()
	for range 1000 {
		d.get("x", "__Host-stytch_session="+invented(), "198.51.100.66:666")
	}
	for accept, says := range map[string]string{"": `"too_many_requests"`, "text/html": "You are not signed out"} {
		res := ask(ada, accept)
		require.Equal(t, 429, res.StatusCode)
		require.NotEmpty(t, res.Header.Get("Retry-After"))
		require.Empty(t, res.Cookies())
		require.Contains(t, body(t, res), says)
	}
}
