package world

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
)

// site is where browsers reach the application.
const site = "https://classes.example.edu"

// instance is one run of one process of the service: a restart makes another one, with an
// empty memory. An instance completes the requests that it has begun.
type instance struct {
	number  int // of the process
	setting Setting

	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	onRevoke grimoireauth.OnRevoke // the client's
	app      http.Handler
	replica  *replica.Replica // nil unless revocations are shared
	stop     func()           // ends its replica, after a while

	clock *clock
	mu    sync.Mutex // guards ends
	ends  map[string]time.Duration
}

// tell records that a call of the process itself has ended a session or changed a role.
func (p *instance) tell(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ends[what] = p.clock.now()
}

// told returns the time of that call.
func (p *instance) told(what string) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.ends[what]
	return at, ok
}

// start starts a process. It makes no network call: Stytch may be down.
func (w *World) start(number int, setting Setting) (*instance, error) {
	p := &instance{number: number, setting: setting, clock: w.clock, ends: make(map[string]time.Duration), stop: func() {}}
	logger := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})).With("process", number)
	wire := &wire{network: w.network, door: w.door, process: number, spare: newErrand(w.seed, fmt.Sprint("process ", number)), felt: w.felt}
	wire.spends = func(name, path string) { w.oracle.spends(w.clocks, w.network, number, name, path) }
	revocations, add, err := w.shares(p)
	if err != nil {
		return nil, err
	}
	life := sessionLife
	if setting.Sliding {
		life = idleLife
	}
	p.onRevoke = w.sabotage.onRevoke(func(ctx context.Context, c grimoireauth.Revocation) error {
		// Signing out, and signing in over an earlier session, end a session: in this process
		// from now on, even if the call to Stytch fails.
		if x := exchangeOf(ctx); x != nil && c.Session != "" && x.asked {
			p.tell(string(c.Session))
			w.door.ledger.out(string(c.Session), p)
		}
		for _, id := range []string{string(c.Session), string(c.Member), string(c.Class)} {
			p.tell(cutOf(id))
		}
		if e := errandOf(ctx); e != nil {
			w.revokedBy(e.name)
		}
		return nil
	}, add)
	p.client, err = stytchclient.New(stytchclient.Config{
		ProjectID: w.stytch.ProjectID(), Secret: w.stytch.Secret(), PublicToken: w.stytch.PublicToken(), BaseURL: w.stytch.BaseURL(),
		Transport: wire, SessionDuration: life, Observe: w.observe,
		OnRevoke: p.onRevoke,
	})
	if err != nil {
		return nil, err
	}
	config := jwtlocal.Config{
		ProjectID: w.stytch.ProjectID(), BaseURL: w.stytch.BaseURL(), Transport: wire,
		Refresh: p.client.Sessions.Authenticate, Revocations: revocations,
		OutageGrace: setting.Grace, Observe: w.observe, Logger: logger,
		TrustTokensInSilence: w.sabotage.kind == "trust in silence",
	}
	if w.shared != nil {
		config.OnRevoke = add
	}
	if setting.Sliding {
		config.SlidingSession = jwtlocal.SlidingSession{Extend: p.client.Sessions.Extend, IdleTimeout: idleLife, AbsoluteTimeout: longestLife}
	}
	if p.verifier, err = jwtlocal.New(config); err != nil {
		return nil, err
	}
	guard := setting.guard()
	guard.Can, guard.Fresh, guard.Logger = p.client.Can, p.verifier.Refresh, logger
	guard.SignInURL, guard.Revoke = w.signInURL(), p.client.Sessions.Revoke
	guard.Watch, guard.SessionMarks = p.verifier.Watch, p.client.SessionMarks()
	if w.table != nil {
		guard.Role = w.table.role
		guard.Can = w.table.can
	}
	guard.Role, guard.Can = w.sabotage.role(guard.Role), w.sabotage.can(w, guard.Can)
	if p.guard, err = middleware.New(w.sabotage.auth(p.verifier.Authenticate, func() bool { return !usable(w.clocks.ahead(number)) }), guard); err != nil {
		return nil, err
	}
	var pages http.Handler
	if !w.deployment.FrontEnd {
		if pages, err = signin.New(p.guard, p.client, signin.Config{BaseURL: site, Discovery: true, Logger: logger, ClockLeeway: w.sabotage.clockLeeway()}); err != nil {
			return nil, err
		}
	}
	p.app = w.sabotage.handler(w, p, w.application(p, pages, logger))
	return p, nil
}

func (w *World) signInURL() string {
	switch {
	case w.deployment.FrontEnd:
		return loginPath
	case w.deployment.ByHand:
		return handPrefix
	}
	return "/auth/"
}
