package world

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// stream is a response that stays open, such as server-sent events, and its reader.
type stream struct {
	x      *exchange
	reader *session
	class  string
	least  rank // the lowest role that its reader may have in the class

	opened time.Duration
}

// markingStream is a stream whose route requires only the permission to mark.
const markingStream = "GET /classes/{class}/marking"

// The lives of streams that their readers close by themselves.
const (
	leastStream = time.Minute
	mostStream  = 3 * time.Hour
)

// streaming is a handler that keeps its response open until its reader's right ends, or
// until the reader goes away.
func (w *World) streaming(p *instance, least rank) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.report(r, false)
		x := exchangeOf(r.Context())
		watched := w.sabotage.watch(p, r)
		if err := context.Cause(watched); err != nil {
			if errors.Is(err, http.ErrServerClosed) {
				w.oracle.events.happened("a stream begun at a process that ends")
			}
			p.guard.Respond(rw, r, err)
			return
		}
		session, _ := grimoireauth.SessionFromContext(r.Context())
		s := w.oracle.opens(x, string(session.ID()), r.PathValue("class"), least)
		w.note("%s: a stream opens", x.name)
		rw.Header().Set("Content-Type", "text/event-stream")
		rw.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(rw).Flush()
		_ = w.clock.sleep(watched, w.seed.between(leastStream, mostStream, x.name+" reads"))
		cause := context.Cause(watched)
		w.oracle.closes(w.network, s, cause)
		w.note("%s: the stream ends, %v", x.name, kindOfEnd(cause))
	})
}

// kindOfEnd says why a stream ended without ids, for the diary.
func kindOfEnd(cause error) string {
	for _, kind := range []error{
		grimoireauth.ErrUnavailable, grimoireauth.ErrSessionEnded, grimoireauth.ErrExpired, grimoireauth.ErrUnauthenticated,
		grimoireauth.ErrForbidden, grimoireauth.ErrNotFound, http.ErrServerClosed,
	} {
		if errors.Is(cause, kind) {
			return kind.Error()
		}
	}
	if cause == nil {
		return "the reader goes away"
	}
	return "for another reason"
}

// streams: a page opens a stream in the background, which stays open when the person
// leaves the page, as one of a shared worker does.
func (w *World) streams(t *tab, name string, r *room) {
	path := [...]string{"/events", "/events", "/marking"}[w.seed.below(3, name+" stream")]
	_, _ = t.Fetch("GET", "/classes/"+r.id+path, "")
}

// reads: a person reads a stream of a class while their rights are about to change.
func (w *World) reads(e *errand, who *person, r *room) {
	for _, d := range w.computers {
		t := d.tabs[0]
		if d.sitting() != who || !t.take(e, who) {
			continue
		}
		if page, err := t.Navigate(site + "/"); err == nil && page.Status == http.StatusOK {
			for _, path := range []string{"/events", "/marking"} {
				_, _ = t.Fetch("GET", "/classes/"+r.id+path, "")
			}
		}
		t.leave()
		w.later(100*time.Millisecond, time.Minute, e.next("reads on"))
	}
}

// announces: the application tells its processes about a change in the table, or one of
// them, or none.
func (w *World) announces(e *errand, p *instance, id grimoireauth.MemberID, r *room) {
	to := []*instance{p}
	switch w.seed.below(3, e.name+" announces") {
	case 0:
		return
	case 1:
		w.mu.Lock()
		to = w.instances
		w.mu.Unlock()
	}
	for _, p := range to {
		p.guard.Changed(grimoireauth.Person{Member: id, Class: grimoireauth.ClassID(r.id)})
		p.tell(rowOf(string(id), r.id))
	}
	w.oracle.events.happened("a change in the table announced")
}

// early is a response of which the head arrives before the handler returns.
type early struct {
	*httptest.ResponseRecorder
	head chan *http.Response
}

// Flush implements [http.Flusher].
func (f *early) Flush() {
	if !f.Flushed {
		f.ResponseRecorder.Flush()
		f.head <- f.Result()
	}
}

