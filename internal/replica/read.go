package replica

import (
	"context"
	"errors"
	"time"
)

// read takes in what follows after the position. full says that there may be more; sent is
// when the last own beat that was read was sent.
func (r *Replica) read(ctx context.Context, at *Position, begin ID) (full bool, sent time.Duration, err error) {
	block := r.beat() + r.patience()
	call, cancel := context.WithTimeout(ctx, block+r.patience())
	defer cancel()
	batch, err := r.log.Read(call, *at, readCount, block)
	if err != nil {
		return false, 0, err
	}
	r.setErr(nil)
	full = len(batch.Revocations) >= readCount || len(batch.Beats) >= readCount
	for _, e := range batch.Revocations {
		if !r.take(ctx, e, begin) {
			r.takeNews(ctx)
			r.readAnew(at)
			return false, 0, errLost
		}
		at.Revocations = e.ID
	}
	if !r.catchingUp || !full || len(r.news) >= newsCount {
		r.takeNews(ctx)
	}
	for _, e := range batch.Beats {
		at.Beats = e.ID
		if own, ok := r.sentBy(e); ok {
			sent = max(sent, own)
		}
	}
	return full, sent, nil
}

// take takes in an entry of the stream of revocations. It returns false if the stream has to
// be read anew, because it is another one than before.
func (r *Replica) take(ctx context.Context, e Entry, now ID) bool {
	k, first, err := parse(e)
	switch {
	case err != nil:
		r.alarm(ctx, alarmEntry, err)
		if errors.Is(err, errForm) {
			r.unknown = r.now()
		}
		r.mu.Lock()
		r.last = e.ID
		r.mu.Unlock()
	case k.kind == kindStart:
		// What was revoked before the stream began may be missing, unless it was so long ago
		// that no session_jwt of that time counts.
		if !r.begins(first, e.ID) || logNow(now) > first.Milliseconds+life {
			return true
		}
		r.setLost()
		return r.catchingUp
	case r.learn(k, first, e.ID):
		c := k.revocation(first)
		c.At = c.At.Add(r.behind)
		if known := r.origin.Add(time.Duration(r.complete.Load())); !r.catchingUp && first == e.ID && known.After(c.At) {
			// It was published after that. The log's clock was set back meanwhile.
			c.At = known
		}
		r.news = append(r.news, c)
	}
	return true
}

// takeNews makes count what was read.
func (r *Replica) takeNews(ctx context.Context) {
	if len(r.news) == 0 {
		return
	}
	// Each names exactly one thing, so there is no error.
	_ = r.memory.AddAll(ctx, r.news)
	r.news = nil
}
