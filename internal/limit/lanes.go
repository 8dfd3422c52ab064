package limit

import (
	"context"
	"sync"
)

// Lanes bounds how many calls are in flight, in all and for each key, where those that
// find no place wait for one. Of those that wait, the key with the fewest calls in flight
// is next, so that a key with many delays the others little. Its memory is that of the
// calls that are in flight or wait. It is safe for concurrent use. Make it with
// [NewLanes].
type Lanes[K comparable] struct {
	most, queue int

	mu      sync.Mutex // guards what follows
	inUse   int
	waiting int
	came    uint64
	lanes   map[K]*lane
}

// lane is about one key, while a call is in flight or waits.
type lane struct {
	inUse, each int
	queue       []*waiter
}

type waiter struct {
	number uint64
	ready  chan bool // true: it has a place; false: it gave way to others
}

// NewLanes returns Lanes of most places, for which queue calls may wait.
func NewLanes[K comparable](most, queue int) *Lanes[K] {
	return &Lanes[K]{most: most, queue: queue, lanes: map[K]*lane{}}
}

// Enter waits for one of the places, of which the key has at most each. It reports whether
// it got one, and then one [Lanes.Leave] has to follow. It gets none if the context ends,
// and if too many wait: then the key gives way for which most calls wait.
func (l *Lanes[K]) Enter(ctx context.Context, key K, each int) bool {
	l.mu.Lock()
	of := l.lanes[key]
	if of == nil {
		of = &lane{}
		l.lanes[key] = of
	}
	of.each = each
	// Whatever could be served is served: see dispatch. So it overtakes none.
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
	case got := <-w.ready: // in the same moment
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

// Leave gives the place back.
func (l *Lanes[K]) Leave(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.lanes[key]
	of.inUse--
	l.inUse--
	l.tidy(key, of)
	l.dispatch()
}

// dispatch gives places to those that wait. mu is held.
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

// makeWay takes the youngest one from the key for which most calls wait, unless that is
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

// tidy forgets a lane that says nothing. mu is held.
func (l *Lanes[K]) tidy(key K, of *lane) {
	if of.inUse == 0 && len(of.queue) == 0 {
		delete(l.lanes, key)
	}
}
