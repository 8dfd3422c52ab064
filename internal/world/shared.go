package world

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/internal/replica/logtest"
	"github.com/promptgrimoire/auth/jwtlocal"
)

// The bounds of revocations that are shared, as docs/replicas.md states them.
const (
	sharedBound = 2 * time.Minute // of each replica; a longer one has fewer beats
	prompt      = time.Second     // how soon all processes know, while nothing is wrong
	// settling is how long after trouble with the log all is well: what waits for an answer
	// that was lost, the next beat, and a pause.
	settling = 45 * time.Second
)

// shared is the log over which the processes share revocations, and what was published.
type shared struct {
	clock *clock
	log   *logtest.Memory
	conns []*logtest.Conn // by process; a restart does not heal one
	one   sync.Mutex      // held during trouble: one at a time

	mu        sync.Mutex                 // guards what follows
	troubles  []window                   // with the log
	published map[string][]time.Duration // by the id of the session, member or class
}

func newShared(c *clock, processes int) *shared {
	s := &shared{clock: c, log: new(logtest.Memory), published: make(map[string][]time.Duration)}
	for number := range processes {
		s.conns = append(s.conns, s.log.Conn())
		s.faults(number, nil)
	}
	return s
}

// faults has f decide what happens to each call of a process; nil: nothing. Answers take
// another time to each process, since what two do at one instant has no order that could be
// replayed.
func (s *shared) faults(number int, f func(logtest.Call) logtest.Fault) {
	s.conns[number].Faults(func(c logtest.Call) logtest.Fault {
		var fault logtest.Fault
		if f != nil {
			fault = f(c)
		}
		fault.After += time.Duration(number+1) * 1371 * time.Microsecond
		if c.Operation == logtest.Read {
			fault.After += 613 * time.Microsecond // after the answer of the append that it reads
		}
		return fault
	})
}

// quietSince reports whether nothing was wrong with the log from then until now.
func (s *shared) quietSince(then time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.troubles {
		if t.to >= then {
			return false
		}
	}
	return true
}

// heldFrom returns from when on every process has to act by the first revocation of an id
// that was published at least so late; never: by none. atStytch is when Stytch knew of it: a
// process to which the log is silent asks Stytch.
func (s *shared) heldFrom(id string, least, atStytch time.Duration) time.Duration {
	if s == nil || least == never {
		return never
	}
	s.mu.Lock()
	published := never
	for _, at := range s.published[id] {
		if at >= least {
			published = at
			break
		}
	}
	s.mu.Unlock()
	switch {
	case published == never:
		return never
	case s.quietSince(published - settling):
		return published + prompt
	case atStytch == never:
		return never
	}
	return max(published, atStytch) + sharedBound
}

// lastHeld returns when the last revocation of an id was published by which every process has
// to act now; before the beginning if there is none.
func (s *shared) lastHeld(id string, now time.Duration) time.Duration {
	if s == nil {
		return -1
	}
	s.mu.Lock()
	all := s.published[id]
	s.mu.Unlock()
	for i := len(all) - 1; i >= 0; i-- {
		if at := all[i]; now > at+sharedBound || now > at+prompt && s.quietSince(at-settling) {
			return at
		}
	}
	return -1
}

