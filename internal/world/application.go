package world

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// application is the service as a school would write it: pages for signed-in people,
// pages of a class, forms, slow responses, and routes that ask Stytch for each request.
// Each handler reports to the oracle for which person it was called.
func (w *World) application(p *instance, pages http.Handler, logger *slog.Logger) http.Handler {
	class := middleware.PathClass("class")
	students := p.guard.InClass(class, grimoireauth.RoleStudent)
	instructors := w.sabotage.inClass(p.guard, p.guard.InClass(class, grimoireauth.RoleInstructor))
	report := func(fresh bool, answer func(http.ResponseWriter, *http.Request)) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.report(r, fresh)
			answer(rw, r)
		})
	}
	page := func(rw http.ResponseWriter, r *http.Request) {
		if w.seed.chance(0.1, exchangeOf(r.Context()).name+" printed") {
			logger.Debug("served", "context", fmt.Sprintf("%v %+v", r.Context(), r.Context()))
		}
		io.WriteString(rw, appPage)
	}
	mux := http.NewServeMux()
	public := []string{"GET /{$}"}
	if pages != nil {
		mux.Handle("/auth/", pages)
		public = append(public, "/auth/")
	} else {
		mux.HandleFunc("GET "+loginPath, func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, loginPage) })
		public = append(public, "GET "+loginPath)
	}
	mux.Handle("GET /{$}", p.guard.Load(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, ok := grimoireauth.SessionFromContext(r.Context()); ok {
			w.report(r, false)
		}
		io.WriteString(rw, appPage)
	})))
	mux.Handle("GET /me", report(false, page))
	mux.Handle("GET /part", report(false, func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "{}") }))
	mux.Handle("GET /slow", report(false, func(rw http.ResponseWriter, r *http.Request) {
		name := exchangeOf(r.Context()).name
		// Like many handlers, this one ignores that the request was cancelled.
		_ = w.clock.sleep(w.context, w.seed.between(100*time.Millisecond, 90*time.Second, name+" slow"))
		page(rw, r)
	}))
	mux.Handle("POST /notes", report(false, func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/me", http.StatusSeeOther)
	}))
	mux.Handle("GET /classes/{class}", students(report(false, page)))
	mux.Handle("GET /classes/{class}/roster", instructors(report(false, page)))
	mux.Handle("POST /classes/{class}/marks", students(p.guard.Can(class, "class", "mark")(report(false, func(rw http.ResponseWriter, _ *http.Request) {
		io.WriteString(rw, "{}")
	}))))
	mux.Handle("GET /classes/{class}/events", students(w.streaming(p, student)))
	mux.Handle(markingStream, p.guard.Can(class, "class", "mark")(w.streaming(p, tutor)))
	mux.Handle("POST /classes/{class}/release", instructors(p.guard.Fresh(report(true, page))))
	for pattern, h := range w.byHand(p) {
		mux.Handle(pattern, h)
		public = append(public, pattern)
	}
	return http.NewCrossOriginProtection().Handler(p.guard.Protect(mux, public...))
}

// report tells the oracle for which person a handler was called.
func (w *World) report(r *http.Request, fresh bool) {
	session, ok := grimoireauth.SessionFromContext(r.Context())
	x := exchangeOf(r.Context())
	if !ok {
		w.oracle.broken("identity", "%s was served, and its handler finds no session", x.name)
		return
	}
	s := service{session: string(session.ID()), member: string(session.Member()), fresh: fresh, class: r.PathValue("class")}
	if s.class != "" {
		person, role, _ := grimoireauth.RoleFromContext(r.Context())
		s.role = rankIn(role)
		permitted := r.Pattern == "POST /classes/{class}/marks" || r.Pattern == markingStream
		if permitted {
			s.role = max(s.role, tutor) // a person who marks counts as one
		}
		if w.sabotage.kind != "no class" && r.Pattern != markingStream && (string(person.Class) != s.class || string(person.Member) != s.member) {
			w.oracle.broken("class", "%s is about one class, and its handler was told another", x.name)
		}
	}
	w.oracle.served(x, s)
}

// appPage is a page of the application. Its form is one that people fill in.
const appPage = `<!doctype html><title>The class</title><h1>The class</h1>
<form method="post" action="/notes"><textarea name="note"></textarea><button>Keep it</button></form>
<p><a href="/auth/logout">Sign out</a> <a href="/auth/switch">Another class</a></p>`
