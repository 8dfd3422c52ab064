package world

import (
	"fmt"
	"slices"
	"time"
)

// restarts: a process is restarted with an empty memory.
func (w *World) restarts(e *errand, s Step) {
	w.operates()
	number := w.seed.below(w.deployment.Processes, e.name+" process")
	w.replace(e, number, w.process(number).setting)
	w.oracle.events.happened("a process restarted")
}

// deploys: all processes are restarted, one after the other, with another setting.
func (w *World) deploys(e *errand, s Step) {
	w.operates()
	if !w.deploying.TryLock() {
		return // one deployment at a time
	}
	defer w.deploying.Unlock()
	now := w.process(0).setting
	setting := w.deployment.drawSetting(w.seed, e.name)
	setting.Former = former(now, setting.Cookies)
	// Processes with different cookie names at the same time would sign people out, so a
	// change of names replaces all at once.
	atOnce := setting.Cookies != now.Cookies
	if atOnce {
		w.oracle.events.happened("a deployment with other cookies")
		w.renamed.Store(int64(w.clock.now()))
	}
	for number := range w.deployment.Processes {
		w.replace(e, number, setting)
		if !atOnce {
			w.later(10*time.Millisecond, 30*time.Second, e.next("next process"))
		}
	}
	w.oracle.events.happened("a deployment with another setting")
}

// former lists the cookie names of earlier deployments, newest first.
func former(before Setting, now cookieKind) []cookieKind {
	var all []cookieKind
	for _, k := range append([]cookieKind{before.Cookies}, before.Former...) {
		if k != now && !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return all
}

func (w *World) replace(e *errand, number int, setting Setting) {
	p, err := w.start(number, setting)
	if err != nil {
		w.oracle.broken("start", "%s: process %d does not start: %v", e.name, number, err)
		return
	}
	w.note("%s: process %d starts with %v", e.name, number, setting)
	w.mu.Lock()
	defer w.mu.Unlock()
	instances := append([]*instance(nil), w.instances...)
	instances[number] = p
	ends := w.instances[number]
	w.instances, w.former = instances, append(w.former, ends)
	ends.tell(processEnds)
	ends.guard.EndWatches()
	ends.stop()
}

// stytchTrouble: Stytch fails, hangs, throttles, or cannot be reached.
func (w *World) stytchTrouble(e *errand, s Step) {
	for i, d := range w.computers {
		who := d.sitting()
		if in := w.in(who); len(in) > 0 {
			w.reads(e, who, in[w.seed.below(len(in), fmt.Sprint(e.name, " reads ", i))])
		}
	}
	w.trouble(e, toStytch)
}

// wayTrouble: the network between browsers and processes has faults.
func (w *World) wayTrouble(e *errand, s Step) { w.trouble(e, toProcess) }

func (w *World) trouble(e *errand, at side) {
	w.operates()
	now := w.clock.now()
	window := window{
		name: e.name, side: at, process: -1, from: now,
		to:     now + w.seed.between(time.Second, 25*time.Minute, e.name+" how long"),
		kind:   1 + trouble(w.seed.below(int(troubles)-1, e.name+" kind")),
		mixed:  w.seed.chance(0.4, e.name+" mixed"),
		chance: 0.3 + 0.7*w.seed.unit(e.name+" chance"),
	}
	if w.seed.chance(0.3, e.name+" one process only") {
		window.process = w.seed.below(w.deployment.Processes, e.name+" process")
	}
	if at == toStytch && w.seed.chance(0.25, e.name+" is away") {
		// For longer than a session_jwt lasts, so that reading is concerned as well.
		window.to, window.chance = now+w.seed.between(tokenLife, 25*time.Minute, e.name+" how long away"), 1
	}
	w.network.begin(window)
	w.note("%s: trouble %v, %v for %v", e.name, at, window.kind, window.to-window.from)
}

// renamedSince reports whether the names of the cookies have changed since then. A sign-in
// that is under way then has to begin again, since its cookie is renamed too.
func (w *World) renamedSince(then time.Duration) bool { return w.renamed.Load() > int64(then) }

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
		h = h.with(Step{Name: name, At: at, Act: "wrong clock"})
	}
	return h
}

// with returns the history with one more step.
func (h History) with(s Step) History {
	i := 0
	for i < len(h) && h[i].At < s.At {
		i++
	}
	return append(h[:i:i], append(History{s}, h[i:]...)...)
}
