package jwtlocal

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// keyStore decides when the key set is fetched, and by what right a key is used.
//
// A key that is known never waits for a fetch, as long as the set is young enough
// to be believed at all. A key id that the set does not publish leads to a fetch,
// unless one succeeded within the cool-down, which is knowledge enough to refuse, or
// one failed a moment ago, which is none. Success and failure are counted apart, so
// that neither a flood of invented key ids nor an outage puts off a real rotation for
// longer than one cool-down.
type keyStore struct {
	url      string
	fetcher  fetcher
	work     *background
	observe  grimoireauth.Observe // not nil, and does not panic
	alarm    func(ctx context.Context, problem string, cause error)
	newCache func() *tokenCache
	oldAfter time.Duration // Config.RefreshKeysAfter
	maxAge   time.Duration // Config.MaxKeyAge
	cooldown time.Duration // Config.KeyCooldown

	set     atomic.Pointer[keySet] // nil until there is one
	retryAt atomic.Int64           // Unix nanoseconds until which beginning a fetch behind the traffic is no use

	mu       sync.Mutex
	inflight *fetch        // guarded by mu: the fetch under way, nil if none; when it ends, set is its answer
	failed   time.Time     // guarded by mu: when the last fetch failed, zero after a success
	failures int           // guarded by mu: how many failed in a row
	lastErr  error         // guarded by mu: why, nil after a success
	lastTook time.Duration // guarded by mu: how long the last fetch took that failed

	outage keyOutage

	fetches, fetchFailures atomic.Uint64
}

// fetch is a fetch under way. It belongs to no request: each one that needs its
// outcome waits for it, or leaves.
type fetch struct {
	done chan struct{} // closed when it has ended
	err  error         // why it failed; nil after a success. Set before done is closed

	once sync.Once     // guards late
	late chan struct{} // closed when no request is to wait for it any more
}

func newFetch() *fetch { return &fetch{done: make(chan struct{}), late: make(chan struct{})} }

// release lets the requests go on that wait for the fetch, which goes on as well.
func (f *fetch) release() { f.once.Do(func() { close(f.late) }) }

// wait waits for the end of the fetch, or of ctx, and returns why there is no answer.
func (f *fetch) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-f.late:
		return errKeysLate
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// After a failure the next attempt waits a moment, and longer after the next one,
// but never so long that a recovered Stytch is not noticed within five seconds.
const (
	firstBackOff = time.Second
	lastBackOff  = 5 * time.Second
)

var (
	errKeysNotYet = errors.New("the key set could not be fetched a moment ago")
	errKeysLate   = errors.New("the key set is not answered")
)

// age is how long ago t was, by the wall clock or by the monotonic one, whichever
// says more: a suspended machine stops one of them, a clock set back the other. No
// test shows it, since package time makes no two times whose clocks disagree.
func age(now, t time.Time) time.Duration {
	return max(now.Sub(t), now.Round(0).Sub(t.Round(0)))
}

// current returns the set that may be believed now, nil if there is none. If it has
// grown old, a refresh begins behind the traffic; while that cannot succeed, asking
// for it costs one load, so that an outage does not slow anybody down.
func (s *keyStore) current(ctx context.Context, now time.Time) *keySet {
	set := s.set.Load()
	if set == nil {
		return nil
	}
	switch old := age(now, set.fetched); {
	case old >= s.maxAge:
		return nil
	case (set.seeded || old >= s.oldAfter) && now.UnixNano() >= s.retryAt.Load():
		s.refreshBehind(ctx, set, now)
	}
	return set
}

// renew begins a fetch behind the traffic, unless old has been replaced meanwhile.
func (s *keyStore) refreshBehind(ctx context.Context, old *keySet, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set.Load() == old {
		s.begin(ctx, now)
	}
}

// find returns the key with this id, and the set that knows it. The key may be
// retired. A nil key without an error: the project publishes no such key. An error:
// it could not be found out. known is the set that may be believed now, nil if there
// is none; now is when the token came.
func (s *keyStore) find(ctx context.Context, known *keySet, id string, now time.Time) (k *key, set *keySet, retired bool, err error) {
	if known != nil && known.byID[id] != nil {
		return known.byID[id], known, false, nil
	}
	// A fetch under way may have been begun before the token came, and the next one
	// was not: two answers are enough for the last word.
	for {
		set, better, err := s.lookUp(ctx, id, now)
		if better != nil {
			err = better.wait(ctx)
		}
		switch {
		case err != nil && ctx.Err() == nil && s.isTrusted(set, now) && set.retired[id] != nil:
			return set.retired[id], set, true, nil
		case err != nil:
			return nil, nil, false, err
		case better == nil:
			k, retired := set.find(id)
			return k, set, retired, nil
		}
	}
}

