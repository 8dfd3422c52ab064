// Package breaker is a circuit breaker: it holds what one process knows about an outage of the
// server that it calls, so that the calls need not find it out one by one.
//
// A [Breaker] keeps one circuit for the server as a whole and one for each [Class] of
// endpoints. A circuit opens when calls are in flight and none has been answered for three
// seconds, or when calls about three different sessions have failed within ten seconds and
// none has succeeded in between. When it opens, the calls that wait are released. While it is
// open, calls are refused, and from time to time one is told to probe. A circuit that no call
// has probed for ten seconds closes. If neither a probe of a class nor any other call is
// answered for three seconds, the circuit of the server opens as well.
package breaker

import (
	"container/list"
	"sync"
	"time"
)

// Class is a kind of endpoint. An outage of one class is no outage of the others.
type Class uint8

const (
	// SignIn is the class of calls before a sign-in, and of mail. Strangers can cause any
	// number of them, so their failures open no circuit. They are refused while the server
	// as a whole cannot be reached.
	SignIn Class = iota
	// Sessions is the class of calls that authenticate a session.
	Sessions
	// Administration is the class of all other calls: classes, rosters, policies,
	// revocations.
	Administration
	// Server stands for the server as a whole, in a [State]. No call is of this class.
	Server

	classes = int(Server) + 1
)

// String returns the class in words.
func (c Class) String() string {
	return [...]string{"sign-in", "sessions", "administration", "server"}[c]
}

// The numbers of a Breaker.
const (
	// Silence is how long calls may be in flight without an answer. If the slowest answer of
	// the last minute took longer than half of it, the limit is twice that time, at most
	// [LongestSilence]: a server that is slow and answers has no outage.
	Silence        = 3 * time.Second
	LongestSilence = 8 * time.Second
	slowMemory     = time.Minute

	// Callers is the number of different sessions whose calls have to fail within Window,
	// without a call that succeeds in between.
	Callers = 3
	Window  = 10 * time.Second

	// The pause before the first probe, which doubles up to the pause between two.
	FirstPause   = 500 * time.Millisecond
	LongestPause = 2 * time.Second
	// ProbeLife bounds one probe. It is longer than the pause between two, so that a slow
	// answer is received, and a probe without an answer delays no other one.
	ProbeLife = 8 * time.Second
	// Stale is how long after the time of the next probe a circuit closes if no call has
	// probed. Nothing is known by then, so new calls are not refused by the old state.
	Stale = 10 * time.Second
)

// Outcome is how a call ended.
type Outcome uint8

const (
	// Gone: the caller left, or the call was never sent. It says nothing about the server.
	Gone Outcome = iota
	// Answered: the server has answered, with any status below 500. 429 is an answer.
	Answered
	// Odd: a proxy in between has answered, with a status below 500. It ends a silence and
	// closes no circuit.
	Odd
	// Failed: the server has answered with an error of its own (5xx).
	Failed
	// Unreached: the server has not answered: a reset, a refused connection, a time-out, or
	// a proxy that could not reach the server.
	Unreached
)

// Cause is why a circuit opened.
type Cause uint8

// The causes.
const (
	Silent   Cause = iota // no call was answered
	Failures              // calls about several sessions failed
)

// String returns the cause in words.
func (c Cause) String() string { return [...]string{"no answers", "failures"}[c] }

// State is a circuit that has opened or closed.
type State struct {
	Class Class // Server: all classes
	Cause Cause
	Since time.Time
	Open  bool
	Next  time.Time // when the next call can probe; zero if it is closed
	// Forgotten: it closed because no call has probed it for too long, and not by an answer.
	Forgotten bool
}

// Breaker is safe for concurrent use. The zero Breaker is closed. It starts no
// goroutine; timers run while calls are in flight and while a circuit is open.
type Breaker struct {
	// Changed is called for each circuit that opens or closes, while no mutex is held. It
	// must not panic. Nil: it is not called. Set it before the first call.
	Changed func(State)

	mu       sync.Mutex // guards what follows
	circuits [classes]circuit
}

// circuit is what is known about one class.
//
// Invariant: next, since and cause are used only while it is open, and failing is empty then.
type circuit struct {
	open   bool
	cause  Cause
	since  time.Time
	next   time.Time
	probes int // since it opened
	// probed is when the first probe was sent after the circuit opened, or after the last
	// answer to a probe; zero if none was sent.
	probed time.Time
	forget *time.Timer // closes it if no call probes; nil if it has never opened

	answers  uint64    // calls that were answered
	closings uint64    // how often it has closed
	answered time.Time // when the last answer of any kind came
	failing  map[uint64]failing
	slowest  time.Duration // answer of the last minute
	slowAt   time.Time

	flights list.List // of *Flight, the oldest first
	counted list.List // those of them whose silence counts
	timer   *time.Timer
}

type failing struct {
	at        time.Time
	unreached bool
}

