package signin

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// attempt is one token or code being used in one browser. It works once, so a
// second click, a reload or a connection that broke off must find what the first
// one got. It holds the new credentials, for attemptLife and in memory only.
type attempt struct {
	turn     chan struct{} // holds one value while somebody works on the attempt; guards the rest
	redeemed bool          // the token or code has been spent on signedIn
	signedIn grimoireauth.SignedIn
	done     bool // signedIn and err are final
	err      error
}

const (
	attemptLife = time.Minute      // how long a second click finds the first one's answer
	attemptTime = 20 * time.Second // how long one round with Stytch may take
	maxAttempts = 10_000           // beyond it, clicks are not brought together
)

// attempts are those of the last minute. The zero value is ready.
type attempts struct {
	mu  sync.Mutex // guards all
	all map[[sha256.Size]byte]*attempt
}

// get returns the attempt of a key, which holds a secret of the browser: what one
// browser got must never be found by another. An empty key is an attempt of its
// own.
func (as *attempts) get(name string) *attempt {
	a := &attempt{turn: make(chan struct{}, 1)}
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
		as.all = make(map[[sha256.Size]byte]*attempt)
	}
	as.all[key] = a
	time.AfterFunc(attemptLife, func() {
		as.mu.Lock()
		defer as.mu.Unlock()
		delete(as.all, key)
	})
	return a
}

// run works on the attempt, one request at a time, until it is final. A request
// that waits gives up with its own context and harms nobody.
func (as *attempts) run(ctx context.Context, key string, work func(*attempt) error) (grimoireauth.SignedIn, error) {
	a := as.get(key)
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return grimoireauth.SignedIn{}, &grimoireauth.Error{Op: "sign in", Kind: grimoireauth.ErrUnavailable, Err: ctx.Err()}
	}
	defer func() { <-a.turn }()
	if !a.done {
		a.err = work(a)
		a.done = a.err == nil || !unknown(a.err)
	}
	if a.err != nil {
		return grimoireauth.SignedIn{}, a.err
	}
	return a.signedIn, nil
}
