package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/mock"
)

// count is how many processes there are.
const count = 3

// stage is what is around the three processes: Redis, Stytch, and the proxy before them.
type stage struct {
	settings
	out       io.Writer
	stytch    *mock.Stytch
	stop      func()        // of Stytch
	power     atomic.Bool   // whether Stytch answers
	redis     *redisServer  // nil: one that others started
	ended     chan struct{} // closed when the stage ends, so that its streams do
	processes []*replica
	next      atomic.Uint64 // whose turn it is
	measured  measurements
}

// replica is one process and the way to it.
type replica struct {
	*child
	number int
	url    string
	proxy  *httputil.ReverseProxy
}

// newStage starts everything but the page's own server. A stage that is returned needs
// a call of close, also beside an error.
func newStage(ctx context.Context, chosen choices, out, stderr io.Writer) (*stage, error) {
	s := &stage{out: out, stytch: new(mock.Stytch), stop: func() {}, ended: make(chan struct{})}
	s.power.Store(true)
	s.settings = settings{
		ProjectID: s.stytch.ProjectID(), Secret: s.stytch.Secret().Reveal(),
		Prefix: "replicas-example:" + rand.Text(), Bound: chosen.bound,
	}
	if chosen.redis == nil {
		var err error
		if s.redis, err = newRedisServer(stderr); err != nil {
			return s, err
		}
		s.Redis = s.redis.url()
		if err := s.redis.set(true); err != nil {
			return s, err
		}
	} else {
		s.Redis = chosen.url
		if err := ping(chosen.redis, nil); err != nil {
			return s, err
		}
	}
	s.StytchURL, s.stop = s.stytch.Start()
	var err error
	if s.Class, s.People, err = seed(ctx, s.stytch, s.StytchURL); err != nil {
		return s, err
	}
	for number := 1; number <= count; number++ {
		settings := s.settings
		settings.Process = number
		c, err := startChild("process", settings, stderr)
		if err != nil {
			return s, err
		}
		to, err := url.Parse("http://" + c.says)
		if err != nil {
			return s, errors.Join(err, errors.New("that is no address"))
		}
		s.processes = append(s.processes, &replica{c, number, to.String(), proxyTo(to)})
	}
	return s, nil
}

func proxyTo(to *url.URL) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.SetXForwarded()
			r.Out.Host = r.In.Host // the service compares it with the origin of forms
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil { // the browser is still there
				http.Error(w, "This process does not answer.", http.StatusBadGateway)
			}
		},
	}
}

// close ends everything that newStage has started.
func (s *stage) close(chosen choices) error {
	close(s.ended)
	for _, p := range s.processes {
		_ = p.in.Close() // all at once
	}
	for _, p := range s.processes {
		p.stop()
	}
	s.stop()
	switch {
	case s.redis != nil:
		return s.redis.set(false)
	case chosen.redis != nil:
		return forget(chosen.redis, s.Prefix)
	}
	return nil
}

// handler is the proxy: each request goes to the next process, and those below
// /process/2/ to the second one. What begins with /stage/ is no part of the service.
func (s *stage) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.forward(s.processes[int(s.next.Add(1)-1)%count], w, r)
	})
	mux.HandleFunc("/process/{number}/", func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.PathValue("number"))
		if err != nil || number < 1 || number > count {
			http.NotFound(w, r)
			return
		}
		http.StripPrefix("/process/"+r.PathValue("number"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.forward(s.processes[number-1], w, r)
		})).ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /stage/events", s.events)
	mux.HandleFunc("POST /stage/redis", s.switchRedis)
	mux.HandleFunc("POST /stage/stytch", s.switchStytch)
	return http.NewCrossOriginProtection().Handler(mux)
}

// forward passes a request on. The time counts from here if it revokes something.
func (s *stage) forward(p *replica, w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		switch {
		case r.URL.Path == "/sign-out":
			s.measured.begin("Signed out", p.number)
		case strings.HasSuffix(r.URL.Path, "/roles"):
			s.measured.begin("Changed a role", p.number)
		}
	}
	p.proxy.ServeHTTP(w, r)
}

func (s *stage) switchRedis(w http.ResponseWriter, r *http.Request) {
	if s.redis == nil {
		http.Error(w, "This Redis was started by another program.", http.StatusConflict)
		return
	}
	if err := s.redis.set(r.PostFormValue("on") == "yes"); err != nil {
		http.Error(w, "Redis does not start.", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *stage) switchStytch(w http.ResponseWriter, r *http.Request) {
	on := r.PostFormValue("on") == "yes"
	s.stytch.ClearFaults()
	if !on {
		s.stytch.Fail(mock.Fault{Drop: true})
	}
	s.power.Store(on)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// run serves until the context ends.
func run(ctx context.Context, chosen choices, out, stderr io.Writer) (err error) {
	listener, err := net.Listen("tcp", chosen.addr)
	if err != nil {
		return fmt.Errorf("%w\nIs another program using that address? Choose one with -addr 127.0.0.1:0", err)
	}
	s, err := newStage(ctx, chosen, out, stderr)
	if err != nil {
		return errors.Join(err, listener.Close(), s.close(chosen))
	}
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	s.announce("http://" + listener.Addr().String())

	died := make(chan error, count)
	for _, p := range s.processes {
		go func() {
			<-p.exited
			died <- fmt.Errorf("process %d has ended", p.number)
		}()
	}
	select {
	case <-ctx.Done():
	case err = <-died:
	case err = <-served:
	}
	closed := s.close(chosen) // the streams end with it
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close()
	}
	return errors.Join(err, closed)
}

func (s *stage) announce(url string) {
	_, _ = fmt.Fprintf(s.out, `One class service as three processes: %s

Try next: open the address, sign in, and sign out at one of the processes: the
streams of all three end, and the page says after how many milliseconds. Then
stop Redis there: sessions are confirmed by Stytch, and all stay signed in.

Stytch is in this program's memory: nothing leaves this machine.
Stop with Ctrl-C.
`, url)
}
