package webhook

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Message is what every endpoint receives about one change.
type Message struct {
	ID        string // "msg_…", the same at each attempt
	EventType string // such as "direct.member.update"
	Body      []byte
}

// Attempt is one delivery that was tried.
type Attempt struct {
	Message
	URL    string
	Number int    // from 1
	Status int    // zero if there was no answer
	Failed string // why it counts as failed; empty if it does not
	At     time.Time
}

// retries are the pauses before the attempts after the first one. After the last one
// the message is given up.
// Source: https://docs.svix.com/retries
var retries = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
}

// kept bounds what waits and what is remembered of the attempts. Of more the oldest are
// forgotten.
const kept = 10_000

// waiting is a message that one endpoint has not accepted yet.
type waiting struct {
	Message
	tries int       // so far
	due   time.Time // of the next one
	order int64     // in which the messages were added
	clear int       // how often the queue had been cleared then
}

// Queue holds what one endpoint is to receive. It starts nothing: [Queue.Run], which the
// caller owns, or [Queue.Deliver] makes the attempts.
type Queue struct {
	endpoint Endpoint

	mu       sync.Mutex // guards all below
	waiting  []waiting  // the one that is due first is the first
	attempts []Attempt  // oldest first
	order    int64
	clears   int
	added    chan struct{} // has a token if a message came since Run last looked
}

// NewQueue returns an empty queue.
func NewQueue(endpoint Endpoint) *Queue {
	return &Queue{endpoint: endpoint, added: make(chan struct{}, 1)}
}

// Add puts a message at the end. It never waits.
func (q *Queue) Add(m Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.order++
	q.insert(waiting{Message: m, due: time.Now(), order: q.order, clear: q.clears})
	select {
	case q.added <- struct{}{}:
	default:
	}
}

// Attempts returns what was tried, oldest first.
func (q *Queue) Attempts() []Attempt {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.attempts)
}

// Waiting returns how many messages were not accepted yet and will be tried again.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Clear forgets the messages and the attempts, also of a message that is on its way.
func (q *Queue) Clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting, q.attempts = nil, nil
	q.clears++
}

// forgot reports whether the queue was cleared since the message was added.
func (q *Queue) forgot(w waiting) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return w.clear != q.clears
}

// Deliver tries every message once now, whatever its pause, also those that come while it
// does. It returns how many attempts failed, or the error of a context that ended.
func (q *Queue) Deliver(ctx context.Context) (failed int, err error) {
	tried := int64(0) // messages up to this one
	for {
		batch := q.takeAfter(tried)
		if len(batch) == 0 {
			return failed, nil
		}
		for i, w := range batch {
			if ctx.Err() != nil {
				q.put(batch[i:]...)
				return failed, context.Cause(ctx)
			}
			if !q.forgot(w) && !q.try(ctx, w) {
				failed++
			}
			tried = w.order
		}
	}
}

// Run tries the messages when they are due until ctx ends.
func (q *Queue) Run(ctx context.Context) {
	for ctx.Err() == nil {
		w, pause := q.takeDue()
		if pause == 0 {
			q.try(ctx, w)
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-q.added:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// takeDue takes the message that is due first, or returns how long it is until then: an
// hour without a message, since one that is added ends the pause.
func (q *Queue) takeDue() (waiting, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return waiting{}, time.Hour
	}
	w := q.waiting[0]
	if pause := time.Until(w.due); pause > 0 {
		return waiting{}, pause
	}
	q.waiting = q.waiting[1:]
	return w, 0
}

// takeAfter takes the messages that were added after this one, oldest first.
func (q *Queue) takeAfter(order int64) []waiting {
	q.mu.Lock()
	defer q.mu.Unlock()
	var taken, left []waiting
	for _, w := range q.waiting {
		if w.order > order {
			taken = append(taken, w)
		} else {
			left = append(left, w)
		}
	}
	q.waiting = left
	slices.SortFunc(taken, func(a, b waiting) int { return cmp.Compare(a.order, b.order) })
	return taken
}

// put puts messages where their time is.
func (q *Queue) put(messages ...waiting) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range messages {
		q.insert(w)
	}
}

// insert is put with the lock held. It leaves out what was forgotten.
func (q *Queue) insert(w waiting) {
	if w.clear != q.clears {
		return
	}
	at, _ := slices.BinarySearchFunc(q.waiting, w, func(a, b waiting) int {
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.order, b.order))
	})
	q.waiting = last(slices.Insert(q.waiting, at, w))
}

// try makes one attempt, and puts the message back if it failed and is to be tried again.
// An attempt that ends with the context does not count, nor does one of a message that was
// forgotten meanwhile.
func (q *Queue) try(ctx context.Context, w waiting) (accepted bool) {
	a := Attempt{Message: w.Message, URL: q.endpoint.URL, Number: w.tries + 1, At: time.Now()}
	a.Status, a.Failed = q.endpoint.post(ctx, w.Message, a.At)
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.clear != q.clears {
		return true
	}
	if a.Failed != "" && ctx.Err() != nil {
		q.insert(w)
		return false
	}
	q.attempts = last(append(q.attempts, a))
	if a.Failed == "" {
		return true
	}
	if w.tries < len(retries) {
		w.due = time.Now().Add(retries[w.tries])
		w.tries++
		q.insert(w)
	}
	return false
}

// last forgets the oldest tenth of a list that is too long.
func last[T any](list []T) []T {
	if len(list) > kept {
		return slices.Clone(list[kept/10:])
	}
	return list
}
