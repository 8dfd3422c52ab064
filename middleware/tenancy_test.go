package middleware_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// spellings are ways to write the address of the roster of class B; A is the class of the
// member who requests it. Words in capitals are replaced.
var spellings = []string{
	"/classes/B/roster", "/classes/B/roster/", "//classes/B/roster", "/./classes/B/roster", "/classes/./B/roster", "/classes//B/roster",
	"/x/../classes/B/roster", "/classes/A/../B/roster", "/classes/A/roster/../../B/roster", "/classes/B/./roster",
	"/%2e/classes/B/roster", "/x/%2e%2e/classes/B/roster", "/classes/A/%2e%2e/B/roster", "/classes/A/%2E%2E/B/roster", "/classes/A/..%2fB/roster",
	"/classes/A%2f..%2fB/roster", "/classes/A%2F%2E%2E%2FB/roster", "/classes%2fB/roster", "/classes%2FB%2Froster", "/classes/B%2froster",
	"/%63lasses/B/roster", "/classes/ENCODED/roster", "/classes/TWICE/roster", "/classes/B%00/roster", "/classes/B%20/roster", "/classes/%20B/roster",
	"/classes/B;x=1/roster", "/classes/A;/../B/roster", "/classes/B./roster", "/classes/UPPER/roster", "/CLASSES/B/roster", "/classes/B\\roster",
	"/classes/A\\..\\B/roster", "/classes/A%5c..%5cB/roster", "/classes/B?class=A", "/classes/B/roster?class=A", "/classes/B/roster#A",
	"http://app.example/classes/B/roster", "http://A/classes/B/roster", "/public/..%2fclasses/B/roster", "/public/%2e%2e/classes/B/roster", "/classes/A%0d%0aB/roster",
}

func spell(spelling, a, b string) string {
	var encoded strings.Builder
	for i := range len(b) {
		fmt.Fprintf(&encoded, "%%%02x", b[i])
	}
	return strings.NewReplacer("A", a, "ENCODED", encoded.String(), "TWICE", strings.ReplaceAll(encoded.String(), "%", "%25"),
		"UPPER", strings.ToUpper(b), "CLASSES", "CLASSES", "B", b).Replace(spelling)
}

// fixture has a coordinator in each of fifty classes, who may do everything there.
type fixture struct {
	classes []string
	members map[string]grimoireauth.Authentication // by session_jwt
}

func newFixture(t testing.TB) *fixture {
	f := &fixture{members: make(map[string]grimoireauth.Authentication)}
	for n := range 50 {
		// One is the beginning of another, and some differ only in case.
		class := fmt.Sprintf("organization-test-%d", n/2)
		if n%2 == 1 {
			class = strings.ToUpper(class[:1]) + class[1:]
		}
		s, err := grimoireauth.NewSession(grimoireauth.SessionFields{
			ID: grimoireauth.SessionID(fmt.Sprint("session-", n)), Member: grimoireauth.MemberID(fmt.Sprint("member-", n)),
			Organization: grimoireauth.OrganizationID(class), Roles: []string{"stytch_member", "coordinator"},
			Factors:   []grimoireauth.Factor{{Type: "totp", LastAuthenticatedAt: time.Now()}},
			ExpiresAt: time.Now().Add(time.Hour),
		})
		require.NoError(t, err)
		jwt := fmt.Sprintf("jwt.%d.x", n)
		f.classes = append(f.classes, class)
		f.members[jwt] = grimoireauth.Authentication{Session: s, Credentials: grimoireauth.NewCredentials(jwt, ""), Source: grimoireauth.SourceRemote}
	}
	return f
}

func (f *fixture) Authenticate(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	a, ok := f.members[c.JWT.Reveal()]
	if !ok {
		return a, grimoireauth.ErrUnauthenticated
	}
	return a, nil
}

func permitAll(context.Context, grimoireauth.Session, grimoireauth.ClassID, string, string) error {
	return nil
}

// permitOwn permits everything in the session's Organization.
func permitOwn(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID, _, _ string) error {
	if string(class) != string(session.Organization()) {
		return grimoireauth.ErrNotSessionOrganization
	}
	return nil
}

