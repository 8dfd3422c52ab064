package main

import (
	"io"
	"net/http"
)

// anybodysRoutes adds what browsers, search engines and load balancers ask for without
// being asked to, and returns the patterns. Protect closes what is not listed, so
// without these every first page would put a 401 into the browser's console, and a
// load balancer would take the program for broken.
func anybodysRoutes(mux *http.ServeMux) (public []string) {
	for pattern, answer := range map[string]http.HandlerFunc{
		"GET /style.css":   file("style.css", ""),
		"GET /favicon.ico": file("favicon.svg", "image/svg+xml"),
		"GET /robots.txt":  file("robots.txt", ""),
		"GET /healthz":     healthy,
	} {
		mux.HandleFunc(pattern, answer)
		public = append(public, pattern)
	}
	return public
}

// file serves one of the embedded files, and nothing else of them.
func file(name, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		http.ServeFileFS(w, r, pageFiles, "pages/"+name)
	}
}

// healthy says that this program answers. It does not ask Stytch: an outage there is
// not cured by a restart here, which would only forget whose tokens are good.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok\n")
}
