// Package alarm keeps alarms and log lines about one problem from coming once for each
// request that meets it.
package alarm

import (
	"sync"
	"time"
)

// Every is the least time between two alarms about one problem.
const Every = time.Minute

// maxProblems bounds what a Limit remembers. The problems are fixed sentences of this
// module; what is beyond the bound counts as one more.
const maxProblems = 128

// Limit lets one alarm about each problem pass in a minute. The zero Limit has let none
// pass. It is safe for concurrent use.
type Limit struct {
	mu   sync.Mutex // guards seen
	seen map[string]*problem
}

type problem struct {
	last    time.Time // when an alarm has passed
	count   int       // how often it was met since
	largest time.Duration
}

// Met notes that a problem was met. It returns how often that happened since the last
// alarm about it, this time included, if another one is due now, and 0 if not.
func (l *Limit) Met(name string) (count int) {
	count, _ = l.Measured(name, 0)
	return count
}

// Measured is Met for a problem that has a size. It also returns the largest size, without
// regard to its sign, since the last alarm.
func (l *Limit) Measured(name string, size time.Duration) (count int, largest time.Duration) {
	// The time since the last one is measured by the clock that is never set: what is
	// wrong may be the other one.
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[string]*problem{}
	}
	if l.seen[name] == nil && len(l.seen) >= maxProblems {
		name = ""
	}
	p := l.seen[name]
	if p == nil {
		p = new(problem)
		l.seen[name] = p
	}
	p.count++
	if size.Abs() > p.largest.Abs() {
		p.largest = size
	}
	if !p.last.IsZero() && now.Sub(p.last) < Every {
		return 0, 0
	}
	count, largest = p.count, p.largest
	*p = problem{last: now}
	return count, largest
}
