package main

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

//go:embed pages
var pageFiles embed.FS

var index = template.Must(template.ParseFS(pageFiles, "pages/index.html"))

// publicFiles adds what the page needs, and returns the patterns.
func publicFiles(mux *http.ServeMux) (public []string) {
	for pattern, file := range map[string]string{
		"GET /style.css": "style.css", "GET /page.js": "page.js", "GET /favicon.ico": "favicon.svg",
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if file == "favicon.svg" {
				w.Header().Set("Content-Type", "image/svg+xml")
			}
			http.ServeFileFS(w, r, pageFiles, "pages/"+file)
		})
		public = append(public, pattern)
	}
	return public
}

// page is the only page. The script on it goes on from there. It is shown also while the
// session cannot be confirmed, which Guard.Load would answer with 503.
func (s *service) page(w http.ResponseWriter, r *http.Request) {
	show := struct {
		*service
		Processes []int
		Me        person
	}{service: s, Processes: []int{1, 2, 3}}
	authentication, err := s.guard.Check(r)
	for _, p := range s.People {
		if err == nil && p.Member == authentication.Session.Member() {
			show.Me = p
		}
	}
	if errors.Is(err, grimoireauth.ErrUnavailable) {
		show.Me.Name = "Your session cannot be confirmed now"
	}
	var page bytes.Buffer
	if err := index.Execute(&page, show); err != nil {
		slog.ErrorContext(r.Context(), "page", "err", err)
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(page.Bytes()) // a browser that is gone is not an error
}
