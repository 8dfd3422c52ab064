package replicas

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/internal/replica/logtest"
	"github.com/promptgrimoire/auth/jwtlocal"
)

// Bound is that of all processes.
const Bound = 30 * time.Second

// process is one run of one process.
type process struct {
	stytch   stytchBehind
	conn     *logtest.Conn
	replica  *replica.Replica
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	stop     func()
}

func (w *world) startProcess(n int) (*process, error) {
	ahead := w.schedule.Ahead[n]
	p := &process{conn: w.log.Conn(), stytch: behind(w.stytch, ahead)}
	var err error
	log := logBehind{p.conn, uint64(ahead / time.Millisecond)}
	if p.replica, err = replica.New(replica.Config{Log: log, Bound: Bound, Observe: w.observe}); err != nil {
		return nil, err
	}
	transport := &network{world: w, stytch: p.stytch}
	p.client, err = stytchclient.New(stytchclient.Config{
		ProjectID: w.stytch.ProjectID(), Secret: w.stytch.Secret(), BaseURL: w.stytch.BaseURL(), Transport: transport, OnRevoke: p.replica.Add,
	})
	if err != nil {
		return nil, err
	}
	p.verifier, err = jwtlocal.New(jwtlocal.Config{
		ProjectID: w.stytch.ProjectID(), BaseURL: w.stytch.BaseURL(), Transport: transport,
		Leeway:  time.Minute,
		Refresh: p.client.Sessions.Authenticate, Revocations: p.replica.Revocations(), OnRevoke: p.replica.Add,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.replica.Run(ctx)
	}()
	p.stop = func() {
		began := time.Now()
		cancel()
		<-done
		if took := time.Since(began); took > time.Second {
			w.broken("Run returned %v after the end of its context", took)
		}
	}
	return p, nil
}

// authenticate passes credentials to the process as a browser does.
func (p *process) authenticate(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	got, err := p.verifier.Authenticate(ctx, p.stytch.in(credentials))
	got.Credentials = p.stytch.out(got.Credentials)
	return got, err
}

// network carries the calls of a process to Stytch.
type network struct {
	world  *world
	stytch http.RoundTripper
}

var errDown = errors.New("connection refused")

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(n.world.latency()):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if n.world.stytchIsDown() {
		return nil, errDown
	}
	return n.stytch.RoundTrip(r)
}

// trouble is when something was wrong last.
type trouble struct {
	mu    sync.Mutex // guards what follows
	under int
	ended time.Time
}

func (t *trouble) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.under++
}

func (t *trouble) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.under--
	t.ended = time.Now()
}

// since reports whether something was wrong at this time or later.
func (t *trouble) since(at time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.under > 0 || !t.ended.IsZero() && !t.ended.Before(at)
}

func ended(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnauthenticated)
}
