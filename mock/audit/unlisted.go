package audit

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
)

// likely are words that are common in paths, for routes that a table easily misses.
var likely = []string{
	"", "admin", "api", "archive", "debug", "delete", "download", "edit", "events", "export", "favicon.ico",
	"files", "health", "healthz", "import", "login", "logout", "me", "members", "metrics", "new", "robots.txt",
	"search", "session", "settings", "sign-in", "sign-out", "static", "status", "stream", "upload", "users", "ws",
	"mock.audit.sample", // for a wildcard
}

// unlisted returns the routes of the application that have no Route, and the Routes that
// the application does not have.
func (config Config) unlisted(class auditedClass, routes []Route) []string {
	var found []string
	if config.Mux != nil {
		found = append(found, unlistedInMux(config.Mux, class, routes)...)
	}
	if config.Patterns != nil {
		found = append(found, unlistedPatterns(config.Patterns, class, routes)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

const (
	withoutRow   = " has no Route"
	withoutRoute = " is no route of the application"
)

func unlistedInMux(mux *http.ServeMux, class auditedClass, routes []Route) (found []string) {
	listed := make(map[string]bool)
	words := slices.Clone(likely)
	folders := map[string]bool{"/": true}
	for _, route := range routes {
		method, path := route.target(class)
		path, _, _ = strings.Cut(path, "?")
		_, pattern := ask(mux, method, path)
		if pattern == "" {
			found = append(found, route.Pattern+withoutRoute)
		}
		listed[pattern] = true
		folder := "/"
		for word := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
			words = append(words, word)
			folder += word + "/"
			folders[strings.ReplaceAll(folder, "//", "/")] = true
		}
	}
	slices.Sort(words)
	words = slices.Compact(words)
	for folder := range folders {
		for _, word := range words {
			for _, path := range []string{folder + word, strings.TrimSuffix(folder+word, "/") + "/"} {
				for _, pattern := range patternsAt(mux, path) {
					if !listed[pattern] {
						found = append(found, pattern+withoutRow)
					}
				}
			}
		}
	}
	return found
}

// noMethod is a method that no application uses: a ServeMux answers it with the methods
// that the path has.
const noMethod = "MOCK-AUDIT"

// patternsAt returns the patterns that a mux has for a path, whatever their methods.
func patternsAt(mux *http.ServeMux, path string) []string {
	h, pattern := ask(mux, noMethod, path)
	if h == nil {
		return nil
	}
	patterns := []string{pattern}
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	if pattern == "" {
		// The mux answers 404 or 405 itself, so no handler of the application runs.
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(noMethod, "/", nil))
		methods = strings.Split(w.Header().Get("Allow"), ", ")
	}
	for _, method := range methods {
		if method != "" {
			_, pattern := ask(mux, method, path)
			patterns = append(patterns, pattern)
		}
	}
	return slices.DeleteFunc(patterns, func(pattern string) bool { return pattern == "" })
}

// ask returns the handler and the pattern that a mux picks.
func ask(mux *http.ServeMux, method, path string) (http.Handler, string) {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, ""
	}
	return mux.Handler(&http.Request{Method: method, URL: u, Host: "example.com", Header: http.Header{}})
}

func unlistedPatterns(patterns []string, class auditedClass, routes []Route) (found []string) {
	listed := make(map[string]bool)
	for _, route := range routes {
		method, path := route.target(class)
		path, _, _ = strings.Cut(path, "?")
		best, rank := "", ""
		for _, pattern := range patterns {
			if r, ok := matches(pattern, method, path); ok && cmp.Compare(r, rank) > 0 {
				best, rank = pattern, r
			}
		}
		if best == "" {
			found = append(found, route.Pattern+withoutRoute)
		}
		listed[best] = true
	}
	for _, pattern := range patterns {
		if !listed[pattern] {
			found = append(found, pattern+withoutRow)
		}
	}
	return found
}

// matches reports whether a router's pattern fits a request, and its rank: of two patterns
// that fit, a router picks the one with the greater rank. It knows the wildcards of net/http, chi,
// gorilla/mux, echo and gin.
func matches(pattern, method, path string) (rank string, ok bool) {
	wanted, template, ok := strings.Cut(pattern, " ")
	if !ok {
		wanted, template = "", pattern
	}
	if wanted != "" && wanted != method && !(wanted == "GET" && method == "HEAD") {
		return "", false
	}
	have := strings.Split(path, "/")
	for i, segment := range strings.Split(template, "/") {
		switch {
		case strings.HasPrefix(segment, "*"), strings.HasSuffix(segment, "...}"):
			return rank + "1", true
		case i >= len(have):
			return "", false
		case segment == "{$}":
			segment = ""
		}
		switch {
		case strings.HasPrefix(segment, "{"), strings.HasPrefix(segment, ":"):
			if have[i] == "" {
				return "", false
			}
			rank += "2"
		case segment == have[i]:
			rank += "3"
		default:
			return "", false
		}
	}
	if strings.Count(template, "/") != strings.Count(path, "/") {
		return "", false
	}
	if wanted != "" {
		rank += "1"
	}
	return rank, true
}
