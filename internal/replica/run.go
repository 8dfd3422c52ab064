package replica

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
)

const (
	// readCount is how many entries of each stream one read returns.
	readCount = 1000
	// newsCount is how many revocations are taken in together while a process catches up.
	newsCount = 16 * readCount
	// clockBehind is how far the log's clock has to be behind before that counts. Less is
	// made up for by the minute that the Verifier adds to every revocation.
	clockBehind = 10 * time.Second
)

// beat is how long two beats of this process are apart.
func (r *Replica) beat() time.Duration { return r.bound / 6 }

var (
	errRunning = errors.New("Run runs already")
	errLost    = errors.New("the log lacks entries that it had")
	errUnheard = errors.New("the log does not show what this process appends")
)

// alarmReading is about the connection to the log.
const alarmReading = "the log by which processes share revocations cannot be read: after the Bound of silence each session needs Stytch's confirmation"

// alarmEntry is about what others append.
const alarmEntry = "another program writes to the stream of revocations in a form that this version does not know"

// alarmHoles is about what others remove.
const alarmHoles = "another program removes revocations from the log that are still needed, or the log evicts them"

// Run follows the log until the context ends, and returns the cause of that within about a
// second. While it does not run, the log counts as silent. One Run at a time is allowed.
func (r *Replica) Run(ctx context.Context) error {
	if !r.running.CompareAndSwap(false, true) {
		return &grimoireauth.Error{Op: "follow revocations", Kind: grimoireauth.ErrInvalid, Err: errRunning}
	}
	defer r.running.Store(false)
	var all sync.WaitGroup
	for _, part := range []func(context.Context){r.reader, r.beater, r.publisher, r.timer} {
		all.Go(func() { part(ctx) })
	}
	r.wakePublisher()
	all.Wait()
	return context.Cause(ctx)
}

// reader reads both streams. After every error it finds out whether the log still holds
// what was read.
func (r *Replica) reader(ctx context.Context) {
	var at Position // of the stream of revocations: zero if nothing was read
	failures := 0
	for ctx.Err() == nil {
		heard, err := r.follow(ctx, &at)
		if ctx.Err() != nil {
			return
		}
		if heard {
			failures = 0
		}
		if !errors.Is(err, errLost) {
			r.setErr(err)
			r.alarm(ctx, alarmReading, err)
		}
		pause(ctx, backoff.Wait(ctx, 20*time.Millisecond, r.patience(), failures))
		failures++
	}
}

// follow takes up the log where it was left and follows it until an error. heard reports
// whether it was found to be complete at least once.
func (r *Replica) follow(ctx context.Context, at *Position) (heard bool, err error) {
	proven := r.now()
	// What this process appends now, the streams have to show.
	begin, err := r.append(ctx, Beats, r.beatFields(proven))
	if err != nil {
		return false, err
	}
	at.Beats = before(begin)
	if r.behind = time.Since(begin.Time()); r.behind < clockBehind {
		r.behind = 0
	}
	look, err := r.look(ctx, at.Revocations)
	switch {
	case err != nil:
		return false, err
	case !look.Exists:
		if err := r.start(ctx, at); err != nil {
			return false, err
		}
	case !look.Holds:
		if !at.Revocations.IsZero() {
			r.hasLost()
		}
		r.readAnew(at)
	}
	for {
		full, sent, err := r.read(ctx, at, begin)
		if err != nil {
			return heard, err
		}
		proven = max(proven, sent)
		switch {
		case full:
			continue // what was published before the beat may be behind this
		case r.now()-proven > 3*r.beat():
			return heard, errUnheard
		case proven <= time.Duration(r.complete.Load()):
			continue
		}
		// Streams that are new, and still empty, would have looked the same.
		look, err := r.look(ctx, at.Revocations)
		switch {
		case err != nil:
			return heard, err
		case !look.Holds && at.Revocations.IsZero():
			// The stream is there and empty: whoever emptied it took the start as well.
			if err := r.start(ctx, at); err != nil {
				return heard, err
			}
			continue
		case !look.Holds:
			r.hasLost()
			r.readAnew(at)
			return heard, errLost
		case r.catchingUp && r.beganAsBefore():
			// It does not say that entries are missing, so a process that starts now would take
			// it for whole.
			if err := r.start(ctx, at); err != nil {
				return heard, err
			}
			continue
		case r.holes.Swap(false):
			r.alarm(ctx, alarmHoles, errLost)
			r.readAnew(at)
			return heard, errLost
		}
		r.isComplete(ctx, proven)
		heard = true
	}
}

// start begins the stream of revocations, since there is none.
func (r *Replica) start(ctx context.Context, at *Position) error {
	if _, err := r.append(ctx, Revocations, startFields(ID{})); err != nil {
		return err
	}
	r.setLost()
	r.readAnew(at)
	return nil
}

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

// setLost records that revocations which were published until now may be missing.
func (r *Replica) setLost() { r.lost.Store(int64(r.now())) }

// hasLost records that the stream lacks entries that it had.
func (r *Replica) hasLost() {
	r.setLost()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.began.IsZero() {
		r.former = r.began
	}
}

// beganAsBefore reports whether the stream, of which entries were lost, does not say so. A
// stream without a start, such as one that another program has begun, does not, either.
func (r *Replica) beganAsBefore() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.began == r.former
}

// readAnew makes the next read begin with the first entry.
func (r *Replica) readAnew(at *Position) {
	at.Revocations, r.catchingUp = ID{}, true
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reading++
	r.last, r.began, r.stated = ID{}, ID{}, ID{}
}

// isComplete records that every revocation which was published until proven is known. What
// the log lacks of that is published again.
func (r *Replica) isComplete(ctx context.Context, proven time.Duration) {
	lost := 0
	if r.catchingUp {
		r.catchingUp, r.former = false, ID{}
		lost = r.findLost()
	}
	r.mayBeUnknown()
	r.complete.Store(int64(proven))
	select {
	case r.heard <- struct{}{}:
	default:
	}
	if lost += r.findUnread(proven); lost > 0 {
		r.tell(ctx, grimoireauth.RevocationsLost{Republished: lost})
		r.wakePublisher()
	}
}

// mayBeUnknown has everything confirmed after an entry of an unknown form, which may be a
// revocation of anything, within the Bound, and once in a Bound: otherwise such entries
// would cause a call to Stytch for each request.
func (r *Replica) mayBeUnknown() {
	lost := time.Duration(r.lost.Load())
	if r.unknown > lost && (lost == 0 || r.now()-lost >= r.bound-2*r.beat()) {
		r.setLost()
	}
}

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

func (r *Replica) append(ctx context.Context, stream Stream, fields map[string]string) (ID, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	return r.log.Append(ctx, stream, fields)
}

func (r *Replica) look(ctx context.Context, id ID) (Look, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	return r.log.Look(ctx, id)
}

// before returns the id before this one.
func before(id ID) ID {
	switch {
	case id.Sequence > 0:
		id.Sequence--
	case id.Milliseconds > 0:
		id.Milliseconds--
		id.Sequence = 1<<63 - 1
	}
	return id
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
