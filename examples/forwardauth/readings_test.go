package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// spellings are ways to write the address of the notes of class B, for a member of
// class A.
func spellings(a, b string) []string {
	var all []string
	seen := make(map[string]bool)
	add := func(format string, args ...any) {
		if s := fmt.Sprintf(format, args...); !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	encoded := func(s string) string {
		var e strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&e, "%%%02x", s[i])
		}
		return e.String()
	}
	slashes := []string{"/", "//", "///", "/./", "%2f", "%2F", "/%2e/", "/%2E/", "/;/", "/;x=1/", "\\", "%5c", "/x/../", "/x/%2e%2e/", "/x/..%2f", "/x%2f../", "%252f", "/%252e/", "/x/%252e%252e/", "/x/..;/", "/.%00/", "/%20/", "%c0%af", "%ef%bc%8f", "/?/", "#/", "%23/", "%3f/", "/%09"}
	for _, slash := range slashes {
		add("%sclasses/%s/notes", slash, b)
		add("/classes%s%s/notes", slash, b)
		add("/classes/%s%snotes", b, slash)
		add("/classes/%s/notes%s", b, slash)
	}
	ups := []string{"..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "..;", "..%00", ".%2e%3b", "...", "%c0%ae%c0%ae"}
	for _, up := range ups {
		for _, slash := range []string{"/", "%2f", "\\", "//", "%5c"} {
			add("/classes/%s%s%s%s%s/notes", a, slash, up, slash, b)
			add("/auth%s%s%sclasses/%s/notes", slash, up, slash, b)
			// Below a route that takes everything, the class is the right one.
			add("/classes/%s/files/%s%s%s%s%s/notes", a, up, slash, up, slash, b)
			add("/classes/%s/files/x%s%s%s%s%s%s%s%s%s/notes", a, slash, up, slash, up, slash, up, slash, b, "/x/../..")
		}
		add("/classes/%s/notes/%s/%s/%s/notes", a, up, up, b)
		add("/%s/classes/%s/notes", up, b)
	}
	for _, class := range []string{
		encoded(b), encoded(b[:1]) + b[1:], b[:len(b)-1] + encoded(b[len(b)-1:]), strings.ReplaceAll(encoded(b), "%", "%25"), strings.ToUpper(b), strings.ToUpper(b[:1]) + b[1:],
		b + ";", b + ";x=" + a, a + ";" + b, b + "%3b", b + ".", b + "%2e", b + "%20", b + "+", "%20" + b, b + "%00", b + "%00" + a, a + "%0a" + b, b + "%0d%0a", b + "%09", b + "~", b + "?class=" + a, b + "#" + a, b + "%23", b + "%3f", b + "," + a, a + "," + b, a + "&" + b, b + "*", "*", b + ":80", "@" + b, a + "@" + b, b + "%e2%80%8b", "\u200b" + b,
	} {
		add("/classes/%s/notes", class)
	}
	for _, word := range []string{"CLASSES", "Classes", "%63lasses", "classe%73", "classes;x", "classes.", "classes%20", "%43LASSES"} {
		add("/%s/%s/notes", word, b)
	}
	for _, word := range []string{"NOTES", "note%73", "notes;a=" + a, "notes.json", "notes%00", "notes/", "notes//", "notes/.", "notes?class=" + a, "notes#" + a, "notes%20", "notes%3fclass=" + a} {
		add("/classes/%s/%s", b, word)
	}
	for _, whole := range []string{"http://school.example/classes/" + b + "/notes", "http://" + a + "/classes/" + b + "/notes", "HTTP://school.example//classes/" + b + "/notes", "http:///classes/" + b + "/notes", "classes/" + b + "/notes", "./classes/" + b + "/notes", "*", "?/classes/" + b + "/notes", "//school.example/classes/" + b + "/notes"} {
		add("%s", whole)
	}
	return all
}

// reads reports whether any reading of a target's path has a word in it: decoded up to
// three times, and in any case.
func reads(target, word string) bool {
	path, _, _ := strings.Cut(target, "?")
	for range 4 {
		if strings.Contains(strings.ToLower(path), strings.ToLower(word)) {
			return true
		}
		decoded, err := url.PathUnescape(path)
		if err != nil {
			decoded = strings.NewReplacer("%2f", "/", "%2F", "/", "%2e", ".", "%2E", ".").Replace(path)
		}
		path = decoded
	}
	return false
}

func TestF02_NoSpellingOpensAnotherClass(t *testing.T) {
	behind(t, nil, func(t *testing.T, s *site) {
		a, b := string(s.class), string(s.other)
		all := spellings(a, b)
		require.GreaterOrEqual(t, len(all), 200)
		cookie := s.cookie(s.instructor)
		passed := 0
		for _, target := range all {
			s.application.clear()
			s.asked.clear()
			res, _ := s.raw("GET " + target + " HTTP/1.1\r\nHost: school.example\r\nConnection: close\r\nCookie: " + cookie + "\r\n\r\n")
			got, asked := s.application.last(), s.asked.last()
			require.NotEqual(t, 500, res.StatusCode, "%s", target)
			if got == nil {
				continue
			}
			passed++
			require.False(t, reads(got.uri, b), "%s reached the service as %s", target, got.uri)
			require.NotNil(t, asked)
			require.Equal(t, asked.header.Get("X-Forward-Auth-Uri"), got.uri, "the service gets the path that was decided about")
		}
		t.Logf("%d spellings, %d passed, to one's own class or a public page", len(all), passed)

		// One's own class, and the other one for its own people.
		for _, file := range []string{"a/b.pdf", "a%20title%20%C3%A4.pdf", "~x/", ""} {
			s.application.clear()
			res, _ := s.raw("GET /classes/" + a + "/files/" + file + " HTTP/1.1\r\nHost: school.example\r\nConnection: close\r\nCookie: " + cookie + "\r\n\r\n")
			require.Equal(t, 200, res.StatusCode, file)
			require.Equal(t, "/classes/"+a+"/files/"+file, s.application.last().uri)
		}
		for _, row := range []struct {
			cookie, class string
			want          int
		}{{cookie, a, 200}, {s.cookie(s.outsider), b, 200}, {s.cookie(s.outsider), a, 404}} {
			res, _ := s.raw("GET /classes/" + row.class + "/notes?week=2 HTTP/1.1\r\nHost: school.example\r\nConnection: close\r\nCookie: " + row.cookie + "\r\n\r\n")
			require.Equal(t, row.want, res.StatusCode)
		}

		// A request in absolute form (RFC 9112, 3.2.2) has the same path.
		s.application.clear()
		res, _ := s.raw("GET http://school.example/classes/" + a + "/notes HTTP/1.1\r\nHost: school.example\r\nConnection: close\r\nCookie: " + cookie + "\r\n\r\n")
		require.Equal(t, 200, res.StatusCode)
		require.Equal(t, "/classes/"+a+"/notes", s.application.last().uri)
	})
}
