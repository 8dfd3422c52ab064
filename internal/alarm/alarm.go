// Package alarm limits alarms and log lines to one a minute for each problem, however many
// requests meet the problem.
package alarm

import (
	"sync"
	"time"
)

// Every is the least time between two alarms about one problem.
const Every = time.Minute

// maxProblems bounds the memory of a Limit. The problems are fixed sentences of this module.
// All problems above the bound count as one.
const maxProblems = 128

// Limit lets one alarm about each problem pass in a minute. The zero Limit is ready to use.
// It is safe for concurrent use.
type Limit struct {
	mu       sync.Mutex // guards problems
	problems map[string]*problem
}

type problem struct {
	last    time.Time // when the last alarm passed
	count   int       // how often the problem was met since
	largest time.Duration
}

// Met counts a problem that was met. It returns how often that happened since the last
// alarm, this time included, if another alarm is due, and 0 if not.
func (l *Limit) Met(name string) (count int) {
	count, _ = l.Measured(name, 0)
	return count
}

// Measured is Met for a problem that has a size, such as a clock error. It also returns the
// largest size since the last alarm, compared by absolute value.
func (l *Limit) Measured(name string, size time.Duration) (count int, largest time.Duration) {
	// The monotonic clock is used: the problem may be that the wall clock is wrong.
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.problems == nil {
		l.problems = map[string]*problem{}
	}
	if l.problems[name] == nil && len(l.problems) >= maxProblems {
		name = ""
	}
	p := l.problems[name]
	if p == nil {
		p = new(problem)
		l.problems[name] = p
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
