package world

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/internal/backoff"
)

// errand is one step of the history while it is carried out. The name of every event
// that it causes, directly or indirectly, begins with its name.
type errand struct {
	name      string
	seed      Seed
	disturbed atomic.Bool // the network or Stytch failed for it, or people were changed meanwhile

	mu     sync.Mutex // guards counts
	counts map[string]int
}

func newErrand(seed Seed, name string) *errand {
	return &errand{name: name, seed: seed, counts: make(map[string]int)}
}

// next names the next event of a kind. Kinds hold no random id, so that the n-th
// request for a page has one name in every run.
func (e *errand) next(kind string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts[kind]++
	return e.name + " " + kind + " " + strconv.Itoa(e.counts[kind])
}

type errandKey struct{}

// with returns a context that carries the errand.
func (e *errand) with(ctx context.Context) context.Context {
	ctx = backoff.WithJitter(ctx, func(limit time.Duration) time.Duration {
		return time.Duration(e.seed.below(int(limit), e.next("jitter")))
	})
	return context.WithValue(ctx, errandKey{}, e)
}

// String names the errand in the print of a context.
func (e *errand) String() string { return "errand " + e.name }

func errandOf(ctx context.Context) *errand {
	e, _ := ctx.Value(errandKey{}).(*errand)
	return e
}

func nameOf(ctx context.Context) string {
	if e := errandOf(ctx); e != nil {
		return e.name
	}
	return "background"
}

// kindOf is the kind of a call to Stytch: its path without ids.
func kindOf(method, path string) string {
	var kept []string
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/v1/b2b/"), "/") {
		if !strings.ContainsAny(part, "-0123456789") || len(part) < 20 {
			kept = append(kept, part)
		}
	}
	return method + " " + strings.Join(kept, "/")
}
