package keys

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
	"github.com/promptgrimoire/auth/internal/breaker"
)

// Config is what a [Store] needs. All fields but Transport are required.
type Config[C any] struct {
	URL          string
	Transport    http.RoundTripper // see [NewFetcher]
	RefreshAfter time.Duration     // the age from which the set is fetched again in the background
	MaxAge       time.Duration     // the age from which the set is not trusted
	Cooldown     time.Duration     // the least time between two fetches caused by unknown key ids
	NewCache     func() C          // see [Set].Cache
	Go           func(func())      // runs a function in the background
	// Observe must not panic.
	Observe grimoireauth.Observe
	Alarm   func(ctx context.Context, problem string, cause error)
}

// Store decides when the key set is fetched, and which key may verify a token. It is safe
// for concurrent use and starts no fetch before the first token.
//
// A known key never waits for a fetch, as long as the set is young enough to be trusted. An
// unknown key id causes a fetch, unless one succeeded within the cooldown (the id is then
// rejected) or failed a moment ago (the answer is then "unavailable"). Success and failure
// are counted apart: neither a flood of invented key ids nor an outage delays a rotation by
// more than one cooldown.
//
// Invariant: whether the set has the last word about a key id, and whether a fetch is in
// flight, is decided under one lock.
type Store[C any] struct {
	config  Config[C]
	fetcher Fetcher
	outage  outage

	set     atomic.Pointer[Set[C]] // nil until there is one
	retryAt atomic.Int64           // Unix nanoseconds; until then no fetch starts in the background

	mu       sync.Mutex    // guards what follows
	inflight *inflight     // nil if no fetch runs; when it ends, set is its answer
	failed   time.Time     // when the last fetch failed; zero after a success
	failures int           // how many failed in a row
	lastErr  error         // why the last one failed; nil after a success
	lastTook time.Duration // how long the last failed fetch took

	fetches, fetchFailures atomic.Uint64
}

// NewStore returns a Store. It makes no network call.
func NewStore[C any](config Config[C]) *Store[C] {
	s := &Store[C]{config: config, fetcher: NewFetcher(config.Transport)}
	s.outage.breaker.Changed = func(state breaker.State) { config.Observe(context.Background(), outageEvent(state)) }
	return s
}

// Seed makes the keys of a configuration the first set.
func (s *Store[C]) Seed(d Document, now time.Time) {
	set := s.set.Load().Next(d, now, s.config.NewCache)
	set.Seeded = true
	s.set.Store(set)
}

// inflight is a fetch that runs. Requests share it: each waits for its end or leaves.
type inflight struct {
	done chan struct{} // closed when it has ended
	err  error         // why it failed; nil after a success. Set before done is closed

	once     sync.Once     // guards released
	released chan struct{} // closed when requests are to wait no longer
}

func newInflight() *inflight {
	return &inflight{done: make(chan struct{}), released: make(chan struct{})}
}

// release lets the requests go on that wait for the fetch. The fetch goes on as well.
func (f *inflight) release() { f.once.Do(func() { close(f.released) }) }

