package world

import (
	"fmt"
	"html"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

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
