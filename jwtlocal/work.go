package jwtlocal

import (
	"context"
	"sync"
)

// work counts what runs in the background, so that Wait can wait for its end. A
// sync.WaitGroup does not fit: it must not be added to while somebody waits for
// it to become zero.
type work struct {
	mu   sync.Mutex
	n    int           // guarded by mu: how many run
	idle chan struct{} // guarded by mu: closed when n returns to zero; nil while it is
}

// do runs f in a goroutine of its own. f must end by itself.
func (w *work) do(f func()) {
	w.mu.Lock()
	if w.n == 0 {
		w.idle = make(chan struct{})
	}
	w.n++
	w.mu.Unlock()
	go func() {
		defer func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.n--; w.n == 0 {
				close(w.idle)
				w.idle = nil
			}
		}()
		f()
	}()
}

// wait returns nil when nothing runs, or the cause of the context's end if that comes
// first.
func (w *work) wait(ctx context.Context) error {
	for {
		w.mu.Lock()
		idle := w.idle
		w.mu.Unlock()
		if idle == nil {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
