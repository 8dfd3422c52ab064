package signin

import (
	"context"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	allowedLife = time.Minute     // how long an answer is believed, also "no such class"
	outageLife  = 5 * time.Second // how long no call is made after a failure
	allowedTime = 3 * time.Second // how long a page waits for an answer
	maxClasses  = 10_000          // classes that exist, each at about a kilobyte
	maxNames    = 1000            // other names, each at about 300 bytes
)

// classWays are the answers of the last minute, so that strangers who open pages
// cannot make the server ask Stytch each time. A name that no class has takes no place
// from a class that exists, and asking about one is limited: see [Limiter]. The zero
// value is ready.
type classWays struct {
	mu      sync.Mutex // guards the rest, and what is in them
	classes map[string]*classAnswer
	names   map[string]*classAnswer
}

type classAnswer struct {
	allowed
	found  bool // it is Stytch's answer, and better than none when it is old
	fresh  time.Time
	asking chan struct{} // closed when the call that is being made has ended; nil: none is
}

// classQuestion is how a class is asked about.
type classQuestion struct {
	reserve func(context.Context) error // for a name that no class is known to have
	release func(context.Context)       // it was the name of a class, or no call was made
	ask     func(context.Context, string) (allowed, error)
}

// of returns what the class allows. It asks once for all who want to know at the
// same time; a request that cannot wait gets what is known.
func (c *classWays) of(ctx context.Context, class string, q classQuestion) allowed {
	reserved, asks := false, false
	defer func() {
		if reserved && !asks {
			q.release(ctx) // another request has asked
		}
	}()
	for tries := 0; ; tries++ {
		c.mu.Lock()
		known := c.known(class)
		switch {
		case known != nil && (time.Now().Before(known.fresh) || known.asking != nil && known.found):
			defer c.mu.Unlock()
			return known.allowed
		case known != nil && known.asking != nil:
			asking := known.asking
			c.mu.Unlock()
			select {
			case <-asking:
			case <-ctx.Done():
				return allowedOutage
			}
			if tries < 2 {
				continue // the other request may have been refused because of its own address
			}
			return allowedOutage
		case (known == nil || !known.found) && !reserved:
			c.mu.Unlock()
			if err := q.reserve(ctx); err != nil {
				return notAsked(err)
			}
			reserved = true
			continue // another request may ask by now
		}
		if known == nil {
			known = &classAnswer{allowed: allowedOutage}
			c.put(class, known)
		}
		asking := make(chan struct{})
		known.asking = asking
		c.mu.Unlock()
		if asks = true; !reserved {
			q.release = func(context.Context) {}
		}
		return c.ask(ctx, class, known, asking, q)
	}
}

// notAsked is what is known of a class about which this request may not ask.
func notAsked(err error) allowed {
	may := allowedOutage
	may.refused = err
	return may
}

// ask asks, and keeps the answer.
func (c *classWays) ask(ctx context.Context, class string, known *classAnswer, asking chan struct{}, q classQuestion) allowed {
	// Others wait for this answer, so it does not end with this request.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), allowedTime)
	defer cancel()
	answer, err := allowed{}, error(grimoireauth.ErrUnavailable) // also if it panics
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		known.asking = nil
		close(asking)
		_, own := ours(err)
		switch {
		case err == nil:
			known.allowed, known.found, known.fresh = answer, true, time.Now().Add(allowedLife)
			if answer.exactly(class) {
				delete(c.names, class)
				c.put(class, known)
			}
		case own: // says nothing to those with another address
			if !known.found {
				delete(c.names, class)
			}
		case unknown(err):
			known.fresh = time.Now().Add(outageLife)
		default:
			known.allowed, known.found, known.fresh = allowedUnknown, false, time.Now().Add(allowedLife)
			delete(c.classes, class)
			c.put(class, known)
		}
	}()
	answer, err = q.ask(ctx, class)
	_, own := ours(err)
	switch {
	case err == nil:
		q.release(ctx)
		return answer
	case unknown(err):
		c.mu.Lock()
		defer c.mu.Unlock()
		if own && !known.found {
			return notAsked(err)
		}
		return known.allowed
	}
	return allowedUnknown
}

// known returns what is known of a class. mu is held.
func (c *classWays) known(class string) *classAnswer {
	if known := c.classes[class]; known != nil {
		return known
	}
	return c.names[class]
}

// put keeps an answer, in the place of an older one if there is no room. mu is held.
func (c *classWays) put(class string, known *classAnswer) {
	if c.classes == nil {
		c.classes, c.names = make(map[string]*classAnswer), make(map[string]*classAnswer)
	}
	table, most := c.names, maxNames
	if known.found && known.exactly(class) {
		table, most = c.classes, maxClasses
	}
	if _, there := table[class]; !there && len(table) >= most {
		makeRoom(table)
	}
	table[class] = known
}

// makeRoom forgets an answer: one that no request waits for and, of the few that it
// looks at, the oldest. A map is gone through in no order that strangers know.
func makeRoom(table map[string]*classAnswer) {
	const few = 16
	oldest, looked := "", 0
	for class, known := range table {
		if known.asking == nil && (oldest == "" || known.fresh.Before(table[oldest].fresh)) {
			oldest = class
		}
		if looked++; looked >= few && oldest != "" {
			break
		}
	}
	delete(table, oldest)
}
