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
