package world

import (
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
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

const handPrefix = "/hand/"

// byHand is a sign-in with forms of the application's own, as docs/sign-in.md shows
// it, with its four rules: new credentials pass through the guard, and a person who has
// only typed an address gets the same response whether it is known or not.
func (w *World) byHand(p *instance) map[string]http.Handler {
	form := func(rw http.ResponseWriter, status int, email, class, notice string) {
		rw.Header().Set("Cache-Control", "no-store")
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.WriteHeader(status)
		fmt.Fprintf(rw, `<!doctype html><title>Sign in</title><p role="alert">%s</p>`, notice)
		if email == "" {
			fmt.Fprint(rw, `<form method="post" action="/hand/start"><input name="class" required><input name="email" required><button name="method" value="email_otp">E-mail me a code</button></form>`)
			return
		}
		fmt.Fprintf(rw, `<form method="post" action="/hand/finish"><input type="hidden" name="class" value="%s"><input type="hidden" name="email" value="%s"><input name="code" required><button>Sign in</button></form><p><a href="/hand/">Begin again</a></p>`,
			html.EscapeString(class), html.EscapeString(email))
	}
	return map[string]http.Handler{
		"GET /hand/{$}": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			form(rw, http.StatusOK, "", "", "")
		}),
		"POST /hand/start": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			class, email := r.PostFormValue("class"), r.PostFormValue("email")
			if err := p.client.SignIn.SendEmailCode(r.Context(), stytchclient.EmailCode{Class: grimoireauth.ClassID(class), Email: email}); unavailable(err) {
				form(rw, http.StatusServiceUnavailable, "", "", "Signing in does not work at the moment.")
				return
			}
			form(rw, http.StatusOK, email, class, "")
		}),
		"POST /hand/finish": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			class, email := r.PostFormValue("class"), r.PostFormValue("email")
			signedIn, err := p.client.SignIn.WithEmailCode(r.Context(), stytchclient.EmailCodeSignIn{
				Class: grimoireauth.ClassID(class), Email: email, Code: grimoireauth.NewSecret(r.PostFormValue("code")),
			})
			var now grimoireauth.Authentication
			if err == nil {
				now, err = p.guard.Authenticate(r.Context(), signedIn.Credentials)
			}
			if err == nil {
				err = p.guard.SetCookies(rw, r, now)
			}
			switch {
			case err == nil:
				http.Redirect(rw, r, "/me", http.StatusSeeOther)
			case unavailable(err):
				form(rw, http.StatusServiceUnavailable, email, class, "Signing in does not work at the moment.")
			default:
				form(rw, http.StatusForbidden, "", "", "That is not right. Please begin again.")
			}
		}),
		"GET /hand/logout": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			fmt.Fprint(rw, `<!doctype html><title>Sign out</title><form method="post" action="/hand/logout"><button>Sign out</button></form>`)
		}),
		"POST /hand/logout": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if now, err := p.guard.Check(r); err == nil {
				_ = p.client.Sessions.Revoke(r.Context(), now.Session)
			}
			p.guard.ClearCookies(rw, r)
			http.Redirect(rw, r, "/", http.StatusSeeOther)
		}),
	}
}