// answers calls the application, and returns when the handler flushes or when the response
// is complete.
func (w *World) answers(ctx context.Context, x *exchange, r *http.Request, to *httptest.ResponseRecorder) *http.Response {
	// A stream outlives the fetch that opened it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	rec := &early{to, make(chan *http.Response, 1)}
	w.running.Go(func() {
		defer cancel()
		x.instance.app.ServeHTTP(rec, r.WithContext(ctx))
		if !rec.Flushed {
			rec.head <- rec.Result()
		}
	})
	return <-rec.head
}

// streams reports whether responses at this path stay open.
func streams(path string) bool {
	return strings.HasSuffix(path, "/events") || strings.HasSuffix(path, "/marking")
}

// watch returns the context of a stream.
func (s sabotage) watch(p *instance, r *http.Request) context.Context {
	watched := p.guard.Watch(r)
	if s.kind == "deaf streams" && watched.Err() == nil {
		return r.Context()
	}
	if s.kind == "nervous streams" {
		ended, cancel := context.WithTimeoutCause(watched, 30*time.Second, grimoireauth.ErrUnavailable)
		context.AfterFunc(ended, cancel)
		return ended
	}
	return watched
}

// The bounds of streams that the documentation states.
const (
	decidedEvery = 10 * time.Second // how often the guards of a stream are checked again
	signalled    = time.Second      // how soon a revocation in the same process ends a stream
	oneCall      = 2*mostStytch + 10*time.Millisecond
	inDoubt      = time.Minute // how long a stream stays while the guards have temporary errors
)

// opens records that a stream has begun.
func (o *oracle) opens(x *exchange, id, class string, least rank) *stream {
	o.events.happened("a stream opened")
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	return &stream{x: x, reader: o.ledger.sessions[id], class: class, least: least, opened: o.clock.now()}
}

// closes checks the end of a stream: it came within the stated time after the end of its
// reader's right, and had a reason.
func (o *oracle) closes(n *network, s *stream, cause error) {
	if s.reader == nil {
		return // reported when it was served
	}
	at, p := o.clock.now(), s.x.instance
	// Checking takes one call to Stytch. If that fails, the stream stays for a minute.
	call := oneCall
	if !n.quietSince(at - 2*inDoubt - healing) {
		call += inDoubt
	}
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	o.overstays(s, at, call)
	switch closing, ok := p.told(processEnds); {
	case ok && at > closing+signalled:
		o.broken("stream", "%s stands %v after its process was told to end its streams", s.x.name, at-closing)
	case ok || errors.Is(cause, http.ErrServerClosed):
		if !ok {
			o.broken("stream", "%s was ended because its process ends, and it does not", s.x.name)
		}
		o.events.happened("a stream ended with its process")
	case cause != nil:
		o.endedRightly(n, s, at, cause)
	}
}

// processEnds is the cause with which a replaced process ends its streams.
const processEnds = "the end of its streams"

// overstays reports whether the stream was open for too long. The caller holds the
// ledger's lock, as for the functions below.
func (o *oracle) overstays(s *stream, at, call time.Duration) {
	p, m := s.x.instance, s.reader.member
	stale := p.setting.stale() + o.clocks.behindSince(p.number, s.opened)
	over := s.reader.over()
	if o.ledger.unmarked {
		over = s.reader.ended()
	}
	if at > over+stale+decidedEvery+call {
		o.broken("stream", "%s stands %v after the end of the session of %s", s.x.name, at-over, m.email)
	}
	if ends := s.reader.ends; at > ends+leeway+o.clocks.behindSince(p.number, s.opened)+decidedEvery+call {
		o.broken("stream", "%s stands %v after the date on which the session of %s ends", s.x.name, at-ends, m.email)
	}
	// A revocation in this process ends the stream at once: one of the session, or a rightful one
	// of its member or class.
	for _, end := range []struct {
		what string
		at   time.Duration
	}{{s.reader.id, 0}, {m.id, over}, {m.class.id, over}} {
		if told, ok := p.told(cutOf(end.what)); ok && end.at <= told && told > s.opened && at > told+signalled+call && (end.what == s.reader.id || o.clocks.behindSince(p.number, told) <= leeway) {
			o.broken("stream", "%s stands %v after its process ended the session of %s", s.x.name, at-told, m.email)
		}
	}
	// And a revocation in another process, as soon as this one has to know of it.
	for _, end := range []struct {
		what         string
		at, atStytch time.Duration
	}{{s.reader.id, 0, s.reader.dead}, {m.id, over, over}, {m.class.id, over, over}} {
		from := o.shared.heldFrom(end.what, end.at, end.atStytch)
		if from != never && at > max(from, s.opened)+signalled+decidedEvery+call+o.clocks.behindSince(p.number, from-sharedBound) {
			o.broken("stream", "%s stands %v after the time by which all processes had to know of the end of the session of %s", s.x.name, at-from, m.email)
		}
	}
	if highest := o.rankFor(s, at, call); highest < s.least {
		o.broken("stream", "%s stands for a reader who has to be %s there, and %s is %s", s.x.name, s.least, m.email, highest)
	}
}