// wait waits for the end of the fetch or of ctx, and returns why there is no answer.
func (f *inflight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-f.released:
		return errNoAnswer
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// The pauses after failures. The longest one is short enough that the end of an outage is
// noticed within five seconds.
const (
	firstPause   = time.Second
	longestPause = 5 * time.Second
)

var (
	errFailedBefore = errors.New("the key set could not be fetched a moment ago")
	errNoAnswer     = errors.New("the key set is not answered")
)

// age is how long ago t was, by the wall clock or the monotonic clock, whichever is longer:
// a suspended machine stops one of them, a clock that is set back the other. No test shows
// it, since package time cannot make two times whose clocks disagree.
func age(now, t time.Time) time.Duration {
	return max(now.Sub(t), now.Round(0).Sub(t.Round(0)))
}

// Current returns the set that may be trusted now, nil if there is none. If the set is due
// for a refresh, a fetch starts in the background. While that cannot succeed, the check
// costs one atomic load, so an outage slows no request down.
func (s *Store[C]) Current(ctx context.Context, now time.Time) *Set[C] {
	set := s.set.Load()
	if set == nil {
		return nil
	}
	switch old := age(now, set.Fetched); {
	case old >= s.config.MaxAge:
		return nil
	case (set.Seeded || old >= s.config.RefreshAfter) && now.UnixNano() >= s.retryAt.Load():
		s.refreshInBackground(ctx, set, now)
	}
	return set
}

// refreshInBackground starts a fetch unless old has been replaced meanwhile.
func (s *Store[C]) refreshInBackground(ctx context.Context, old *Set[C], now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set.Load() == old {
		s.start(ctx, now)
	}
}

// Match is the key that a token names, and the set that knows it.
type Match[C any] struct {
	Key     *Key // nil: the project publishes no such key
	Set     *Set[C]
	Retired bool // the key was published earlier
}

// Find returns the key with this id. An error means that it could not be found out. known
// is what [Store.Current] returned; now is when the token came.
func (s *Store[C]) Find(ctx context.Context, known *Set[C], id string, now time.Time) (Match[C], error) {
	if known != nil && known.ByID[id] != nil {
		return Match[C]{Key: known.ByID[id], Set: known}, nil
	}
	// A fetch in flight may have started before the token came. The next one did not, so
	// the second answer is conclusive.
	for {
		set, better, err := s.lookUp(ctx, id, now)
		if better != nil {
			err = better.wait(ctx)
		}
		switch {
		case err != nil && ctx.Err() == nil && s.isTrusted(set, now) && set.Retired[id] != nil:
			return Match[C]{Key: set.Retired[id], Set: set, Retired: true}, nil
		case err != nil:
			return Match[C]{}, err
		case better == nil && set.ByID[id] != nil:
			return Match[C]{Key: set.ByID[id], Set: set}, nil
		case better == nil:
			return Match[C]{Key: set.Retired[id], Set: set, Retired: set.Retired[id] != nil}, nil
		}
	}
}

// lookUp returns the set, and the fetch whose answer may say more about the key; nil if the
// set is conclusive. It returns an error if a fetch failed too recently. Both are read
// under one lock: a fetch that ended between two reads would leave a token rejected by the
// set that the fetch has replaced.
func (s *Store[C]) lookUp(ctx context.Context, id string, now time.Time) (set *Set[C], better *inflight, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if set = s.set.Load(); s.isConclusive(set, id, now) {
		return set, nil, nil
	}
	if better = s.start(ctx, now); better == nil {
		return set, nil, errFailedBefore
	}
	return set, better, nil
}

// isConclusive reports whether another fetch could say nothing new about a key id: the set
// publishes the key, or was requested after the token came, or within the cooldown before
// that while no fetch is in flight. A seeded set was never requested. The cooldown counts
// from the request of the set; failures have pauses of their own. mu is held.
func (s *Store[C]) isConclusive(set *Set[C], id string, now time.Time) bool {
	switch {
	case !s.isTrusted(set, now):
		return false
	case set.ByID[id] != nil:
		return true
	case set.Seeded:
		return false
	case !set.Fetched.Before(now):
		return true
	}
	return s.inflight == nil && age(now, set.Fetched) < s.config.Cooldown
}

// isTrusted reports whether a set may be used at all. A set that was requested after the
// token came may be, however long its fetch took.
func (s *Store[C]) isTrusted(set *Set[C], now time.Time) bool {
	return set != nil && age(now, set.Fetched) < s.config.MaxAge
}

// start returns the fetch in flight, and starts one if there is none. It returns nil if the
// last one failed too recently. mu is held.
func (s *Store[C]) start(ctx context.Context, now time.Time) *inflight {
	if s.inflight != nil {
		return s.inflight
	}
	if !s.failed.IsZero() && now.Sub(s.failed) < s.pause() {
		return nil
	}
	f := newInflight()
	s.inflight = f
	s.retryAt.Store(now.Add(FetchDeadline).UnixNano())
	// The fetch outlives the request that started it; its own deadline ends it.
	ctx = context.WithoutCancel(ctx)
	s.config.Go(func() { s.run(ctx, f) })
	return f
}

// pause is how long the next fetch waits after the last failure. mu is held.
func (s *Store[C]) pause() time.Duration {
	wait := backoff.Pause(firstPause, longestPause, s.failures-1)
	// While a fetch hung, the end of an outage was not noticed.
	if most := longestPause - s.lastTook - probePause; s.lastTook > probePause {
		return max(min(wait, most), probePause)
	}
	return wait
}

// RetryAfter is how long a caller that got an error should wait.
func (s *Store[C]) RetryAfter() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed.IsZero() {
		return firstPause
	}
	return s.pause()
}

// run makes a fetch and publishes its outcome.
func (s *Store[C]) run(ctx context.Context, f *inflight) {
	began := time.Now()
	d, err := s.outage.do(ctx, f, func(ctx context.Context) (Document, error) { return s.fetcher.Fetch(ctx, s.config.URL) })
	s.fetches.Add(1)

	s.mu.Lock()
	s.inflight, f.err = nil, err
	if s.lastErr = err; err == nil {
		s.failed, s.failures = time.Time{}, 0
		s.set.Store(s.set.Load().Next(d, began, s.config.NewCache))
	} else {
		s.failed = time.Now()
		s.lastTook = s.failed.Sub(began)
		s.failures++
		s.retryAt.Store(s.failed.Add(s.pause()).UnixNano())
		s.fetchFailures.Add(1)
	}
	s.mu.Unlock()
	close(f.done)

	s.config.Observe(ctx, grimoireauth.KeysFetched{Keys: len(d.Keys), Took: time.Since(began), Err: err})
	if d.Private {
		s.config.Alarm(ctx, "Stytch publishes a signing key together with its private half: the key is not used; tell Stytch", nil)
	}
}

// Stats is a snapshot of a [Store].
type Stats[C any] struct {
	Set                    *Set[C]       // the last one, also if it is too old to be trusted; nil if there is none
	Age                    time.Duration // of Set
	Fetches, FetchFailures uint64
	LastError              error     // why the last fetch failed; nil if it did not
	OutageSince            time.Time // zero if no outage is known
}

// Stats returns a snapshot.
func (s *Store[C]) Stats() Stats[C] {
	stats := Stats[C]{Set: s.set.Load(), Fetches: s.fetches.Load(), FetchFailures: s.fetchFailures.Load()}
	if stats.Set != nil {
		stats.Age = age(time.Now(), stats.Set.Fetched)
	}
	if open := s.outage.breaker.Open(); len(open) > 0 {
		stats.OutageSince = open[0].Since
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stats.LastError = s.lastErr
	return stats
}
