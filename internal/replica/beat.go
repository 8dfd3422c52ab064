package replica

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// beater appends beats, and removes what has expired.
func (r *Replica) beater(ctx context.Context) {
	const trimEvery = 12
	ticker := time.NewTicker(r.beat())
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, err := r.append(ctx, Beats, r.beatFields(r.now()))
		switch {
		case n%trimEvery != 0:
		case err != nil:
			r.forget(0)
		default:
			r.trim(ctx, logNow(now))
		}
	}
}

// trim removes entries by their age at this time of the log, but not the last one: by that
// one each process recognises the stream. What says when the stream began is said again
// before it is removed.
func (r *Replica) trim(ctx context.Context, now uint64) {
	r.forget(now)
	r.mu.Lock()
	last, began, stated := r.last, r.began, r.stated
	r.mu.Unlock()
	oldest := r.oldest(now)
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	// An error is met again by the next beat, and what stays too long does no harm.
	if !stated.IsZero() && now > stated.Milliseconds+life/2 {
		_, _ = r.log.AppendExisting(ctx, Revocations, startFields(began))
	}
	if !oldest.IsZero() {
		if look, err := r.log.Look(ctx, oldest); err == nil && look.Exists && !look.Holds {
			r.holes.Store(true)
		}
	}
	if oldest := (ID{Milliseconds: now - min(life, now)}); oldest.Compare(last) < 0 {
		last = oldest
	}
	_ = r.log.Trim(ctx, Revocations, last)
	_ = r.log.Trim(ctx, Beats, ID{Milliseconds: now - min(uint64(4*r.bound/time.Millisecond), now)})
}

// timer says when a silence begins and ends. It has a timer of its own, since a call of the
// log may take as long as it likes.
func (r *Replica) timer(ctx context.Context) {
	silent, began := false, r.now()
	timer := time.NewTimer(r.bound)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-r.heard:
		}
		now := r.now()
		since, is := r.silentSince(now)
		switch {
		case is && !silent:
			silent, began = true, now
			r.tell(ctx, grimoireauth.SilenceBegan{Bound: r.bound})
		case !is && silent:
			silent = false
			r.tell(ctx, grimoireauth.SilenceEnded{Took: now - began})
		}
		timer.Stop()
		if !is {
			timer.Reset(max(since+r.bound-now, 0) + time.Millisecond)
		}
	}
}
