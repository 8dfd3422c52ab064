package redisrevocations

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations/internal/redistest"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// service is a Stytch, a Redis and several processes of the operating system, each with a
// proxy between it and Redis.
type service struct {
	t      testing.TB
	stytch *mock.Stytch
	url    string
	redis  *redistest.Server
	bound  time.Duration
	school string
	begun  bool // Redis has just begun
	all    []*process
}

type process struct {
	t     testing.TB
	proxy *redistest.Proxy
	addr  string
	cmd   *exec.Cmd

	mu  sync.Mutex // guards the pipes
	in  io.WriteCloser
	out *bufio.Scanner
}

func newService(t testing.TB, processes int, configure ...func(*service)) *service {
	t.Helper()
	s := &service{t: t, stytch: new(mock.Stytch), redis: redistest.Start(t), bound: 6 * time.Second}
	server := httptest.NewServer(s.stytch)
	t.Cleanup(server.Close)
	s.url = server.URL
	for _, c := range configure {
		c(s)
	}
	if !s.begun {
		s.isOld()
	}
	for range processes {
		s.start()
	}
	for _, p := range s.all {
		p.isInTouch()
	}
	return s
}

// isOld makes the stream one that is in use for long: in one that has just begun, what was
// issued before has to be confirmed.
func (s *service) isOld() {
	client := redis.NewClient(&redis.Options{Addr: s.redis.Addr()})
	defer client.Close()
	id := fmt.Sprintf("%d-0", time.Now().Add(-48*time.Hour).UnixMilli())
	require.NoError(s.t, client.XAdd(s.t.Context(), &redis.XAddArgs{Stream: s.key(), ID: id, Values: []string{"v", "1", "kind", "start"}}).Err())
}

// start starts one more process. It may not know anything yet.
func (s *service) start() *process {
	s.t.Helper()
	p := &process{t: s.t, proxy: redistest.NewProxy(s.t, s.redis.Addr())}
	value, err := json.Marshal(part{
		Redis: p.proxy.Addr(), Stytch: s.url, ProjectID: s.stytch.ProjectID(), Secret: s.stytch.Secret().Reveal(),
		Bound: s.bound, School: s.school,
	})
	require.NoError(s.t, err)
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), playVariable+"="+string(value))
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.in, err = p.cmd.StdinPipe() // its end is that of the process
	require.NoError(s.t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(s.t, err)
	p.out = bufio.NewScanner(out)
	p.out.Buffer(nil, 64<<20)
	require.NoError(s.t, p.cmd.Start())
	s.t.Cleanup(p.kill)
	p.addr = p.next().Addr
	s.all = append(s.all, p)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *process) next() report {
	p.t.Helper()
	require.True(p.t, p.out.Scan(), "a process has ended: %v", p.out.Err())
	var r report
	require.NoError(p.t, json.Unmarshal(p.out.Bytes(), &r))
	return r
}

func (p *process) ask(o order) report {
	p.t.Helper()
	line, err := json.Marshal(o)
	require.NoError(p.t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err = p.in.Write(append(line, '\n'))
	require.NoError(p.t, err)
	return p.next()
}

func (p *process) must(o order) report {
	p.t.Helper()
	r := p.ask(o)
	require.Empty(p.t, r.Err, o.Do)
	return r
}

// isInTouch waits until the process knows everything.
func (p *process) isInTouch() {
	p.t.Helper()
	began := time.Now()
	require.Eventually(p.t, func() bool {
		s := p.ask(order{Do: "status"}).Status
		return !s.Silent && s.CompleteAt.After(began) && s.Unpublished == 0
	}, 30*time.Second, 10*time.Millisecond, "it does not come into touch with Redis")
}

// get requests a page as a browser does. cleared says whether a cookie was deleted.
func (p *process) get(path string, c grimoireauth.Credentials) (status int, cleared bool) {
	p.t.Helper()
	r, err := http.NewRequest("GET", "http://"+p.addr+path, nil)
	require.NoError(p.t, err)
	attach(p.t, r, c)
	res, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	defer res.Body.Close()
	for _, cookie := range res.Cookies() {
		if cookie.MaxAge < 0 && strings.Contains(cookie.Name, "stytch_session") && !strings.HasSuffix(cookie.Name, "_jwt") {
			cleared = true
		}
	}
	return res.StatusCode, cleared
}

func (p *process) status(path string, c grimoireauth.Credentials) int {
	p.t.Helper()
	status, _ := p.get(path, c)
	return status
}

func attach(t testing.TB, r *http.Request, c grimoireauth.Credentials) {
	t.Helper()
	guard, err := middleware.New(nobodysAuth, middleware.Config{})
	require.NoError(t, err)
	require.NoError(t, guard.Attach(r, c))
}

// open opens a stream, and returns how it ends.
func (p *process) open(path string, c grimoireauth.Credentials) <-chan string {
	p.t.Helper()
	r, err := http.NewRequest("GET", "http://"+p.addr+path, nil)
	require.NoError(p.t, err)
	attach(p.t, r, c)
	res, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	require.Equal(p.t, 200, res.StatusCode)
	lines := bufio.NewScanner(res.Body)
	require.True(p.t, lines.Scan())
	over := make(chan string, 1)
	go func() {
		defer res.Body.Close()
		last := ""
		for lines.Scan() {
			last = lines.Text()
		}
		over <- last
	}()
	return over
}

// member is a person of a service, with the path of their class.
type member struct {
	class       grimoireauth.ClassID // at Stytch
	path        string
	id          grimoireauth.MemberID
	credentials grimoireauth.Credentials
}

// addClass adds a class with two instructors, so that one may be demoted.
func (s *service) addClass(name string) func(instructor bool) member {
	class := s.stytch.AddClass(name).ID
	path := "/classes/" + string(class)
	if s.school != "" {
		class, path = grimoireauth.ClassID(s.school), "/classes/LAWS1100"
	}
	n := 0
	return func(instructor bool) member {
		n++
		address := fmt.Sprintf("%s-%d@example.edu", strings.ToLower(name), n)
		m := member{class: class, path: path}
		if instructor {
			m.id = s.stytch.AddInstructor(class, address)
		} else {
			m.id = s.stytch.AddStudent(class, address)
		}
		m.credentials = s.stytch.SignIn(m.id)
		return m
	}
}

// oneOrganization maps the school to one Organization and tables of the application.
func oneOrganization(s *service) { s.school = string(s.stytch.AddClass("School").ID) }

func bound(d time.Duration) func(*service) { return func(s *service) { s.bound = d } }

// within asks again until the status is the wanted one.
func (p *process) within(d time.Duration, want int, path string, c grimoireauth.Credentials) {
	p.t.Helper()
	began, got := time.Now(), 0
	for time.Since(began) < d {
		if got = p.status(path, c); got == want {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	require.Equal(p.t, want, got, "after %v", d)
}