// look returns the set, and the fetch that may know better than the set does about
// the key, nil if the set has the last word; a failed fetch may be too recent for
// another one. All of it is one observation: a fetch that ends between two would
// leave a token refused by the set that the fetch has replaced.
func (s *keyStore) lookUp(ctx context.Context, id string, now time.Time) (set *keySet, better *fetch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if set = s.set.Load(); s.isConclusive(set, id, now) {
		return set, nil, nil
	}
	if better = s.begin(ctx, now); better == nil {
		return set, nil, errKeysNotYet
	}
	return set, better, nil
}

// settles reports whether the set has the last word about a key, so that asking again
// is no use: it publishes the key, or it was asked for after the token came, or within
// the cool-down before that and no fetch is under way. Seed keys were never asked for.
// The cool-down counts from when the set was asked for: a failure does not begin
// another, since begin spaces those by itself. mu is held.
func (s *keyStore) isConclusive(set *keySet, id string, now time.Time) bool {
	switch {
	case !s.isTrusted(set, now):
		return false
	case set.byID[id] != nil:
		return true
	case set.seeded:
		return false
	case !set.fetched.Before(now):
		return true
	}
	return s.inflight == nil && age(now, set.fetched) < s.cooldown
}

// believes reports whether a set may be believed at all. What is fetched after the
// token came may be, however long it took.
func (s *keyStore) isTrusted(set *keySet, now time.Time) bool {
	return set != nil && age(now, set.fetched) < s.maxAge
}

// begin returns the fetch under way, which it starts if there is none, or nil if
// the last one failed too recently. mu is held.
func (s *keyStore) begin(ctx context.Context, now time.Time) *fetch {
	if s.inflight != nil {
		return s.inflight
	}
	if !s.failed.IsZero() && now.Sub(s.failed) < s.backOff() {
		return nil
	}
	flight := newFetch()
	s.inflight = flight
	s.retryAt.Store(now.Add(fetchDeadline).UnixNano())
	// The fetch outlives whoever began it: its own deadline ends it.
	ctx = context.WithoutCancel(ctx)
	s.work.start(func() { s.run(ctx, flight) })
	return flight
}

// backOff is how long the next attempt waits after the last failure. mu is held.
func (s *keyStore) backOff() time.Duration {
	wait := firstBackOff
	for i := 1; i < s.failures && wait < lastBackOff; i++ {
		wait *= 2
	}
	// A fetch that hung was time in which the end of an outage was not noticed.
	if most := lastBackOff - s.lastTook - probePause; s.lastTook > probePause {
		return max(min(wait, most), probePause)
	}
	return min(wait, lastBackOff)
}

// wait says how long whoever could not find out should wait.
func (s *keyStore) wait() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed.IsZero() {
		return firstBackOff
	}
	return s.backOff()
}

func (s *keyStore) run(ctx context.Context, flight *fetch) {
	began := time.Now()
	p, err := s.outage.observe(ctx, flight, func(ctx context.Context) (parsed, error) { return s.fetcher.fetch(ctx, s.url) })
	s.fetches.Add(1)

	s.mu.Lock()
	s.inflight, flight.err = nil, err
	if s.lastErr = err; err == nil {
		s.failed, s.failures = time.Time{}, 0
		s.set.Store(nextSet(s.set.Load(), p, began, s.newCache))
	} else {
		s.failed = time.Now()
		s.lastTook = s.failed.Sub(began)
		s.failures++
		s.retryAt.Store(s.failed.Add(s.backOff()).UnixNano())
		s.fetchFailures.Add(1)
	}
	s.mu.Unlock()
	close(flight.done)

	s.observe(ctx, grimoireauth.KeysFetched{Keys: len(p.keys), Took: time.Since(began), Err: err})
	if p.private {
		s.alarm(ctx, "Stytch publishes a signing key together with its private half: the key is not used; tell Stytch", nil)
	}
}

// plant makes the seed keys the first set.
func (s *keyStore) seed(p parsed, now time.Time) {
	set := nextSet(nil, p, now, s.newCache)
	set.seeded = true
	s.set.Store(set)
}
