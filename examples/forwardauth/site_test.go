package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// required says that a program which is not installed is a fault and no reason to skip.
var required = os.Getenv("REQUIRE_PROXIES") != ""

func need(t testing.TB, program string) {
	t.Helper()
	if installed(program) {
		return
	}
	if required {
		t.Fatalf("%s is not installed, and REQUIRE_PROXIES says that it is", program)
	}
	t.Skipf("%s is not installed: apt-get install nginx haproxy python3", program)
}

// mappings are the two ways to map a school.
var mappings = []string{"an organization per class", "classes in tables"}

// site is a school behind one of the proxies.
type site struct {
	t testing.TB
	*demo
	*running
	addr                          string
	application                   *recorder
	asked                         *recorder // what the proxy has asked
	class, other                  grimoireauth.ClassID
	student, instructor, outsider grimoireauth.Credentials
	later                         grimoireauth.Credentials // the student's second session, with a session_jwt that has expired
}

// behind runs a test behind each proxy.
func behind(t *testing.T, change func(*options), test func(*testing.T, *site)) {
	for _, proxy := range []string{"nginx", "haproxy"} {
		t.Run(proxy, func(t *testing.T) { test(t, newSite(t, proxy, mappings[0], change)) })
	}
}

// newSite has a recorder for an application.
func newSite(t testing.TB, proxy, mapping string, change func(*options)) *site {
	t.Helper()
	need(t, proxy)
	s := newSchool(t, mapping, change)
	application := httptest.NewServer(s.application)
	t.Cleanup(application.Close)
	s.behind(proxy, application.Listener.Addr().String())
	return s
}

// python runs a test with the service in Python behind each proxy.
func python(t *testing.T, test func(*testing.T, *site)) {
	for _, proxy := range []string{"nginx", "haproxy"} {
		t.Run(proxy, func(t *testing.T) {
			need(t, proxy)
			need(t, "python3")
			s := newSchool(t, mappings[0], nil)
			addr, err := s.running.python()
			require.NoError(t, err)
			s.behind(proxy, addr)
			test(t, s)
		})
	}
}

func newSchool(t testing.TB, mapping string, change func(*options)) *site {
	t.Helper()
	s := &site{t: t, demo: newDemo(), application: new(recorder), asked: new(recorder)}
	s.stytch.JWTLife = 0
	o := s.options()
	s.populate(mapping, &o)
	if change != nil {
		change(&o)
	}
	service, err := newService(o)
	require.NoError(t, err)
	s.asked.next = service.ask
	service.ask = s.asked
	s.running, err = start(t.Context(), service)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.stop()) })
	return s
}

// behind starts the proxy on a Unix socket, so that no two tests want one port.
func (s *site) behind(proxy, application string) {
	s.t.Helper()
	s.addr = "unix:" + filepath.Join(s.dir, proxy+".sock")
	start := map[string]func(listen, application string) error{"nginx": s.running.nginx, "haproxy": s.running.haproxy}[proxy]
	require.NoError(s.t, start(s.addr, application))
}

// edit changes a configuration before it is used.
func (s *site) edit(name, old, changed string) {
	s.t.Helper()
	file := filepath.Join(s.dir, name)
	text, err := os.ReadFile(file)
	require.NoError(s.t, err)
	require.Contains(s.t, string(text), old)
	require.NoError(s.t, os.WriteFile(file, []byte(strings.Replace(string(text), old, changed, 1)), 0o600))
}

