package browser

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzSetCookie: whatever the line, a stored cookie keeps the limits, comes back in a
// header that a server reads as one cookie of that name and value, and net/http
// reads the lines that it accepts at all with the same name.
func FuzzSetCookie(f *testing.F) {
	for _, line := range []string{
		"", "=", "a", "a=", "=a", "a=1", "a=1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600", "a=1; Domain=.example.edu",
		"a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "a=1; Max-Age=-1", "a=1; Max-Age=" + strings.Repeat("9", 30), "__Host-a=1; Secure; Path=/",
		"a=b=c; ;;=;", "a=\"1; 2\"", "a\x00=1", "a=1\t; path=\t/x\t", "ſ=1; Domain=EXAMPLE.edu", "a=1; max-age=1; MAX-AGE=2; path=/a; path=",
	} {
		f.Add(line)
	}
	now := time.Unix(946684800, 0)
	f.Fuzz(func(t *testing.T, line string) {
		s, err := parseSetCookie(line, now)
		j := NewJar(JarConfig{Nameless: true})
		u := Access{URL: mustURL("https://tutor.example.edu/class/page"), Method: "GET", TopLevel: true}
		c, stored := j.Receive(u, line)
		if err != nil && stored == nil {
			t.Fatalf("%q: stored although it cannot be read (%v)", line, err)
		}
		if stored != nil {
			if n := len(j.Cookies()); n != 0 {
				t.Fatalf("%q: refused (%v), but %d cookies", line, stored, n)
			}
			return
		}
		switch {
		case len(c.Name)+len(c.Value) > maxPair, strings.ContainsAny(c.Name, "=;\r\n\x00"), strings.ContainsAny(c.Value, ";\r\n\x00"):
			t.Fatalf("%q: stored %q %q", line, c.Name, c.Value)
		case strings.TrimSpace(c.Name) != c.Name && strings.Trim(c.Name, wsp) != c.Name:
			t.Fatalf("%q: space around %q", line, c.Name)
		case !strings.HasPrefix(c.Path, "/"), !domainMatch("tutor.example.edu", c.Domain), c.Domain == "edu":
			t.Fatalf("%q: stored %v", line, c)
		case s.Expires.After(now.Add(maxLife)):
			t.Fatalf("%q: expires %v", line, s.Expires)
		}
		again, err := parseSetCookie(c.Name+"="+c.Value, now)
		if err != nil || again.Name != c.Name || again.Value != c.Value {
			t.Fatalf("%q: %q=%q comes back as %q=%q (%v)", line, c.Name, c.Value, again.Name, again.Value, err)
		}
		h := http.Response{Header: http.Header{"Set-Cookie": {line}}}
		for _, std := range h.Cookies() {
			if std.Name != c.Name {
				t.Fatalf("%q: %q, to net/http %q", line, c.Name, std.Name)
			}
		}
	})
}
