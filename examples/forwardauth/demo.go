package main

import (
	"crypto/rand"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// demo is what the offline demonstration has: Stytch in memory, a class, two people in it
// and one outside.
type demo struct {
	stytch *mock.Stytch
	class  grimoireauth.ClassID
	people map[string]grimoireauth.MemberID // by the name on the page to sign in
}

func newDemo() *demo {
	d := &demo{stytch: &mock.Stytch{JWTLife: time.Hour}}
	d.class = d.stytch.AddClass("Contracts, semester 1").ID
	other := d.stytch.AddClass("Torts").ID
	d.people = map[string]grimoireauth.MemberID{
		"student":    d.stytch.AddStudent(d.class, "sam@example.edu"),
		"instructor": d.stytch.AddInstructor(d.class, "iris@example.edu"),
		"outsider":   d.stytch.AddInstructor(other, "otto@example.edu"),
	}
	return d
}

func (d *demo) options() options {
	return options{
		projectID: d.stytch.ProjectID(), secret: d.stytch.Secret(), stytchURL: d.stytch.BaseURL(), transport: d.stytch,
		proxy: grimoireauth.NewSecret(rand.Text()), pages: d.pages,
	}
}

// pages replaces the pages of package signin: a button signs in without any proof,
// which only a demonstration may do.
func (d *demo) pages(s *service) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth/", func(w http.ResponseWriter, r *http.Request) {
		back, _ := middleware.ReturnTo(r.URL.Query().Get("return_to"))
		var b strings.Builder
		b.WriteString("<!doctype html><title>Sign in</title><h1>Sign in as</h1><form method=post action=/auth/in>")
		fmt.Fprintf(&b, "<input type=hidden name=return_to value=\"%s\">", html.EscapeString(back))
		for _, name := range []string{"student", "instructor", "outsider"} {
			fmt.Fprintf(&b, "<button name=as value=%s>%s</button> ", name, name)
		}
		b.WriteString("</form><form method=post action=/auth/out><button>Sign out</button></form>")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(b.String())) // a browser that is gone is not an error
	})
	mux.HandleFunc("POST /auth/in", func(w http.ResponseWriter, r *http.Request) {
		member, ok := d.people[r.FormValue("as")]
		if !ok {
			s.guard.Respond(w, r, grimoireauth.ErrInvalid)
			return
		}
		authentication, err := s.guard.Authenticate(r.Context(), d.stytch.SignIn(member))
		if err == nil {
			err = s.guard.SetCookies(w, r, authentication)
		}
		if err != nil {
			s.guard.Respond(w, r, err)
			return
		}
		back, ok := middleware.ReturnTo(r.FormValue("return_to"))
		if !ok {
			back = "/classes/" + string(d.class) + "/notes"
		}
		http.Redirect(w, r, back, http.StatusSeeOther)
	})
	mux.HandleFunc("POST /auth/out", func(w http.ResponseWriter, r *http.Request) {
		if authentication, err := s.guard.Check(r); err == nil {
			if err := s.client.Sessions.Revoke(r.Context(), authentication.Session); err != nil {
				s.guard.Respond(w, r, err)
				return
			}
		}
		s.guard.ClearCookies(w, r)
		http.Redirect(w, r, "/auth/", http.StatusSeeOther)
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

// variables are what curlLines refers to, as a file for a shell. It has the cookies of people
// who are signed in, which only a demonstration may write down: those of the mock work nowhere
// else.
func (d *demo) variables(guard *middleware.Guard, nginx, haproxy string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "NGINX=%s\nHAPROXY=%s\nCLASS=/classes/%s\n", nginx, haproxy, d.class)
	for _, name := range slices.Sorted(maps.Keys(d.people)) {
		credentials := d.stytch.SignIn(d.people[name])
		credentials.JWT = grimoireauth.Secret{} // two kilobytes, and the first response sets a new one
		r := &http.Request{Header: http.Header{}}
		if err := guard.Attach(r, credentials); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s='Cookie: %s'\n", strings.ToUpper(name), r.Header.Get("Cookie"))
	}
	return b.String(), nil
}

// curlLines are what to try behind one proxy, for a terminal of 80 columns.
func (d *demo) curlLines(proxy, url string) string {
	var b strings.Builder
	at := "$" + strings.ToUpper(proxy)
	fmt.Fprintf(&b, "\n%s is at %s/auth/\n", proxy, strings.Replace(url, "127.0.0.1", "localhost", 1))
	for _, line := range []struct{ as, what, means string }{
		{"", at + "/", "200: a public page"},
		{"", at + "$CLASS/notes", "401: not signed in"},
		{"STUDENT", at + "$CLASS/notes", "200: what the Python service sees"},
		{"STUDENT", "-d grades " + at + "$CLASS/release", "403: for instructors"},
		{"INSTRUCTOR", "-d grades " + at + "$CLASS/release", "201"},
		{"OUTSIDER", at + "$CLASS/notes", "404: of another class"},
		{"STUDENT", "-H 'X-Auth-Role: coordinator' " + at + "$CLASS/notes", "200: still a student"},
	} {
		cookies := ""
		if line.as != "" {
			cookies = fmt.Sprintf("-H \"$%s\" ", line.as)
		}
		fmt.Fprintf(&b, "# %s\ncurl -i %s%s\n", line.means, cookies, line.what)
	}
	return b.String()
}
