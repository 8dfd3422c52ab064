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

// Verifier checks session_jwts of one project and refreshes them. Make it with [New]. It is
// safe for concurrent use.
type Verifier struct {
	config     Config
	rules      rules
	keys       *keys.Store[*tokenCache]
	background background
	strings    interner

	hits, misses counter
	rejected     [reasonCount]atomic.Uint64

	records       records  // what is known about each session_token
	limiter       *limiter // of calls to Stytch
	freshTokens   freshTokens
	endedSessions MemoryRevocations // sessions that have ended, as Stytch answered
	watches       watches
	foreignIssuer atomic.Pointer[foreignIssuer] // the last one that was looked at
	statusAt      statusAt                      // Config.Revocations, if it needs the time

	alarms alarm.Limit
}

// New returns a Verifier. It makes no network call; the first token causes the first one.
// Its error joins all faults of the configuration and matches [grimoireauth.ErrInvalid].
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
	v.endedSessions.Subscribe(v.watches.revoked)
	if r, ok := config.Revocations.(interface {
		Subscribe(func(grimoireauth.Revocation))
	}); ok {
		r.Subscribe(v.watches.revoked)
	}
	v.statusAt, _ = config.Revocations.(statusAt)
	if len(config.SeedKeys) > 0 {
		seed, err := keys.Parse(config.SeedKeys)
		if err != nil {
			return nil, &grimoireauth.Error{Op: "configure jwtlocal", Kind: grimoireauth.ErrInvalid, Err: err}
		}
		v.keys.Seed(seed, time.Now())
	}
	return v, nil
}

// Wait blocks until the background key fetches and refreshes have ended, or until the
// context ends; its error is then the cause of that. Each fetch and refresh has a deadline
// of a few seconds. Wait is for tests and for an orderly shutdown.
func (v *Verifier) Wait(ctx context.Context) error { return v.background.wait(ctx) }

func (v *Verifier) observe(ctx context.Context, event grimoireauth.Event) {
	if v.config.Observe != nil {
		v.config.Observe(ctx, event)
	}
}

// observeSafely is observe for events in the background, where no handler recovers a panic
// of Config.Observe: it would end the process, or leave requests waiting.
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
		v.observeAlarm(ctx, problem, cause, count)
	}
}

func (v *Verifier) observeAlarm(ctx context.Context, problem string, cause error, count int) {
	v.observeSafely(ctx, grimoireauth.OperatorAlarm{Problem: problem, Err: cause, Count: count})
}

const alarmClock = "this machine's clock is off, and genuine session_jwts cannot be used: all users are told that the service is unavailable; set the clock by NTP"

// alarmClockOff raises an alarm once a minute, with the largest error that was measured
// since the last one.
func (v *Verifier) alarmClockOff(ctx context.Context, off *clockError) {
	count, worst := v.alarms.Measured(alarmClock, off.signed())
	if count == 0 {
		return
	}
	off = newClockError(worst.Abs(), worst < 0)
	v.config.logger().WarnContext(ctx, "session_jwts cannot be used", slog.String("reason", off.Error()), slog.Int("count", count), slog.String("do", "set the clock by NTP"))
	v.observeSafely(ctx, grimoireauth.OperatorAlarm{Problem: alarmClock, Err: off, Count: count, ClockError: worst})
}

// background counts the goroutines of a Verifier, so that Wait can wait for their end. A
// sync.WaitGroup must not be added to while a goroutine waits for it to become zero.
type background struct {
	mu   sync.Mutex    // guards what follows
	n    int           // how many run
	idle chan struct{} // closed when n returns to zero; nil while it is zero
}

// start runs f, which ends by itself, in a goroutine.
func (b *background) start(f func()) {
	b.mu.Lock()
	if b.n == 0 {
		b.idle = make(chan struct{})
	}
	b.n++
	b.mu.Unlock()
	go func() {
		defer func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.n--; b.n == 0 {
				close(b.idle)
				b.idle = nil
			}
		}()
		f()
	}()
}

// wait returns nil when no goroutine runs, or the cause of the end of ctx if that comes
// first.
func (b *background) wait(ctx context.Context) error {
	for {
		b.mu.Lock()
		idle := b.idle
		b.mu.Unlock()
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
