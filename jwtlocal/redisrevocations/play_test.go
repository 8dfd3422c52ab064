package redisrevocations

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/webhook"
)

// playVariable makes the test binary play one process of a service. Its value is a part.
const playVariable = "REDISREVOCATIONS_PLAY"

// part is what a process of the service is told.
type part struct {
	Redis     string // host:port; empty: this process shares nothing
	Stytch    string // base URL
	ProjectID string
	Secret    string
	Bound     time.Duration
	School    string // the one Organization; empty: an Organization is a class
}

// order is a line that the test writes to a process.
type order struct {
	Do     string // "revoke", "role", "suspend", "remove", "archive", "status", "expect", "seen", "bare"
	JWT    string
	Token  string
	Class  grimoireauth.ClassID
	Member grimoireauth.MemberID
	Role   grimoireauth.Role
	JWTs   []string
	Count  int
}

// report is a line that a process writes.
type report struct {
	Addr    string // of the first line only
	Err     string
	Began   int64 // when the order began; Unix nanoseconds
	Raised  int64 // when the first revocation of the order was raised, which is when Stytch has answered to a demotion
	Status  Status
	Seen    []int64 // when this process refused each of the expected, or zero
	Took    int64
	Revoked bool // Revoke was called
	Silent  int
}

// played is a process of the service.
type played struct {
	part     part
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	replica  *Replica
	silences atomic.Int64
	raised   atomic.Int64

	mu       sync.Mutex // guards what follows
	expected map[grimoireauth.SessionID]expectation
	byMember map[grimoireauth.MemberID]grimoireauth.SessionID
	bare     *bare
}

type expectation struct {
	index int
	jwt   grimoireauth.Secret
	seen  int64
}

func playReplica(value string) int {
	var p played
	if err := json.Unmarshal([]byte(value), &p.part); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if err := p.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (p *played) build() error {
	var revocations jwtlocal.Revocations
	var onRevoke grimoireauth.OnRevoke
	var err error
	if p.part.Redis != "" {
		p.replica, err = New(Config{
			Redis: &redis.UniversalOptions{Addrs: []string{p.part.Redis}}, ProjectID: p.part.ProjectID, Bound: p.part.Bound,
			Observe: func(_ context.Context, e grimoireauth.Event) {
				if _, ok := e.(grimoireauth.SilenceBegan); ok {
					p.silences.Add(1)
				}
			},
		})
		if err != nil {
			return err
		}
		revocations = p.replica.Revocations()
		onRevoke = func(ctx context.Context, c grimoireauth.Revocation) error {
			p.raised.CompareAndSwap(0, time.Now().UnixNano())
			return p.replica.Add(ctx, c)
		}
	}
	p.client, err = stytchclient.New(stytchclient.Config{
		ProjectID: p.part.ProjectID, Secret: grimoireauth.NewSecret(p.part.Secret), BaseURL: p.part.Stytch, OnRevoke: onRevoke,
	})
	if err != nil {
		return err
	}
	p.verifier, err = jwtlocal.New(jwtlocal.Config{
		ProjectID: p.part.ProjectID, BaseURL: p.part.Stytch, Refresh: p.client.Sessions.Authenticate,
		Revocations: revocations, OnRevoke: onRevoke,
	})
	if err != nil {
		return err
	}
	config := middleware.Config{Watch: p.verifier.Watch, Fresh: p.verifier.Refresh}
	if p.part.School != "" {
		config.Role = p.role
	}
	p.guard, err = middleware.New(p.verifier.Authenticate, config)
	return err
}

// role is the table of a school with one Organization: everybody is in LAWS1100.
func (p *played) role(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	switch {
	case class != "LAWS1100" || string(session.Organization()) != p.part.School:
		return grimoireauth.RoleNone, nil
	case session.HasRole("instructor"):
		return grimoireauth.RoleInstructor, nil
	}
	return grimoireauth.RoleStudent, nil
}

func (p *played) handler() http.Handler {
	mux := http.NewServeMux()
	class := middleware.PathClass("class")
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.Handle("GET /classes/{class}/page", p.guard.InClass(class, grimoireauth.RoleStudent)(ok))
	mux.Handle("GET /classes/{class}/marks", p.guard.InClass(class, grimoireauth.RoleInstructor)(ok))
	mux.Handle("GET /classes/{class}/grades", p.guard.InClass(class, grimoireauth.RoleStudent)(p.guard.Fresh(ok)))
	mux.Handle("GET /classes/{class}/events", p.guard.InClass(class, grimoireauth.RoleStudent)(p.events()))
	mux.Handle("GET /classes/{class}/drafts", p.guard.InClass(class, grimoireauth.RoleInstructor)(p.events()))
	app := p.guard.Protect(mux)
	if p.replica == nil {
		return app
	}
	webhooks, err := webhook.New(webhook.Config{
		ProjectID: p.part.ProjectID, Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(webhookSecret)}, OnRevoke: p.replica.Add,
	})
	if err != nil {
		panic(err)
	}
	outer := http.NewServeMux()
	outer.Handle("/", app)
	outer.HandleFunc("POST /webhooks", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Arrived", strconv.FormatInt(time.Now().UnixNano(), 10))
		webhooks.ServeHTTP(w, r)
	})
	return outer
}

