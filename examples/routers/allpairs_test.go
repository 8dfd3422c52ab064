package routers_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/examples/routers"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// application is one arrangement: a router, a place, a rule and a school.
type application struct {
	school
	handler       http.Handler
	roster, front *page
}

// page is a handler that knows that it ran, and about which person.
type page struct {
	ran  bool
	seen grimoireauth.Person
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.ran = true
	p.seen, _, _ = grimoireauth.RoleFromContext(r.Context())
	w.WriteHeader(http.StatusOK)
}

func newApplication(s school, kind router, at place, rule rule) application {
	a := application{school: s, roster: new(page), front: new(page)}
	a.handler = kind.build(at, guardOf(rule, s.guard, kind.of), a.roster, a.front)
	if rule == protect {
		if mux, ok := a.handler.(*http.ServeMux); ok {
			a.handler = s.guard.Protect(mux, "GET /{$}")
		} else {
			a.handler = routers.Protected(s.guard, a.handler, map[string]http.Handler{"GET /{$}": a.front})
		}
	}
	return a
}

// ask sends one request, and returns the status and which pages ran.
func (a application) ask(t testing.TB, who person, method, target string) (status int, roster, front bool) {
	t.Helper()
	*a.roster, *a.front = page{}, page{}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + target + " HTTP/1.1\r\nHost: app.example\r\n\r\n")))
	require.NoError(t, err)
	if c := a.credentials[who]; !c.IsZero() {
		require.NoError(t, a.guard.Attach(r, c))
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w.Code, a.roster.ran, a.front.ran
}

// A09 and A03: wherever a guard stands, in every router, the answer is exactly the one
// that the school's tables give: to those who may as well as to those who may not.
func TestA09_AllPairsOfRoutersAndGuards(t *testing.T) {
	combinations, requests, let := 0, 0, 0
	for _, s := range []school{organizationPerClass(t), oneOrganization(t)} {
		for _, kind := range kinds {
			for _, at := range places {
				for _, rule := range rules {
					a := newApplication(s, kind, at, rule)
					known := at != around && at != catchAll && !slices.Contains(kind.unknown, at)
					for _, who := range people {
						combinations++
						name := fmt.Sprintf("%s, %s, %s: %s and a %s", s.name, kind.name, at, rule, who)
						for _, class := range []grimoireauth.ClassID{s.here, s.there, "nowhere"} {
							want := oracle(s, who, rule, class, known)
							status, ran, _ := a.ask(t, who, "GET", at.prefix()+"/classes/"+string(class)+"/roster")
							require.Equal(t, want, status, "%s in %s", name, class)
							require.Equal(t, want == 200, ran, "%s in %s: whether the handler ran", name, class)
							if ran && (rule == inClass || rule == canInClass) {
								require.Equal(t, class, a.roster.seen.Class, name)
							}
							requests++
							if ran {
								let++
							}
						}
						// The front page is public, but for a guard around everything; it is
						// about no class.
						want := 200
						if at == around && rule != protect || at == use && rule != protect {
							want = oracle(s, who, rule, "", false)
						}
						status, _, ran := a.ask(t, who, "GET", "/")
						require.Equal(t, want, status, "%s: the front page", name)
						require.Equal(t, want == 200, ran, "%s: the front page", name)
						requests++
					}
				}
			}
		}
	}
	t.Logf("%d combinations, %d requests, each answered as the tables say; the roster was shown %d times", combinations, requests, let)
}

