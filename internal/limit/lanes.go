package limit

import (
	"context"
	"sync"
)

// Lanes bounds how many calls are in flight, in all and for each key, and lets further
// calls wait. Of the waiting calls, the one whose key has the fewest calls in flight is
// next, so a key with many calls delays the others little. It needs memory for calls in
// flight and waiting ones only. It is safe for concurrent use. Make it with [NewLanes].
type Lanes[K comparable] struct {
	most, queue int

	mu      sync.Mutex // guards what follows
	inUse   int
	waiting int
	came    uint64
	lanes   map[K]*lane
}

// lane is about one key, while it has a call in flight or waiting.
type lane struct {
	inUse, each int
	queue       []*waiter
}

type waiter struct {
	number uint64
	ready  chan bool // true: it has a slot; false: it gave way to another key
}

// NewLanes returns Lanes with most slots, for which queue calls may wait.
func NewLanes[K comparable](most, queue int) *Lanes[K] {
	return &Lanes[K]{most: most, queue: queue, lanes: map[K]*lane{}}
}

// Enter waits for a slot, of which the key has at most each. It reports whether it got one;
// then one [Lanes.Leave] has to follow. It gets none if the context ends, or if too many
// calls wait: then a call of the key with the most waiting calls gives way.
func (l *Lanes[K]) Enter(ctx context.Context, key K, each int) bool {
	l.mu.Lock()
	of := l.lanes[key]
	if of == nil {
		of = &lane{}
		l.lanes[key] = of
	}
	of.each = each
	// dispatch leaves no slot free for which a call waits, so this call overtakes none.
	if l.inUse < l.most && of.inUse < each {
		of.inUse++
		l.inUse++
		l.mu.Unlock()
		return true
	}
	if l.waiting >= l.queue && !l.makeWay(of) {
		l.tidy(key, of)
		l.mu.Unlock()
		return false
	}
	l.came++
	w := &waiter{number: l.came, ready: make(chan bool, 1)}
	of.queue = append(of.queue, w)
	l.waiting++
	l.mu.Unlock()

	select {
	case got := <-w.ready:
		return got
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case got := <-w.ready: // the slot came together with the end of ctx
		return got
	default:
	}
	for i := range of.queue {
		if of.queue[i] == w {
			of.queue = append(of.queue[:i], of.queue[i+1:]...)
			l.waiting--
			break
		}
	}
	l.tidy(key, of)
	return false
}

// Leave gives the slot back.
func (l *Lanes[K]) Leave(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.lanes[key]
	of.inUse--
	l.inUse--
	l.tidy(key, of)
	l.dispatch()
}

// dispatch gives free slots to waiting calls. mu is held.
func (l *Lanes[K]) dispatch() {
	for l.inUse < l.most && l.waiting > 0 {
		var next *lane
		for _, of := range l.lanes {
			if len(of.queue) == 0 || of.inUse >= of.each {
				continue
			}
			if next == nil || of.inUse < next.inUse || of.inUse == next.inUse && of.queue[0].number < next.queue[0].number {
				next = of
			}
		}
		if next == nil {
			return
		}
		w := next.queue[0]
		next.queue = next.queue[1:]
		next.inUse++
		l.inUse++
		l.waiting--
		w.ready <- true
	}
}

// makeWay ends the youngest waiting call of the key with the most of them, unless that is
// the key that asks. mu is held.
func (l *Lanes[K]) makeWay(asking *lane) bool {
	most := asking
	for _, of := range l.lanes {
		if len(of.queue) > len(most.queue)+1 || most != asking && len(of.queue) > len(most.queue) {
			most = of
		}
	}
	if most == asking {
		return false
	}
	last := len(most.queue) - 1
	most.queue[last].ready <- false
	most.queue = most.queue[:last]
	l.waiting--
	return true
}

// tidy drops a lane without calls. mu is held.
func (l *Lanes[K]) tidy(key K, of *lane) {
	if of.inUse == 0 && len(of.queue) == 0 {
		delete(l.lanes, key)
	}
}
