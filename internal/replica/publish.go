package replica

import (
	"context"
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
)

var errUnpublished = errors.New("it holds in this process; other processes may not know of it until it has been published, which is tried again and again while Run runs")

// alarmUnpublished is about what this process has revoked.
const alarmUnpublished = "a revocation could not be published: other processes may serve what was revoked until their session_jwts end"

// patience is how long a call of the log may take.
func (r *Replica) patience() time.Duration { return min(2*time.Second, r.bound/6) }

// Add records a revocation in this process and publishes it. It has the form of a
// [grimoireauth.OnRevoke]. It returns once the log has the entry. An error that matches
// [grimoireauth.ErrUnavailable] says that the revocation holds here, and that other processes
// may not know of it yet.
func (r *Replica) Add(ctx context.Context, c grimoireauth.Revocation) error {
	if err := r.memory.Add(ctx, c); err != nil {
		return err
	}
	k := keyOf(c)
	r.mu.Lock()
	have := r.of(k)
	have.raised, have.raisedAt = true, r.now()
	r.mu.Unlock()
	// The revocation is a fact, also when the caller has gone away.
	if err := r.publish(context.WithoutCancel(ctx), k); err != nil {
		r.wakePublisher()
		r.alarm(ctx, alarmUnpublished, err)
		return &grimoireauth.Error{Op: "publish a revocation", Kind: grimoireauth.ErrUnavailable, Err: errors.Join(errUnpublished, err)}
	}
	return nil
}

// publish appends what the log lacks about a key.
func (r *Replica) publish(ctx context.Context, k key) error {
	r.mu.Lock()
	have := r.known[k]
	if have == nil || !have.raised && !have.lost {
		r.mu.Unlock()
		return nil
	}
	began := r.now()
	raised, at := have.raised, have.at
	r.mu.Unlock()
	fields := k.fields(at)
	if raised {
		fields = k.fields(ID{})
	}
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	id, err := r.log.AppendExisting(ctx, Revocations, fields)
	if errors.Is(err, ErrNoStream) {
		// The reader finds the same out, and publishes what the stream lacks.
		if _, err = r.log.Append(ctx, Revocations, startFields(ID{})); err == nil {
			id, err = r.log.AppendExisting(ctx, Revocations, fields)
		}
	}
	r.setErr(err)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	have = r.of(k)
	if raised {
		// What was revoked again meanwhile needs an entry after this one.
		have.raised = have.raised && have.raisedAt > began
		if have.at.Compare(id) < 0 {
			have.at, have.lost, have.learnedAt = id, false, r.now()
		}
	} else {
		have.lost = false
	}
	if id.Compare(r.last) > 0 { // otherwise the reader has read it already
		have.appended, have.appendedAt = id, r.now()
	}
	return nil
}

// publisher publishes what could not be published at once, and what the log has lost.
func (r *Replica) publisher(ctx context.Context) {
	failures := 0
	for {
		retry := make(<-chan time.Time)
		if failures > 0 {
			retry = time.After(backoff.Wait(ctx, 100*time.Millisecond, r.patience(), failures-1))
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-retry:
		}
		failures = r.publishAll(ctx, failures)
	}
}

// publishAll returns how many attempts have failed in a row.
func (r *Replica) publishAll(ctx context.Context, failures int) int {
	for _, k := range r.unpublished() {
		if ctx.Err() != nil {
			return failures
		}
		if err := r.publish(ctx, k); err != nil {
			r.alarm(ctx, alarmUnpublished, err)
			return failures + 1
		}
	}
	return 0
}

// unpublished returns the keys that the log lacks, in random order: several processes
// publish the same ones again, and each leaves out what it has read meanwhile.
func (r *Replica) unpublished() (keys []key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, have := range r.known {
		if have.raised || have.lost {
			keys = append(keys, k)
		}
	}
	return keys
}

func (r *Replica) wakePublisher() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Replica) setErr(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}