// Call is a call that is about to be made.
type Call struct {
	Class Class
	// Key identifies the session: several failures with one key count once.
	Key uint64
	// Stranger: the credentials may be invented. Such a call opens no circuit.
	Stranger bool
	// Release is called once, while no mutex is held, if a circuit opens while the call is
	// in flight. It must end the call.
	Release func()
}

// Flight is a call that is in flight.
type Flight struct {
	breaker         *Breaker
	call            Call
	began           time.Time
	mark            Mark
	all, counted    *list.Element // nil if it is not in that list
	probe, finished bool
}

// Refusal says that a call must not be made now.
type Refusal struct {
	Mark Mark
	// Wait is how long it is until the next probe.
	Wait time.Duration
	// Probe: the caller that is refused has to probe now, by a call with [Breaker.Probe].
	Probe bool
}

func (c Class) opens() bool { return c == Sessions || c == Administration }

// Begin begins a call, or says why it must not be made. [Flight.End] has to be called when
// the call is over.
func (b *Breaker) Begin(call Call) (*Flight, *Refusal) {
	now := time.Now()
	b.mu.Lock()
	var changed []State
	var release []func()
	class := &b.circuits[call.Class]
	server := &b.circuits[Server]
	for _, of := range []Class{Server, call.Class} {
		changed = append(changed, b.forgets(of, now)...)
	}
	if class.open && !server.open && !class.probed.IsZero() && now.Sub(class.probed) >= Silence && server.answered.Before(class.probed) {
		// A probe was sent, and neither it nor a call of another class was answered since.
		opened, released := b.opens(Server, class.cause, now)
		changed, release = append(changed, opened...), released
	}
	for _, c := range []*circuit{server, class} {
		if !c.open {
			continue
		}
		refusal := &Refusal{Mark: b.mark(call.Class), Wait: c.next.Sub(now)}
		if refusal.Wait <= 0 {
			refusal.Probe, refusal.Wait = true, c.pause()
			c.next = now.Add(refusal.Wait)
		}
		b.mu.Unlock()
		b.tell(changed, release)
		return nil, refusal
	}
	f := &Flight{breaker: b, call: call, began: now, mark: b.mark(call.Class)}
	f.all = class.flights.PushBack(f)
	if call.Class.opens() && !call.Stranger {
		f.counted = class.counted.PushBack(f)
		if class.timer == nil {
			class.timer = time.AfterFunc(class.silence(now), func() { b.listen(call.Class) })
		}
	}
	b.mu.Unlock()
	b.tell(changed, nil)
	return f, nil
}

// Probe begins a call that finds out whether a circuit can close. It is never refused or
// released, and opens no circuit.
func (b *Breaker) Probe(class Class) *Flight {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if c := &b.circuits[class]; c.open && c.probed.IsZero() {
		c.probed = now
	}
	return &Flight{breaker: b, call: Call{Class: class}, began: now, mark: b.mark(class), probe: true}
}

// End records the outcome of the call. It returns the mark of a failure. Only the first End
// counts.
func (f *Flight) End(outcome Outcome) Mark {
	b := f.breaker
	now := time.Now()
	b.mu.Lock()
	if f.finished {
		b.mu.Unlock()
		return f.mark
	}
	f.finished = true
	b.remove(f)
	var changed []State
	var release []func()
	class, server := &b.circuits[f.call.Class], &b.circuits[Server]
	switch outcome {
	case Gone:
		if f.probe && class.probed.Equal(f.began) {
			class.probed = time.Time{}
		}
	case Odd:
		class.answered = now
		class.probed = time.Time{}
	case Answered:
		class.answered, server.answered = now, now
		class.answers++
		clear(class.failing)
		if f.counted != nil || f.probe {
			class.note(now.Sub(f.began), now)
		}
		changed = append(b.closes(f.call.Class), b.closes(Server)...)
	case Failed:
		class.answered, server.answered = now, now
		class.probed = time.Time{}
		f.mark.answers = class.answers // earlier answers do not contradict this failure
		changed = b.closes(Server)
		opened, released := b.failed(f, now, false)
		changed, release = append(changed, opened...), released
	case Unreached:
		if now.Sub(f.began) < Silence {
			f.mark.answers = class.answers
		}
		changed, release = b.failed(f, now, true)
	}
	mark := f.mark
	b.mu.Unlock()
	b.tell(changed, release)
	return mark
}

// Open returns the circuits that are open, that of the server first.
func (b *Breaker) Open() []State {
	now := time.Now()
	b.mu.Lock()
	var open, changed []State
	for _, class := range [...]Class{Server, Sessions, Administration} {
		changed = append(changed, b.forgets(class, now)...)
		if c := &b.circuits[class]; c.open {
			open = append(open, c.state(class))
		}
	}
	b.mu.Unlock()
	b.tell(changed, nil)
	return open
}

// tell releases calls and reports changes. mu is not held.
func (b *Breaker) tell(changed []State, release []func()) {
	for _, end := range release {
		end()
	}
	if b.Changed == nil {
		return
	}
	for _, state := range changed {
		b.Changed(state)
	}
}
