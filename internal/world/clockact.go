package world

import "time"

// The errors of clocks that are set wrong, and for how long.
const (
	leastError, mostError = time.Second, 2 * time.Hour
	leastWrong, mostWrong = 20 * time.Second, 90 * time.Minute
)

// setsAClockWrong: an operator sets the clock of one or all processes wrong, and sets it
// right after a while. People use the application meanwhile and afterwards.
func (w *World) setsAClockWrong(e *errand, s Step) {
	now := w.clock.now()
	wrong := &wrongClock{
		process: -1, from: now, to: now + w.seed.between(leastWrong, mostWrong, e.name+" how long"),
		// Whole seconds, as the dates of a session_jwt have them.
		ahead: w.seed.between(leastError, mostError, e.name+" by how much").Truncate(time.Second),
	}
	if w.seed.chance(0.5, e.name+" behind") {
		wrong.ahead = -wrong.ahead
	}
	if w.seed.chance(0.7, e.name+" one process only") {
		wrong.process = w.seed.below(w.deployment.Processes, e.name+" process")
	}
	if !w.clocks.begin(wrong) {
		return
	}
	w.operates()
	w.note("%s: the clock of process %d is %v ahead for %v", e.name, wrong.process, wrong.ahead, wrong.to-wrong.from)
	for _, p := range w.people {
		// A person continues, and some sign in.
		for _, d := range w.computers {
			t := d.tabs[w.seed.below(len(d.tabs), e.name+" tab")]
			if d.sitting() != p || !t.take(e, p) {
				continue
			}
			w.opens(e, t, p)
			if w.seed.chance(0.4, e.next("signs in")) {
				if v := w.visit(e, t, p); v != nil {
					w.getsIn(v, v.signIn)
				}
			}
			w.opens(e, t, p)
			t.leave()
		}
	}
	_ = w.clock.until(w.context, wrong.to+healing)
	w.clocks.mu.Lock()
	served, failed := wrong.served, wrong.failed
	w.clocks.mu.Unlock()
	if served > 0 && failed == 0 && wrong.ahead.Abs() <= leeway {
		w.oracle.events.happened("a clock wrong within the leeway served all")
	}
	for _, d := range w.computers {
		w.later(time.Second, healing, e.next("afterwards"))
		if t, p := d.tabs[0], d.sitting(); t.take(e, p) {
			_, _ = t.Navigate(site + "/me") // owed checks the response
			t.leave()
		}
	}
}

// drawClocks draws when clocks are set wrong. Its draws have names of their own, so the
// other steps of a history stay the same.
func drawClocks(seed Seed, h History) History {
	n := [...]int{0, 0, 1, 1, 2}[seed.below(5, "wrong clocks")]
	for _, name := range []string{"c0", "c1"}[:n] {
		at := time.Duration(float64(h[len(h)-1].At) * seed.unit(name+" at"))
		i := 0
		for i < len(h) && h[i].At < at {
			i++
		}
		h = append(h[:i:i], append(History{{Name: name, At: at, Act: "wrong clock"}}, h[i:]...)...)
	}
	return h
}
