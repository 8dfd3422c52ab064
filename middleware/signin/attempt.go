package signin

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// attempt is something that works once, such as a token or a code, being used in
// one browser: a second click, a reload or a connection that broke off must find
// what the first one got. It holds that, for attemptLife and in memory only.
type attempt[T any] struct {
	turn chan struct{} // holds one value while somebody works on the attempt; guards the rest
	got  T
	done bool // got and err are final
	err  error
}

const (
	attemptLife = time.Minute      // how long a second click finds the first one's answer
	attemptTime = 20 * time.Second // how long one round with Stytch may take
	maxAttempts = 10_000           // beyond it, clicks are not brought together
)

// attempts are those of the last minute. The zero value is ready.
type attempts[T any] struct {
	mu  sync.Mutex // guards all
	all map[[sha256.Size]byte]*attempt[T]
}

// get returns the attempt of a key, which holds a secret of the browser: what one
// browser got must never be found by another. An empty key is an attempt of its
// own.
func (as *attempts[T]) get(name string) *attempt[T] {
	a := &attempt[T]{turn: make(chan struct{}, 1)}
	if name == "" {
		return a
	}
	key := sha256.Sum256([]byte(name))
	as.mu.Lock()
	defer as.mu.Unlock()
	if known, ok := as.all[key]; ok {
		return known
	}
	if len(as.all) >= maxAttempts {
		return a
	}
	if as.all == nil {
		as.all = make(map[[sha256.Size]byte]*attempt[T])
	}
	as.all[key] = a
	time.AfterFunc(attemptLife, func() {
		as.mu.Lock()
		defer as.mu.Unlock()
		delete(as.all, key)
	})
	return a
}

// run works on the attempt, one request at a time, until work says that what came of
// it is final. A request that waits gives up with its own context and harms nobody.
func (as *attempts[T]) run(ctx context.Context, key string, work func(*T) (final bool, err error)) (T, error) {
	var nothing T
	a := as.get(key)
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return nothing, &grimoireauth.Error{Op: "sign in", Kind: grimoireauth.ErrUnavailable, Err: ctx.Err()}
	}
	defer func() { <-a.turn }()
	if !a.done {
		a.done, a.err = work(&a.got)
	}
	if a.err != nil {
		return nothing, a.err
	}
	return a.got, nil
}
