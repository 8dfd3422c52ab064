package webhook

import (
	"sync"
	"time"
)

const (
	// maxDelivered bounds the messages of each of the two generations.
	maxDelivered = 1 << 15
	// generation is how long messages go into one generation. The signature of each of them
	// has expired when its generation is dropped, after the same time once more: a copy is
	// accepted for twice the tolerance at most, if the signer's clock is ahead.
	generation = 2 * maxTolerance
)

// delivered are the messages that were handled, so that a copy of one has no effect while
// its signature is accepted. Only messages that were verified get in.
//
// There are two generations. When the newer one is full or old, it takes the place of the
// older one, which is dropped. So a flood of genuine messages makes the memory forget
// early, and never refuse one: a message that is handled twice costs a refresh, and one
// that is not handled leaves a revocation out.
type delivered struct {
	mu           sync.Mutex // guards what follows
	newer, older map[string]struct{}
	rotateAt     time.Time           // when newer is old
	pending      map[string]struct{} // claimed and not finished
}

// A claim says what may be done with a message.
type claim uint8

const (
	claimed     claim = iota // handle it, then call finish
	claimedPast              // it was handled
	claimedNow               // another request handles it at the moment
)

// begin claims a message.
func (d *delivered) begin(id string) claim {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, newer := d.newer[id]
	_, older := d.older[id]
	if newer || older {
		d.remember(id) // this attempt may be signed later than the last, and can be copied as well
		return claimedPast
	}
	if _, ok := d.pending[id]; ok {
		return claimedNow
	}
	if d.pending == nil {
		d.pending = make(map[string]struct{})
	}
	d.pending[id] = struct{}{}
	return claimed
}

// finish ends a claim. A message that was not handled can be delivered again.
func (d *delivered) finish(id string, handled bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.pending, id)
	if handled {
		d.remember(id)
	}
}

// remember is called with the lock held.
func (d *delivered) remember(id string) {
	if now := time.Now(); d.newer == nil || len(d.newer) >= maxDelivered || now.After(d.rotateAt) {
		d.older, d.newer = d.newer, make(map[string]struct{})
		d.rotateAt = now.Add(generation)
	}
	d.newer[id] = struct{}{}
}
