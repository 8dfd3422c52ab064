package breaker

import (
	"time"

	"github.com/promptgrimoire/auth/internal/backoff"
)

// listen opens a circuit if no call was answered for too long. The timer of a class calls
// it.
func (b *Breaker) listen(class Class) {
	now := time.Now()
	b.mu.Lock()
	c := &b.circuits[class]
	oldest := c.counted.Front()
	if oldest == nil || c.timer == nil {
		c.timer = nil
		b.mu.Unlock()
		return
	}
	since := oldest.Value.(*Flight).began
	if c.answered.After(since) {
		since = c.answered
	}
	if left := c.silence(now) - now.Sub(since); left > 0 {
		c.timer.Reset(left)
		b.mu.Unlock()
		return
	}
	if !b.circuits[Server].answered.After(since) {
		class = Server
	}
	changed, release := b.opens(class, Silent, now)
	b.mu.Unlock()
	b.tell(changed, release)
}

// remove removes a call from those in flight. mu is held.
func (b *Breaker) remove(f *Flight) {
	c := &b.circuits[f.call.Class]
	// A call that was released is in no list, and Remove has no effect.
	if f.all != nil {
		c.flights.Remove(f.all)
	}
	if f.counted != nil {
		c.counted.Remove(f.counted)
	}
	if c.counted.Len() == 0 && c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// failed records a call that failed, and opens a circuit if there were enough of them. mu
// is held.
func (b *Breaker) failed(f *Flight, now time.Time, unreached bool) (changed []State, release []func()) {
	c := &b.circuits[f.call.Class]
	if !f.call.Class.opens() || f.call.Stranger || f.probe || c.open || b.circuits[Server].open {
		return nil, nil
	}
	if c.failing == nil {
		c.failing = map[uint64]failing{}
	}
	c.failing[f.call.Key] = failing{at: now, unreached: unreached}
	first, everywhere := now, true
	for key, one := range c.failing {
		if now.Sub(one.at) > Window {
			delete(c.failing, key)
			continue
		}
		if one.at.Before(first) {
			first = one.at
		}
		everywhere = everywhere && one.unreached
	}
	if len(c.failing) < Callers {
		return nil, nil
	}
	if everywhere && !b.circuits[Server].answered.After(first) {
		return b.opens(Server, Failures, now)
	}
	return b.opens(f.call.Class, Failures, now)
}

// opens opens a circuit. It returns the states for Changed and the functions that release
// the waiting calls. mu is held.
func (b *Breaker) opens(class Class, cause Cause, now time.Time) (changed []State, release []func()) {
	c := &b.circuits[class]
	if c.open {
		return nil, nil
	}
	c.open, c.cause, c.since, c.probes, c.probed = true, cause, now, 0, time.Time{}
	c.next = now.Add(c.pause())
	if left := c.next.Sub(now) + Stale; c.forget == nil {
		c.forget = time.AfterFunc(left, func() { b.idle(class) })
	} else {
		c.forget.Reset(left)
	}
	for i := range b.circuits {
		hit := &b.circuits[i]
		if class != Server && Class(i) != class {
			continue
		}
		clear(hit.failing)
		for e := hit.flights.Front(); e != nil; e = hit.flights.Front() {
			f := hit.flights.Remove(e).(*Flight)
			if f.counted != nil {
				hit.counted.Remove(f.counted)
			}
			if f.call.Release != nil {
				release = append(release, f.call.Release)
			}
		}
		if hit.timer != nil {
			hit.timer.Stop()
			hit.timer = nil
		}
	}
	return []State{c.state(class)}, release
}

// closes closes a circuit if it is open. mu is held.
func (b *Breaker) closes(class Class) []State {
	c := &b.circuits[class]
	if !c.open {
		return nil
	}
	c.open = false
	c.closings++
	c.forget.Stop()
	return []State{{Class: class, Cause: c.cause, Since: c.since}}
}

// forgets closes a circuit that no call has probed for too long. mu is held.
func (b *Breaker) forgets(class Class, now time.Time) []State {
	if c := &b.circuits[class]; !c.open || now.Sub(c.next) < Stale {
		return nil
	}
	changed := b.closes(class)
	changed[0].Forgotten = true
	return changed
}

// idle closes such a circuit when no call comes. The timer of an open circuit calls it, and
// is set again as long as calls probe.
func (b *Breaker) idle(class Class) {
	now := time.Now()
	b.mu.Lock()
	changed := b.forgets(class, now)
	if c := &b.circuits[class]; c.open {
		c.forget.Reset(c.next.Add(Stale).Sub(now))
	}
	b.mu.Unlock()
	b.tell(changed, nil)
}

func (c *circuit) state(class Class) State {
	return State{Class: class, Cause: c.cause, Since: c.since, Open: true, Next: c.next}
}

// pause returns how long it takes until the next probe, and counts that one.
func (c *circuit) pause() time.Duration {
	wait := backoff.Pause(FirstPause, LongestPause, c.probes)
	c.probes++
	return wait
}

// silence is how long calls may be in flight without an answer.
func (c *circuit) silence(now time.Time) time.Duration {
	if now.Sub(c.slowAt) > slowMemory {
		return Silence
	}
	return max(Silence, min(2*c.slowest, LongestSilence))
}

// note records how long an answer took.
func (c *circuit) note(took time.Duration, now time.Time) {
	if took >= c.slowest || now.Sub(c.slowAt) > slowMemory {
		c.slowest, c.slowAt = took, now
	}
}
