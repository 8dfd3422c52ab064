// Package once runs work that succeeds only once, such as the redemption of a one-time
// token, and gives its result to the requests that ask for the same again: a second
// click, a reload, or a retry after a lost connection.
package once

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	life   = time.Minute // how long a result is kept, in memory only
	maxAll = 10_000      // results at a time; beyond it each call does its own work
)

// A Group holds the results of the last minute. It is safe for concurrent use. The zero
// value is ready.
type Group[T any] struct {
	mu  sync.Mutex // guards all
	all map[[sha256.Size]byte]*result[T]
}

// result is the work for one key.
type result[T any] struct {
	turn  chan struct{} // holds one value while a call works; guards the rest
	got   T
	err   error
	final bool // got and err do not change any more
}

// Do returns the result for key. Calls with the same key take turns at the work, until
// it reports that its result is final. The work gets what earlier turns have left, so
// that it can go on from there. The error of a call whose context ends while it waits
// for its turn matches [grimoireauth.ErrUnavailable].
//
// The key has to contain a secret of the browser, so that no other browser gets its
// result. An empty key is shared with no other call.
func (g *Group[T]) Do(ctx context.Context, key string, work func(*T) (final bool, err error)) (T, error) {
	var none T
	r := g.result(key)
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return none, &grimoireauth.Error{Op: "sign in", Kind: grimoireauth.ErrUnavailable, Err: ctx.Err()}
	}
	defer func() { <-r.turn }()
	if !r.final {
		r.final, r.err = work(&r.got)
	}
	if r.err != nil {
		return none, r.err
	}
	return r.got, nil
}

// result returns the result that the calls with this key share.
func (g *Group[T]) result(key string) *result[T] {
	r := &result[T]{turn: make(chan struct{}, 1)}
	if key == "" {
		return r
	}
	sum := sha256.Sum256([]byte(key))
	g.mu.Lock()
	defer g.mu.Unlock()
	if known, ok := g.all[sum]; ok {
		return known
	}
	if len(g.all) >= maxAll {
		return r
	}
	if g.all == nil {
		g.all = make(map[[sha256.Size]byte]*result[T])
	}
	g.all[sum] = r
	time.AfterFunc(life, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.all, sum)
	})
	return r
}