// spellings are other ways to write the address of the roster of CLASS, and addresses near
// it.
var spellings = []string{
	"/classes/CLASS/roster/", "//classes/CLASS/roster", "/./classes/CLASS/roster", "/classes/./CLASS/roster", "/classes//CLASS/roster", "/x/../classes/CLASS/roster",
	"/%2e/classes/CLASS/roster", "/x/%2e%2e/classes/CLASS/roster", "/x/..%2fclasses/CLASS/roster", "/classes%2fCLASS/roster", "/classes/CLASS%2froster", "/%63lasses/CLASS/roster",
	"/classes/CLASS;x/roster", "/CLASSES/CLASS/roster", "/classes/CLASS/roster?class=x", "/classes/CLASS/roster/more", "/classes/%2fCLASS/roster", "http://app.example/classes/CLASS/roster",
	"/classes/CLASS", "/classes/CLASS/", "/classes/CLASS/roster%00", "/%2fclasses/CLASS/roster", "/..%2fclasses/CLASS/roster",
}

// The same addresses, spelt in other ways and asked for by other methods: the router may
// find no route, but it never runs a handler for those who may not.
func TestA09_NoSpellingGetsPast(t *testing.T) {
	requests, let := 0, 0
	for _, s := range []school{organizationPerClass(t), oneOrganization(t)} {
		for _, kind := range kinds {
			for _, at := range places {
				for _, rule := range rules {
					a := newApplication(s, kind, at, rule)
					for _, who := range people {
						for _, class := range []grimoireauth.ClassID{s.here, s.there} {
							may := oracle(s, who, rule, class, at != around && at != catchAll) == 200
							for i, spelling := range spellings {
								method := []string{"GET", "POST", "HEAD", "OPTIONS"}[i%7%4]
								target := strings.ReplaceAll(strings.ReplaceAll(spelling, "CLASSES", "Classes"), "CLASS", string(class))
								if strings.HasPrefix(target, "/") {
									target = at.prefix() + target
								}
								_, ran, _ := a.ask(t, who, method, target)
								require.False(t, ran && !may, "%s, %s, %s: %s and a %s: %s %s", s.name, kind.name, at, rule, who, method, target)
								requests++
								if ran {
									let++
								}
							}
						}
					}
				}
			}
		}
	}
	require.NotZero(t, let)
	t.Logf("%d requests, %d of them by those who may", requests, let)
}

// A closed router answers strangers with 401 for what it has and for what it has not.
func TestProtectedTellsStrangersNothing(t *testing.T) {
	s := organizationPerClass(t)
	for _, kind := range kinds[1:] {
		a := newApplication(s, kind, route, protect)
		for _, target := range []string{"/classes/x/roster", "/nowhere", "/classes/", "/classes/x/roster/"} {
			for _, method := range []string{"GET", "POST", "DELETE", "OPTIONS"} {
				status, ran, _ := a.ask(t, stranger, method, target)
				require.Equal(t, 401, status, "%s: %s %s", kind.name, method, target)
				require.False(t, ran)
			}
		}
		status, _, _ := a.ask(t, student, "GET", "/nowhere")
		require.Equal(t, 404, status, kind.name)
		status, _, _ = a.ask(t, stranger, "GET", "/")
		require.Equal(t, 200, status, kind.name)
		status, _, _ = a.ask(t, stranger, "POST", "/")
		require.Equal(t, 401, status, kind.name)
	}
}

// The mistakes that Protected can see, it refuses when the program starts.
func TestProtectedWiring(t *testing.T) {
	s := organizationPerClass(t)
	for _, kind := range kinds[1:] {
		router := kind.build(route, s.guard.Require, new(page), new(page))
		require.Panics(t, func() { routers.Protected(s.guard, router, map[string]http.Handler{"GET /healthz": router}) }, kind.name)
		require.Panics(t, func() { routers.Protected(s.guard, router, map[string]http.Handler{"/": new(page)}) }, kind.name)
		require.Panics(t, func() { routers.Protected(s.guard, router, map[string]http.Handler{"": new(page)}) }, kind.name)
		require.Panics(t, func() { routers.Protected(s.guard, router, map[string]http.Handler{"GET /x": nil}) }, kind.name)
	}
	require.Panics(t, func() { routers.Protected(s.guard, nil, nil) })
}
