package main

import (
	"io"
	"net/http"
)

// publicFiles adds what browsers, search engines and load balancers request on their
// own, and returns the patterns. Protect closes what is not listed, so without these
// every first page would put a 401 into the browser's console, and a load balancer
// would consider the program broken.
func publicFiles(mux *http.ServeMux) (public []string) {
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

// file serves one of the embedded files.
func file(name, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		http.ServeFileFS(w, r, pageFiles, "pages/"+name)
	}
}

// healthy says that this program answers. It does not call Stytch: restarting this
// program does not end an outage there, and would only clear the verified tokens.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok\n")
}