// lastPublished returns when a revocation of an id was published last.
func (s *shared) lastPublished(id string) (time.Duration, bool) {
	if s == nil {
		return 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.published[id]
	if len(all) == 0 {
		return 0, false
	}
	return all[len(all)-1], true
}

// shares returns the revocations of a process and its OnRevoke. Without a log they are its
// own.
func (w *World) shares(p *instance) (jwtlocal.Revocations, grimoireauth.OnRevoke, error) {
	if w.shared == nil {
		memory := new(jwtlocal.MemoryRevocations)
		return memory, memory.Add, nil
	}
	var err error
	p.replica, err = replica.New(replica.Config{Log: w.sabotage.log(w.shared.conns[p.number]), Bound: sharedBound, Observe: w.observe})
	if err != nil {
		return nil, nil, err
	}
	add := func(ctx context.Context, c grimoireauth.Revocation) error {
		if err := p.replica.Add(ctx, c); err != nil {
			w.oracle.events.happened("a revocation that could not be published")
			return err
		}
		s := w.shared
		s.mu.Lock()
		defer s.mu.Unlock()
		id := string(c.Session) + string(c.Member) + string(c.Class) // one of them is set
		s.published[id] = append(s.published[id], w.clock.now())
		return nil
	}
	ctx, stop := context.WithCancel(backoff.WithJitter(w.context, func(limit time.Duration) time.Duration {
		return time.Duration(float64(limit) * w.seed.unit(fmt.Sprint("process ", p.number, " waits")))
	}))
	// A process that was replaced completes what it has begun.
	p.stop = func() { time.AfterFunc(3*time.Minute, stop) }
	go func() {
		// The beats of two processes have other instants.
		_ = w.clock.sleep(ctx, time.Duration(p.number+1)*time.Millisecond)
		_ = p.replica.Run(ctx)
	}()
	return p.replica.Revocations(), add, nil
}

var errReadOnly = errors.New("READONLY")

// logFaults are the kinds of trouble with the log. Those without an end are over at once.
var logFaults = []struct {
	name  string
	begin func(*shared, int, Seed, string)
	end   func(*shared, int)
}{
	{"cut off", func(s *shared, n int, _ Seed, _ string) { s.conns[n].Cut() }, func(s *shared, n int) { s.conns[n].Heal() }},
	{"down", func(s *shared, _ int, _ Seed, _ string) { s.log.Stop() }, func(s *shared, _ int) { s.log.Start() }},
	{"paused", func(s *shared, _ int, _ Seed, _ string) { s.log.Pause() }, func(s *shared, _ int) { s.log.Resume() }},
	{"down and empty", func(s *shared, _ int, _ Seed, _ string) { s.log.Stop() }, func(s *shared, _ int) { s.log.Restart() }},
	{"empty", func(s *shared, _ int, _ Seed, _ string) { s.log.Restart() }, nil},
	{"deleted", func(s *shared, _ int, _ Seed, _ string) { s.log.Delete(replica.Revocations) }, nil},
	{"loses", func(s *shared, _ int, seed Seed, name string) {
		s.log.Lose(replica.Revocations, 1+seed.below(3, name+" entries"))
	}, nil},
	{"slow", func(s *shared, n int, seed Seed, name string) {
		delay := seed.between(time.Millisecond, 3*time.Second, name+" delay")
		s.faults(n, func(logtest.Call) logtest.Fault { return logtest.Fault{Before: delay / 2, After: delay / 2} })
	}, noFaults},
	{"read-only", func(s *shared, n int, _ Seed, _ string) {
		s.faults(n, func(call logtest.Call) logtest.Fault {
			if call.Operation == logtest.Append {
				return logtest.Fault{Err: errReadOnly}
			}
			return logtest.Fault{}
		})
	}, noFaults},
	{"losing answers", func(s *shared, n int, _ Seed, _ string) {
		s.faults(n, func(call logtest.Call) logtest.Fault { return logtest.Fault{Silent: call.Operation == logtest.Append} })
	}, noFaults},
	{"twice", func(s *shared, n int, _ Seed, _ string) {
		s.faults(n, func(logtest.Call) logtest.Fault { return logtest.Fault{Twice: true} })
	}, noFaults},
}

func noFaults(s *shared, n int) { s.faults(n, nil) }

// logTrouble: the log fails, loses what it has, or cannot be reached by one process, and an
// administrator changes something meanwhile.
func (w *World) logTrouble(e *errand, s Step) {
	if w.shared == nil || !w.shared.one.TryLock() {
		return
	}
	defer w.shared.one.Unlock()
	w.operates()
	number := w.seed.below(w.deployment.Processes, e.name+" process")
	fault := logFaults[w.seed.below(len(logFaults), e.name+" fault")]
	now := w.clock.now()
	t := window{name: e.name, process: number, from: now, to: now}
	if fault.end != nil {
		t.to += w.seed.between(time.Second, 25*time.Minute, e.name+" how long")
		if w.seed.chance(0.5, e.name+" for longer than the Bound") {
			t.to += 2 * sharedBound
		}
	}
	w.shared.mu.Lock()
	w.shared.troubles = append(w.shared.troubles, t)
	w.shared.mu.Unlock()
	w.note("%s: the log is %s, for process %d, for %v", e.name, fault.name, number, t.to-t.from)
	fault.begin(w.shared, number, w.seed, e.name)
	if fault.end == nil {
		w.administers(newErrand(w.seed, e.name+" after"), s)
		return
	}
	meanwhile := newErrand(w.seed, e.name+" meanwhile")
	if w.seed.chance(0.5, e.name+" in use") {
		w.running.Go(func() { w.changesUnheard(meanwhile, s, number+1) })
	} else {
		w.running.Go(func() {
			w.later(time.Second, max(t.to-t.from, 2*time.Second), meanwhile.next("when"))
			w.administers(meanwhile, s)
		})
	}
	_ = w.clock.until(w.context, t.to)
	fault.end(w.shared, number)
}

// changesUnheard changes something about a person who is signed in, by a process that other
// processes may not hear. The person goes on after the Bound.
func (w *World) changesUnheard(e *errand, s Step, process int) {
	d := w.computers[s.Computer%len(w.computers)]
	who := d.sitting()
	in := w.in(who)
	if len(in) == 0 {
		return
	}
	r := in[w.seed.below(len(in), e.name+" class")]
	looks := func(n int) {
		t := d.tabs[len(d.tabs)-1]
		for range n {
			if d.sitting() == who && t.take(e, who) {
				_, _ = t.Navigate(site + "/classes/" + r.id)
				_, _ = t.Fetch("GET", "/me", "")
				t.leave()
			}
		}
	}
	looks(1)
	w.change(e, w.process(process), who, r, who.member(r.org))
	w.later(sharedBound+time.Second, tokenLife-healing, e.next("goes on"))
	looks(3)
}

// settled checks that every process knows all revocations, some time after all trouble.
func (w *World) settled() {
	w.mu.Lock()
	instances := w.instances
	w.mu.Unlock()
	for _, p := range instances {
		if p.replica == nil {
			continue
		}
		switch status := p.replica.Status(); {
		case status.Silent:
			w.oracle.broken("shared", "process %d hears nothing of the log: %v", p.number, status.Err)
		case status.Unpublished > 0:
			w.oracle.broken("shared", "process %d has %d revocations to publish: %v", p.number, status.Unpublished, status.Err)
		}
	}
}

// drawLogs draws when there is trouble with the log. As in drawClocks, the other steps stay
// the same.
func drawLogs(seed Seed, d Deployment, h History) History {
	if !d.Shared {
		return h
	}
	for n := range 1 + seed.below(4, "trouble with the log") {
		name := fmt.Sprint("l", n)
		at := time.Duration(float64(h[len(h)-1].At) * seed.unit(name+" at"))
		h = h.with(Step{Name: name, At: at, Act: "trouble with the log", Computer: seed.below(d.Computers, name+" computer"), Person: seed.below(5, name+" person")})
	}
	return h
}

// log returns the log that a process uses.
func (s sabotage) log(l replica.Log) replica.Log {
	if s.kind == "deaf replicas" {
		return deafLog{l}
	}
	return l
}

// deafLog passes on no revocation.
type deafLog struct{ replica.Log }

func (l deafLog) Read(ctx context.Context, after replica.Position, count int, block time.Duration) (replica.Batch, error) {
	batch, err := l.Log.Read(ctx, after, count, block)
	for i, entry := range batch.Revocations {
		if entry.Fields["kind"] != "start" {
			batch.Revocations[i].Fields = map[string]string{"v": "1", "kind": "session", "id": "another"}
		}
	}
	return batch, err
}
