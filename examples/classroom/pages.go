package main

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware/signin"
)

//go:embed pages
var pageFiles embed.FS

// pages are the templates by name. Each page file defines "main"; the layout puts it
// into the common frame.
var pages = func() map[string]*template.Template {
	all := make(map[string]*template.Template)
	for _, name := range []string{"home", "class", "roster", "refused", "outbox", "authenticator", "stytch"} {
		all[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/header.html", "pages/list.html", "pages/session.html", "pages/"+name+".html"))
	}
	return all
}()

// signInPages are the built-in pages of package signin in the application's own
// frame.
func (c *classroom) signInPages() *template.Template {
	return template.Must(signin.DefaultPages().Funcs(template.FuncMap{
		"frame": func() frame { return c.frame(nil) },
	}).ParseFS(pageFiles, "pages/header.html", "pages/frame.html"))
}

// frame is what the header shows on every page. Pages embed it.
type frame struct {
	Demo     bool // the in-memory Stytch is running
	Off      bool // and cannot be reached
	Mail     int  // messages in the outbox
	SignedIn bool
	Several  bool   // is in several classes
	Here     string // this page, to come back to
	Aside    bool   // other pages open beside this one, on which something is half typed
}

// frame returns the frame of a page. A sign-in page has no request, and is for people
// who are not signed in.
func (c *classroom) frame(r *http.Request) frame {
	f := frame{Here: "/", Aside: r == nil}
	if c.demo != nil {
		f.Demo, f.Off, f.Mail = true, c.demo.off(), len(c.demo.stytch.Outbox())
	}
	if r == nil {
		return f
	}
	f.Here = r.URL.RequestURI()
	if session, ok := grimoireauth.SessionFromContext(r.Context()); ok {
		f.SignedIn = true
		several, _ := c.several.Load(session.Member())
		f.Several = several == true
	}
	return f
}

// show writes a page, completely or not at all.
func show(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := pages[name].ExecuteTemplate(&page, "layout.html", data); err != nil {
		slog.Error("page", "name", name, "err", err)
		http.Error(w, "This page is broken. Please tell your instructor.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	// The page of a signed-in person must not be stored in a shared cache.
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}
