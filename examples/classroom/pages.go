package main

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
)

//go:embed pages
var pageFiles embed.FS

// pages are the templates by name. Each page file defines "main"; the layout
// puts it into the frame that all pages share.
var pages = func() map[string]*template.Template {
	all := make(map[string]*template.Template)
	for _, name := range []string{"home", "class", "roster", "outbox"} {
		all[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/session.html", "pages/"+name+".html"))
	}
	return all
}()

// signInPages are the pages of package signin in the application's own clothes.
func signInPages(demo *demo) *template.Template {
	return template.Must(template.New("signin.html").Funcs(template.FuncMap{
		"demo": func() bool { return demo != nil },
		"mail": func() int { return len(demo.stytch.Outbox()) },
	}).ParseFS(pageFiles, "pages/signin.html"))
}

// frame is what the layout shows on every page. Pages embed it.
type frame struct {
	Demo     bool // the in-memory Stytch is running
	SignedIn bool
	Mail     int // messages in the outbox
}

// show writes a page, whole or not at all.
func show(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := pages[name].ExecuteTemplate(&page, "layout.html", data); err != nil {
		slog.Error("page", "name", name, "err", err)
		http.Error(w, "This page is broken. Please tell whoever runs the class.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	// What a signed-in person sees must not stay in a cache that another shares.
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/style.css")
}