// webhookSecret is the signing secret of the endpoint of each process.
const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func (p *played) events() http.Handler {
	return http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			ctx := p.guard.Watch(r)
			_, _ = fmt.Fprintln(w, "data: open")
			_ = http.NewResponseController(w).Flush()
			<-ctx.Done()
			_, _ = fmt.Fprintln(w, "data: over", time.Now().UnixNano())
		})
}

func (p *played) run() error {
	if err := p.build(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	if p.replica != nil {
		all.Go(func() { _ = p.replica.Run(ctx) })
		if view, ok := p.replica.Revocations().(interface {
			Subscribe(func(grimoireauth.Revocation))
		}); ok {
			view.Subscribe(p.revoked)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: p.handler()}
	all.Go(func() { _ = server.Serve(listener) })
	defer server.Close()

	out := json.NewEncoder(os.Stdout)
	_ = out.Encode(report{Addr: listener.Addr().String()})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() { // until the test ends
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return err
		}
		_ = out.Encode(p.obey(ctx, o))
	}
	return nil
}

func (p *played) obey(ctx context.Context, o order) (r report) {
	var err error
	r.Began = time.Now().UnixNano()
	p.raised.Store(0)
	switch o.Do {
	case "revoke":
		var who grimoireauth.Authentication
		if who, err = p.verifier.Authenticate(ctx, grimoireauth.NewCredentials(o.JWT, o.Token)); err == nil {
			r.Began = time.Now().UnixNano()
			err = p.client.Sessions.Revoke(ctx, who.Session)
			r.Revoked = true // at Stytch at the latest, or the error would be another one
		}
	case "role":
		_, err = p.client.Roster.SetRole(ctx, o.Class, o.Member, o.Role)
	case "suspend":
		_, err = p.client.Roster.Suspend(ctx, o.Class, o.Member)
	case "remove":
		err = p.client.Roster.Remove(ctx, o.Class, o.Member)
	case "archive":
		_, err = p.client.Classes.Archive(ctx, o.Class)
	case "status":
		if p.replica != nil {
			r.Status, r.Silent = p.replica.Status(), int(p.silences.Load())
			if r.Status.Err != nil {
				r.Err = r.Status.Err.Error()
			}
			r.Status.Err = nil
		}
	case "expect":
		err = p.expect(ctx, o.JWTs)
	case "seen":
		r.Seen = p.seen(o.Count)
	case "bare":
		err = p.listenBare(ctx, o.Count)
	case "bare seen":
		r.Seen = p.bare.seen()
	case "publish":
		r.Began = time.Now().UnixNano()
		err = p.bare.publish(ctx, o.Count)
	default:
		err = errors.New("no such order")
	}
	if err != nil {
		r.Err = err.Error()
	}
	r.Took, r.Raised = time.Now().UnixNano()-r.Began, p.raised.Load()
	return r
}

// expect verifies session_jwts, each of which will be revoked.
func (p *played) expect(ctx context.Context, jwts []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected, p.byMember = map[grimoireauth.SessionID]expectation{}, map[grimoireauth.MemberID]grimoireauth.SessionID{}
	for i, jwt := range jwts {
		secret := grimoireauth.NewSecret(jwt)
		session, err := p.verifier.Verify(ctx, secret)
		if err != nil {
			return err
		}
		p.expected[session.ID()] = expectation{index: i, jwt: secret}
		p.byMember[session.Member()] = session.ID()
	}
	return nil
}

// revoked asks the verifier as soon as a revocation is known, as the next request would.
func (p *played) revoked(c grimoireauth.Revocation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := c.Session
	if id == "" {
		id = p.byMember[c.Member]
	}
	e, ok := p.expected[id]
	if !ok || e.seen != 0 {
		return
	}
	if _, err := p.verifier.Verify(context.Background(), e.jwt); err != nil {
		e.seen = time.Now().UnixNano()
		p.expected[id] = e
	}
}

func (p *played) seen(count int) []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]int64, count)
	for _, e := range p.expected {
		out[e.index] = e.seen
	}
	return out
}
