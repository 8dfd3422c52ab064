package signin

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// redemption is something that works once, such as a token or a code, being used in
// one browser: a second click, a reload or a connection that broke off must find
// what the first one got. It holds that, for redemptionLife and in memory only.
type redemption[T any] struct {
	turn chan struct{} // holds one value while somebody works on it; guards the rest
	got  T
	done bool // got and err are final
	err  error
}

const (
	redemptionLife = time.Minute      // how long a second click finds the first one's answer
	redemptionTime = 20 * time.Second // how long one round with Stytch may take
	maxRedemptions = 10_000           // beyond it, clicks are not brought together
)

// redemptions are those of the last minute. The zero value is ready.
type redemptions[T any] struct {
	mu  sync.Mutex // guards all
	all map[[sha256.Size]byte]*redemption[T]
}

// get returns the redemption of a key, which holds a secret of the browser: what one
// browser got must never be found by another. An empty key is one of its
// own.
func (as *redemptions[T]) get(name string) *redemption[T] {
	a := &redemption[T]{turn: make(chan struct{}, 1)}
	if name == "" {
		return a
	}
	key := sha256.Sum256([]byte(name))
	as.mu.Lock()
	defer as.mu.Unlock()
	if known, ok := as.all[key]; ok {
		return known
	}
	if len(as.all) >= maxRedemptions {
		return a
	}
	if as.all == nil {
		as.all = make(map[[sha256.Size]byte]*redemption[T])
	}
	as.all[key] = a
	time.AfterFunc(redemptionLife, func() {
		as.mu.Lock()
		defer as.mu.Unlock()
		delete(as.all, key)
	})
	return a
}

// run works on the redemption, one request at a time, until work says that what came of
// it is final. A request that waits gives up with its own context and harms nobody.
func (as *redemptions[T]) run(ctx context.Context, key string, work func(*T) (final bool, err error)) (T, error) {
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