// rankFor returns the highest role that the stream may rest on at this time.
func (o *oracle) rankFor(s *stream, at, call time.Duration) rank {
	p, m := s.x.instance, s.reader.member
	if o.table == nil {
		from := at - p.setting.stale() - decidedEvery - call - o.clocks.behindSince(p.number, s.opened)
		if told, ok := p.told("role of " + m.id); ok && told+signalled+call < at && o.clocks.behindSince(p.number, told) <= leeway {
			from = max(from, told)
		}
		if held := o.shared.lastHeld(m.id, at-signalled-decidedEvery-call); o.clocks.behindSince(p.number, held) <= leeway {
			from = max(from, held)
		}
		return m.highest(from)
	}
	from := at - decidedEvery - call
	if told, ok := p.told(rowOf(m.id, s.class)); ok && told+call < at {
		from = max(from, told)
	}
	return o.table.highest(m.id, s.class, from)
}

// cutOf names a revocation.
func cutOf(id string) string { return "revocation of " + id }

// rowOf names the announcement of a change in the table.
func rowOf(member, class string) string { return "row of " + member + " in " + class }

// endedRightly checks the reason why a stream was ended.
func (o *oracle) endedRightly(n *network, s *stream, at time.Duration, cause error) {
	p, m := s.x.instance, s.reader.member
	from := at - inDoubt - healing
	quiet := n.quietSince(from) && s.reader.began > o.lastWithdrawal()
	_, told := p.told(s.reader.id)
	lives := s.reader.lives(at+leeway+max(o.clocks.ahead(p.number), 0)) && !told
	lowest := m.lowest(at - p.setting.stale() - decidedEvery - o.clocks.behindSince(p.number, s.opened))
	if o.table != nil {
		lowest = o.table.lowest(m.id, s.class, at-decidedEvery-oneCall-inDoubt)
	}
	switch {
	case errors.Is(cause, grimoireauth.ErrUnavailable):
		// A process whose clock is ahead treats the session as expired by as much too early,
		// since an open connection does not extend it.
		early := !lives && o.clocks.ahead(p.number) > 0
		if quiet && !early && !o.clocks.behindRevocation(p, m, at-inDoubt) {
			o.broken("stream", "%s was ended as unavailable although nothing was wrong", s.x.name)
		}
		o.events.happened("a stream ended after a minute of doubt")
	case errors.Is(cause, grimoireauth.ErrForbidden), errors.Is(cause, grimoireauth.ErrNotFound):
		if lowest >= s.least && lives {
			o.broken("stream", "%s was ended for want of a right, and %s is %s", s.x.name, m.email, lowest)
		}
		o.events.happened("a stream ended with its reader's role")
	default:
		if lives && quiet {
			o.broken("stream", "%s was ended (%s) although the session of %s lives", s.x.name, kindOfEnd(cause), m.email)
		}
		o.events.happened("a stream ended with its reader's session")
	}
}

// lowest is the lowest role that the member had at any time from since on.
func (m *member) lowest(since time.Duration) rank {
	if len(m.roles) == 0 {
		return none
	}
	lowest := coordinator
	for i, r := range m.roles {
		if i+1 < len(m.roles) && m.roles[i+1].at <= since {
			continue // over before that
		}
		lowest = min(lowest, r.rank)
	}
	return lowest
}

// lowest is the lowest role at any time from since on.
func (t *table) lowest(memberID, class string, since time.Duration) rank {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := member{roles: t.rows[tableKey{memberID, class}]}
	return m.lowest(since)
}