// classGuards are the guards of a class route, alone and around each other.
var classGuards = []struct {
	name   string
	config middleware.Config
	wrap   func(g *middleware.Guard, next http.Handler) http.Handler
	closed bool // also to one's own class: it cannot tell which class it is about
}{
	{"InClass", middleware.Config{}, func(g *middleware.Guard, next http.Handler) http.Handler { return ofClass(g)(next) }, false},
	{"InClass that reveals", middleware.Config{RevealClasses: true}, func(g *middleware.Guard, next http.Handler) http.Handler { return ofClass(g)(next) }, false},
	{"Load and Require around InClass", middleware.Config{}, func(g *middleware.Guard, next http.Handler) http.Handler { return g.Load(g.Require(ofClass(g)(next))) }, false},
	{"Can inside InClass", middleware.Config{Can: permitAll}, func(g *middleware.Guard, next http.Handler) http.Handler {
		return ofClass(g)(g.Can(middleware.PathClass("class"), "roster", "read")(next))
	}, false},
	{"Can inside something inside InClass", middleware.Config{Can: permitAll}, func(g *middleware.Guard, next http.Handler) http.Handler {
		return ofClass(g)(between(g.Can(middleware.PathClass("class"), "roster", "read")(next)))
	}, false},
	{"Can alone", middleware.Config{Can: permitOwn}, func(g *middleware.Guard, next http.Handler) http.Handler {
		return g.Can(middleware.PathClass("class"), "roster", "read")(next)
	}, false},
	{"Can around InClass", middleware.Config{Can: permitAll}, func(g *middleware.Guard, next http.Handler) http.Handler {
		return g.Can(middleware.PathClass("class"), "roster", "read")(ofClass(g)(next))
	}, false},
	{"Recent around InClass", middleware.Config{}, func(g *middleware.Guard, next http.Handler) http.Handler {
		return g.Recent(time.Hour, "totp")(ofClass(g)(next))
	}, false},
	{"Fresh around InClass", middleware.Config{}, func(g *middleware.Guard, next http.Handler) http.Handler { return g.Fresh(ofClass(g)(next)) }, false},
	{"Fresh inside something inside InClass", middleware.Config{}, func(g *middleware.Guard, next http.Handler) http.Handler {
		return ofClass(g)(between(g.Fresh(next)))
	}, false},
	{"bearer", middleware.Config{CredentialSource: middleware.BearerOnly}, func(g *middleware.Guard, next http.Handler) http.Handler { return ofClass(g)(next) }, false},
}

func ofClass(g *middleware.Guard) func(http.Handler) http.Handler {
	return g.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
}

// between is another middleware, which keeps two guards apart.
func between(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}

// T01, T02 and M13: no request reaches the handler of another class, whatever stands around
// it and however its address is written.
func TestT01_T02_M13_AllPairsOfClasses(t *testing.T) {
	fixture := newFixture(t)
	require.GreaterOrEqual(t, len(spellings), 40)
	stride := 1
	if raceEnabled {
		stride = 41 // the detector makes it ten times as slow, and finds nothing new in the rest
	}
	type target struct {
		app     http.Handler
		guard   *middleware.Guard
		headers []http.Header // of each member's requests
		reached *atomic.Int64
	}
	var targets []target
	for _, tt := range classGuards {
		tt.config.Fresh = fixture.Authenticate
		tt.config.Respond = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusForbidden) }
		x := target{guard: newGuard(t, fixture.Authenticate, tt.config), reached: new(atomic.Int64)}
		roster := tt.wrap(x.guard, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { x.reached.Add(1) }))
		mux := http.NewServeMux()
		mux.Handle("GET /classes/{class}/roster", roster)
		mux.Handle("GET /classes/{class}/roster/{$}", roster)
		mux.Handle("GET /classes/{class}", roster)
		mux.Handle("GET /public/{rest...}", nothing)
		x.app = x.guard.Protect(mux, "GET /public/{rest...}")
		// The guard lets its own people in, or what follows would show nothing.
		for n, class := range fixture.classes {
			r := ask(t, "/classes/"+class+"/roster")
			require.NoError(t, x.guard.Attach(r, grimoireauth.NewCredentials(fmt.Sprintf("jwt.%d.x", n), "tok")))
			x.app.ServeHTTP(discard{http.Header{}}, r)
			x.headers = append(x.headers, r.Header)
		}
		want := int64(len(fixture.classes))
		if tt.closed {
			want = 0
		}
		require.Equal(t, want, x.reached.Swap(0), tt.name)
		targets = append(targets, x)
	}

	var asked atomic.Int64
	var all sync.WaitGroup
	for worker := range 2 {
		all.Go(func() {
			w := discard{http.Header{}}
			for n := worker; n < len(fixture.classes)*len(fixture.classes)*len(spellings); n += 2 {
				a, b, s := n%50, n/50%50, n/2500
				if a == b || n/2%stride != 0 {
					continue
				}
				r, err := parse(spell(spellings[s], fixture.classes[a], fixture.classes[b]))
				if err != nil {
					continue // no server would hand it on
				}
				for _, x := range targets {
					one := *r
					one.Header = x.headers[a]
					clear(w.header)
					x.app.ServeHTTP(w, &one)
					asked.Add(1)
				}
			}
		})
	}
	all.Wait()
	require.Greater(t, int(asked.Load()), 2450*35*len(targets)/stride/2, "most spellings are requests")
	for i, x := range targets {
		require.Zero(t, x.reached.Load(), "%s: somebody reached another class", classGuards[i].name)
	}
	t.Logf("%d requests to another class, %d guards, none got in", asked.Load(), len(targets))
}

// parse reads a request as the server does.
func parse(target string) (*http.Request, error) {
	return http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: app.example\r\n\r\n")))
}

func ask(t testing.TB, target string) *http.Request {
	t.Helper()
	r, err := parse(target)
	require.NoError(t, err)
	return r
}
