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
// to be believed at all. An unknown key id leads to a fetch, unless one succeeded
// within the cool-down, which is knowledge enough to refuse, or one failed a moment
// ago, which is none. Success and failure are counted apart, so that neither a
// flood of invented key ids nor an outage puts off a real rotation for longer than
// one cool-down.
type keyStore struct {
	url      string
	fetcher  fetcher
	work     *work
	observe  grimoireauth.Observe // not nil, and does not panic
	newSeen  func() *seen
	oldAfter time.Duration // Config.RefreshKeysAfter
	maxAge   time.Duration // Config.MaxKeyAge
	cooldown time.Duration // Config.KeyCooldown

	set   atomic.Pointer[keySet] // nil until there is one
	quiet atomic.Int64           // Unix nanoseconds until which beginning a fetch behind the traffic is no use

	mu       sync.Mutex
	flight   *fetch    // guarded by mu: the fetch under way, nil if none
	asked    time.Time // guarded by mu: when the last answer that was taken over was asked for
	failed   time.Time // guarded by mu: when the last fetch failed, zero after a success
	failures int       // guarded by mu: how many failed in a row
	lastErr  error     // guarded by mu: why, nil after a success

	fetches, fetchFailures atomic.Uint64
}

// fetch is a fetch under way. It belongs to nobody: whoever needs its outcome
// waits for done, or leaves.
type fetch struct{ done chan struct{} }

// After a failure the next attempt waits a moment, and longer after the next one,
// but never so long that a recovered Stytch is not noticed within five seconds.
const (
	firstBackOff = time.Second
	lastBackOff  = 5 * time.Second
)

var errKeysNotYet = errors.New("the key set could not be fetched a moment ago")

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
	case (set.seeded || old >= s.oldAfter) && now.UnixNano() >= s.quiet.Load():
		s.begin(ctx, now)
	}
	return set
}

// find returns the key with this id, and the set it is in. The key may be retired.
// A nil key without an error: the project publishes no such key. An error: nobody
// could find out, and how long to wait before trying again.
func (s *keyStore) find(ctx context.Context, id string, now time.Time) (k *key, set *keySet, retired bool, err error) {
	if set = s.current(ctx, now); set == nil {
		if err := s.await(ctx, now); err != nil {
			return nil, nil, false, err
		}
		// What has just been fetched may be believed, however long it took.
		set = s.set.Load()
	}
	if k, ok := set.byID[id]; ok {
		return k, set, false, nil
	}
	if k, ok := set.retired[id]; ok {
		return k, set, true, nil
	}
	if !s.mayAskAgain(now) {
		return nil, set, false, nil
	}
	err = s.await(ctx, now)
	set = s.set.Load()
	if k, ok := set.byID[id]; ok {
		return k, set, false, nil
	}
	return nil, set, false, err
}

// mayAskAgain reports whether the cool-down after the last success is over. A failure
// does not begin another: begin spaces those by themselves.
func (s *keyStore) mayAskAgain(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flight != nil || now.Sub(s.asked) >= s.cooldown
}

// await begins a fetch, or joins the one under way, and waits for its outcome.
func (s *keyStore) await(ctx context.Context, now time.Time) error {
	flight := s.begin(ctx, now)
	if flight == nil {
		return errKeysNotYet
	}
	select {
	case <-flight.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastErr
}

// begin returns the fetch under way, which it starts if there is none, or nil if
// the last one failed too recently.
func (s *keyStore) begin(ctx context.Context, now time.Time) *fetch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != nil {
		return s.flight
	}
	if !s.failed.IsZero() && now.Sub(s.failed) < s.backOff() {
		return nil
	}
	flight := &fetch{done: make(chan struct{})}
	s.flight = flight
	s.quiet.Store(now.Add(fetchDeadline).UnixNano())
	// The fetch outlives whoever began it: its own deadline ends it.
	ctx = context.WithoutCancel(ctx)
	s.work.do(func() { s.run(ctx, flight) })
	return flight
}

// backOff is how long the next attempt waits after the last failure. mu is held.
func (s *keyStore) backOff() time.Duration {
	wait := firstBackOff
	for i := 1; i < s.failures && wait < lastBackOff; i++ {
		wait *= 2
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
	p, err := s.fetcher.fetch(ctx, s.url)
	s.fetches.Add(1)

	s.mu.Lock()
	s.flight = nil
	if s.lastErr = err; err == nil {
		s.asked, s.failed, s.failures = began, time.Time{}, 0
		s.set.Store(follow(s.set.Load(), p, began, s.newSeen))
	} else {
		s.failed = time.Now()
		s.failures++
		s.quiet.Store(s.failed.Add(s.backOff()).UnixNano())
		s.fetchFailures.Add(1)
	}
	s.mu.Unlock()
	close(flight.done)

	s.observe(ctx, grimoireauth.KeysFetched{Keys: len(p.keys), Took: time.Since(began), Err: err})
	if p.private {
		s.observe(ctx, grimoireauth.OperatorAlarm{
			Problem: "Stytch publishes a signing key together with its private half: the key is not used; tell Stytch",
		})
	}
}

// plant makes the seed keys the first set.
func (s *keyStore) plant(p parsed, now time.Time) {
	set := follow(nil, p, now, s.newSeen)
	set.seeded = true
	s.set.Store(set)
}
