package jwtlocal

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/alarm"
	"github.com/promptgrimoire/auth/jwtlocal/internal/keys"
)

// Verifier checks session_jwts of one project. Make it with [New]; it is safe for
// concurrent use and remembers nothing that another Verifier could see.
type Verifier struct {
	config     Config
	rules      rules
	keys       *keys.Store[*tokenCache]
	background background
	strings    interner

	hits, misses counter
	rejected     [reasonCount]atomic.Uint64

	records       records  // of the sessions that were refreshed
	pairs         pairs    // tokens that came with a session_jwt and are not known to be of its session
	limiter       *limiter // of calls to Stytch
	freshTokens   freshTokens
	endedSessions MemoryCutoffs // sessions that Stytch says have ended

	alarms alarm.Limit
}

// New returns a Verifier. It does no I/O: the first token, or the first moment
// after it, finds out whether Stytch can be reached. Its error joins all faults of
// the configuration and matches [grimoireauth.ErrInvalid].
func New(config Config) (*Verifier, error) {
	project, err := config.check()
	if err != nil {
		return nil, &grimoireauth.Error{Op: "configure jwtlocal", Kind: grimoireauth.ErrInvalid, Err: err}
	}
	customURL := ""
	if project.Custom {
		customURL = project.BaseURL
	}
	v := &Verifier{
		config:  config,
		rules:   newRules(project.ID, project.Env, customURL, config),
		strings: interner{seed: maphash.MakeSeed()},
		limiter: newLimiter(),
	}
	v.keys = keys.NewStore(keys.Config[*tokenCache]{
		// https://stytch.com/docs/b2b/api/get-jwks
		URL:          project.BaseURL + "/v1/b2b/sessions/jwks/" + project.ID,
		Transport:    config.Transport,
		RefreshAfter: config.refreshKeysAfter(),
		MaxAge:       config.maxKeyAge(),
		Cooldown:     config.keyCooldown(),
		NewCache:     func() *tokenCache { return newTokenCache(config.cacheSize()) },
		Go:           v.background.start,
		Observe:      v.observeSafely,
		Alarm:        v.alarm,
	})
	if len(config.SeedKeys) > 0 {
		seed, err := keys.Parse(config.SeedKeys)
		if err != nil {
			return nil, &grimoireauth.Error{Op: "configure jwtlocal", Kind: grimoireauth.ErrInvalid, Err: err}
		}
		v.keys.Seed(seed, time.Now())
	}
	return v, nil
}

// Wait blocks until the key fetches and refreshes that run behind the traffic have
// ended, each of which has a deadline of a few seconds, or until the context ends; its
// error is then the cause. It is for tests and for an orderly shutdown; nothing needs it.
func (v *Verifier) Wait(ctx context.Context) error { return v.background.wait(ctx) }

func (v *Verifier) observe(ctx context.Context, event grimoireauth.Event) {
	if v.config.Observe != nil {
		v.config.Observe(ctx, event)
	}
}

// observeBehind is observe for what happens behind a request. Nobody else would
// catch a panic there, and it must not take the process down, or leave those
// waiting for whom the event is about.
func (v *Verifier) observeSafely(ctx context.Context, event grimoireauth.Event) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if count := v.alarms.Met("Config.Observe panicked"); count > 0 {
			v.config.logger().ErrorContext(ctx, "Config.Observe panicked", slog.Int("count", count),
				slog.String("event", fmt.Sprintf("%T", event)), slog.String("panic", fmt.Sprintf("%T", r)))
		}
	}()
	v.observe(ctx, event)
}

// alarm tells the operator about a problem, once a minute.
func (v *Verifier) alarm(ctx context.Context, problem string, cause error) {
	if count := v.alarms.Met(problem); count > 0 {
		v.observeSafely(ctx, grimoireauth.OperatorAlarm{Problem: problem, Err: cause, Count: count})
	}
}

// reportVerified is on the path of every request, and must cost nothing there.
func (v *Verifier) reportVerified(ctx context.Context, checked *result) {
	if v.config.Observe != nil {
		v.config.Observe(ctx, grimoireauth.TokenVerified{Session: checked.session.ID(), Member: checked.session.Member(), Cached: checked.cached})
	}
}

const alarmClock = "this machine's clock is off, and genuine session_jwts cannot be used: everybody is told that the service is unavailable; set the clock by NTP"

// clockIsOff tells the operator, once a minute, by the worst that was measured since.
func (v *Verifier) alarmClockOff(ctx context.Context, off *clockError) {
	count, worst := v.alarms.Measured(alarmClock, off.signed())
	if count == 0 {
		return
	}
	off = newClockError(worst.Abs(), worst < 0)
	v.config.logger().WarnContext(ctx, "session_jwts cannot be used", slog.String("reason", off.Error()), slog.Int("count", count), slog.String("do", "set the clock by NTP"))
	v.observeSafely(ctx, grimoireauth.OperatorAlarm{Problem: alarmClock, Err: off, Count: count, ClockError: worst})
}

// work counts what runs in the background, so that Wait can wait for its end. A
// sync.WaitGroup does not fit: it must not be added to while somebody waits for
// it to become zero.
type background struct {
	mu   sync.Mutex
	n    int           // guarded by mu: how many run
	idle chan struct{} // guarded by mu: closed when n returns to zero; nil while it is
}

// do runs f in a goroutine of its own. f must end by itself.
func (w *background) start(f func()) {
	w.mu.Lock()
	if w.n == 0 {
		w.idle = make(chan struct{})
	}
	w.n++
	w.mu.Unlock()
	go func() {
		defer func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.n--; w.n == 0 {
				close(w.idle)
				w.idle = nil
			}
		}()
		f()
	}()
}

// wait returns nil when nothing runs, or the cause of the context's end if that comes
// first.
func (w *background) wait(ctx context.Context) error {
	for {
		w.mu.Lock()
		idle := w.idle
		w.mu.Unlock()
		if idle == nil {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
