package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// discard is a ResponseWriter that costs nothing of its own.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// warm is a guard whose AuthFunc knows the answer already, and a request of the
// size that browsers send: five cookies, a session_jwt of 1.9 kB.
func warm(t testing.TB) (*middleware.Guard, *http.Request) {
	s, err := grimoireauth.NewSession(grimoireauth.SessionFields{
		ID: "session-ada", Member: "ada", Organization: law, Roles: []string{"stytch_member", "instructor"},
		Factors: []grimoireauth.Factor{{Type: "totp", LastAuthenticatedAt: time.Now()}}, ExpiresAt: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	authentication := grimoireauth.Authentication{Session: s, Source: grimoireauth.SourceLocal}
	guard := newGuard(t, func(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		a := authentication
		a.Credentials = c
		return a, nil
	}, middleware.Config{Can: permitAll})
	r := httptest.NewRequest("GET", "/classes/"+law, nil)
	r.SetPathValue("class", law)
	r.Header.Set("Cookie", "theme=dark; _ga=GA1.2.1234567890.1700000000; __Host-stytch_session="+strings.Repeat("t", 44)+"~session-ada"+
		"; __Host-stytch_session_jwt=e."+strings.Repeat("a", 1590)+"."+strings.Repeat("s", 342)+"; lang=en-AU")
	return guard, r
}

var handlers = []struct {
	name string
	wrap func(*middleware.Guard, http.Handler) http.Handler
	most float64
}{
	{"Load", (*middleware.Guard).Load, 4},
	{"Require", (*middleware.Guard).Require, 4},
	{"InClass", func(g *middleware.Guard, next http.Handler) http.Handler {
		return g.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(next)
	}, 4},
	{"InClass in Require", func(g *middleware.Guard, next http.Handler) http.Handler {
		return g.Require(g.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(next))
	}, 4},
	{"Can and Recent in InClass in Require in Load", func(g *middleware.Guard, next http.Handler) http.Handler {
		return g.Load(g.Require(ofClass(g)(g.Can(middleware.PathClass("class"), "roster", "read")(g.Recent(time.Hour, "totp")(next)))))
	}, 5}, // one for a copy of the factors
	{"InClass in something in Require", func(g *middleware.Guard, next http.Handler) http.Handler {
		return g.Require(between(ofClass(g)(next)))
	}, 8},
}

var nothing = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func TestWarmRequestAllocatesLittle(t *testing.T) {
	for _, tt := range handlers {
		t.Run(tt.name, func(t *testing.T) {
			guard, r := warm(t)
			h := tt.wrap(guard, nothing)
			w := discard{http.Header{}}
			got := testing.AllocsPerRun(200, func() {
				clear(w.header)
				h.ServeHTTP(w, r)
			})
			if !raceEnabled { // which allocates for itself
				require.LessOrEqual(t, got, tt.most)
			}
			require.Equal(t, "no-store", w.header.Get("Cache-Control"))
		})
	}
}

func BenchmarkWarm(b *testing.B) {
	for _, tt := range handlers {
		b.Run(tt.name, func(b *testing.B) {
			guard, r := warm(b)
			h := tt.wrap(guard, nothing)
			w := discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				h.ServeHTTP(w, r)
			}
		})
	}
}
