// Package steps runs a call that consists of many calls to Stytch, such as one for each class
// of a school: so many at a time, and as slowly as Stytch asks.
package steps

import (
	"iter"
	"sync"
)

// Each calls do for every item, at most most times at once, and returns after every call has,
// so that no goroutine outlives it. It takes an item when there is a free place for it. A
// panic of do ends it, with no further item, and is repeated for the caller.
func Each[Item any](items iter.Seq[Item], most int, do func(Item)) {
	var broken panicked
	places := make(chan struct{}, most)
	func() {
		var all sync.WaitGroup
		defer all.Wait() // also if items panics
		for item := range items {
			places <- struct{}{}
			if broken.is() {
				return
			}
			all.Go(func() {
				defer func() { <-places }()
				defer broken.note()
				do(item)
			})
		}
	}()
	if broken.is() {
		panic(broken.value)
	}
}

// panicked is the first panic of several goroutines.
type panicked struct {
	mu    sync.Mutex // guards value
	value any
}

// note is deferred. It recovers from a panic and keeps its value.
func (p *panicked) note() {
	if value := recover(); value != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.value == nil {
			p.value = value
		}
	}
}

func (p *panicked) is() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.value != nil
}