func (s *site) populate(mapping string, o *options) {
	if mapping == mappings[0] {
		s.class, s.other = s.demo.class, s.stytch.AddClass("Equity").ID
		ada := s.stytch.AddStudent(s.class, "ada@example.edu")
		s.student, s.later = s.stytch.SignIn(ada), s.stytch.Stale(s.stytch.SignIn(ada))
		s.instructor = s.stytch.SignIn(s.stytch.AddInstructor(s.class, "ines@example.edu"))
		s.outsider = s.stytch.SignIn(s.stytch.AddInstructor(s.other, "olaf@example.edu"))
		return
	}
	school := s.stytch.AddClass("The school").ID
	s.class, s.other = "contracts", "torts"
	table := make(map[grimoireauth.Person]grimoireauth.Role)
	for _, row := range []struct {
		email string
		class grimoireauth.ClassID
		role  grimoireauth.Role
		as    *grimoireauth.Credentials
	}{
		{"ada@example.edu", s.class, grimoireauth.RoleStudent, &s.student},
		{"ines@example.edu", s.class, grimoireauth.RoleInstructor, &s.instructor},
		{"olaf@example.edu", s.other, grimoireauth.RoleInstructor, &s.outsider},
	} {
		member := s.stytch.AddStudent(school, row.email)
		table[grimoireauth.Person{Member: member, Class: row.class}] = row.role
		*row.as = s.stytch.SignIn(member)
		if row.as == &s.student {
			s.later = s.stytch.Stale(s.stytch.SignIn(member))
		}
	}
	o.role = func(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
		return table[grimoireauth.Person{Member: session.Member(), Class: class}], nil
	}
}

// request is one to the proxy. {class} and {other} in the path are replaced.
func (s *site) request(as grimoireauth.Credentials, method, path, body string, headers ...string) *http.Request {
	s.t.Helper()
	path = strings.NewReplacer("{class}", string(s.class), "{other}", string(s.other)).Replace(path)
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://school.example"+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if !as.IsZero() {
		require.NoError(s.t, s.service.guard.Attach(r, as))
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1])
	}
	return r
}

// call returns the answer with its body, and what the application got, nil for nothing.
func (s *site) call(as grimoireauth.Credentials, method, path, body string, headers ...string) (*http.Response, string, *seen) {
	s.t.Helper()
	s.application.clear()
	res := s.do(s.request(as, method, path, body, headers...))
	text, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, res.Body.Close())
	return res, string(text), s.application.last()
}

func (s *site) do(r *http.Request) *http.Response {
	s.t.Helper()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return dial(s.addr) }}
	res, err := transport.RoundTrip(r)
	require.NoError(s.t, err)
	return res
}

// raw sends a request as it is written, and returns the answer, with the status zero for
// none, and what follows it.
func (s *site) raw(text string) (*http.Response, io.Reader) {
	s.t.Helper()
	conn, err := dial(s.addr)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, text)
	require.NoError(s.t, err)
	rest := bufio.NewReader(conn)
	res, err := http.ReadResponse(rest, nil)
	if err != nil {
		return &http.Response{}, rest
	}
	return res, rest
}

// cookie returns the Cookie header of a person.
func (s *site) cookie(as grimoireauth.Credentials) string {
	return s.request(as, "GET", "/", "").Header.Get("Cookie")
}

// seen is one request as a server behind the proxy got it.
type seen struct {
	method, uri, body string
	header            http.Header
}

// recorder writes down what it gets, and answers by next.
type recorder struct {
	next  http.Handler // nil: 200
	quiet bool         // it writes nothing down

	mu  sync.Mutex // guards all
	all []seen
}

func (rec *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rec.quiet {
		rec.next.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body) // what has arrived is what counts
	header := r.Header.Clone()
	rec.mu.Lock()
	rec.all = append(rec.all, seen{r.Method, r.RequestURI, string(body), header})
	next := rec.next
	rec.mu.Unlock()
	if next != nil {
		next.ServeHTTP(w, r)
		return
	}
	_, _ = io.WriteString(w, "ok")
}

func (rec *recorder) clear() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.all = nil
}

func (rec *recorder) last() *seen {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if len(rec.all) == 0 {
		return nil
	}
	return &rec.all[len(rec.all)-1]
}

func (rec *recorder) answer(next http.HandlerFunc) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.next = next
}

var nobody grimoireauth.Credentials

var down = mock.Fault{Drop: true}
