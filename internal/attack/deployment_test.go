package attack_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const (
	home    = "https://classes.example.edu"
	latency = 100 * time.Millisecond // of one call to Stytch
)

// cause is the request for which a call to Stytch is made.
type cause struct {
	source string       // the source of a stranger's request; empty for honest people
	waited atomic.Int64 // the time that its calls to Stytch have taken
}

type causeKey struct{}

var named = regexp.MustCompile(`/organizations/[^/]+`)

// network carries calls to Stytch with a latency, and counts them by their causes.
type network struct {
	stytch *mock.Stytch

	mu    sync.Mutex     // guards what follows
	calls map[string]int // by source; "" are those of honest people and of the program
	kinds map[string]int // those of strangers, by endpoint
}

// RoundTrip implements [http.RoundTripper].
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	by, _ := r.Context().Value(causeKey{}).(*cause)
	n.mu.Lock()
	if by == nil {
		n.calls[""]++
	} else {
		n.calls[by.source]++
		if by.source != "" {
			n.kinds[r.Method+" "+named.ReplaceAllString(r.URL.Path, "/organizations/{class}")]++
		}
	}
	n.mu.Unlock()
	// Half of the latency passes before the call is carried out, and half of it after that.
	var res *http.Response
	var err error
	for range 2 {
		began := time.Now()
		select {
		case <-time.After(latency / 2):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		if by != nil {
			by.waited.Add(int64(time.Since(began)))
		}
		if res == nil {
			if res, err = n.stytch.RoundTrip(r); err != nil {
				return nil, err
			}
		}
	}
	return res, nil
}

// process is one process of the service.
type process struct {
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	app      http.Handler
}

// school is the service, the people who use it, and Stytch.
type school struct {
	t       testing.TB
	network *network
	class   mock.Class
	path    string // the page that people read
	sso     string // the connection of their school
	setting setting

	process atomic.Pointer[process]
}

// setting has the options of the service.
type setting struct {
	oneOrganization bool // for the school, instead of one for each class
	whole           bool // run for the whole time in the suite, and not for a part of it
	address         func(*http.Request) netip.Addr
}

func newSchool(t testing.TB, setting setting) *school {
	s := &school{t: t, setting: setting, network: &network{
		stytch: &mock.Stytch{RedirectURLs: []string{home + "/auth/callback"}, RateLimits: true},
		calls:  map[string]int{}, kinds: map[string]int{},
	}}
	s.class = s.network.stytch.AddClass("LAWS1100")
	s.sso = s.network.stytch.AddSSO(s.class.ID, "saml", nil)
	s.path = "/classes/" + string(s.class.ID)
	if setting.oneOrganization {
		s.path = "/classes/laws1100"
	}
	s.start()
	return s
}

// start replaces the process by one with an empty memory.
func (s *school) start() {
	stytch := s.network.stytch
	logger := slog.New(slog.DiscardHandler)
	revocations := new(jwtlocal.MemoryRevocations)
	p := new(process)
	var err error
	p.client, err = stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), PublicToken: stytch.PublicToken(), Transport: s.network, OnRevoke: revocations.Add})
	require.NoError(s.t, err)
	p.verifier, err = jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), Transport: s.network, Refresh: p.client.Sessions.Authenticate, Revocations: revocations})
	require.NoError(s.t, err)
	config := middleware.Config{SignInURL: "/auth/", Logger: logger, ClientAddress: s.setting.address, SessionMarks: p.client.SessionMarks(), Revoke: p.client.Sessions.Revoke, Fresh: p.verifier.Refresh}
	if s.setting.oneOrganization {
		config.Role = func(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
			if session.Organization() != grimoireauth.OrganizationID(s.class.ID) || class != "laws1100" {
				return grimoireauth.RoleNone, nil
			}
			return grimoireauth.RoleStudent, nil
		}
	}
	p.guard, err = middleware.New(p.verifier.Authenticate, config)
	require.NoError(s.t, err)
	pages, err := signin.New(p.guard, p.client, signin.Config{BaseURL: home, Discovery: true, Logger: logger})
	require.NoError(s.t, err)
	mux := http.NewServeMux()
	mux.Handle("/auth/", pages)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the front page") })
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := grimoireauth.SessionFromContext(r.Context())
		_, _ = io.WriteString(w, string(session.Member()))
	})
	mux.Handle("GET /classes/{class}", p.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(read))
	mux.Handle("GET /fresh", p.guard.Fresh(read))
	p.app = http.NewCrossOriginProtection().Handler(p.guard.Protect(mux, "GET /{$}", "/auth/"))
	s.process.Store(p)
}

// response is the response to a request.
type response struct {
	status int
	header http.Header
	body   []byte
}

// Header implements [http.ResponseWriter].
func (r *response) Header() http.Header { return r.header }

// WriteHeader implements [http.ResponseWriter].
func (r *response) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements [http.ResponseWriter].
func (r *response) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.body = append(r.body, b...)
	return len(b), nil
}

// serve calls the handler of the running process.
func (s *school) serve(r *http.Request, by *cause) *response {
	w := &response{header: http.Header{}}
	s.process.Load().app.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), causeKey{}, by)))
	return w
}
