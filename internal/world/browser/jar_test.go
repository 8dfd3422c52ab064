package browser

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const tutor = "https://tutor.example.edu/class/page"

func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	require.NoError(t, err)
	return u
}

// fromTutor is a top-level GET of the tutor's site.
func fromTutor(t *testing.T) Access {
	return Access{URL: address(t, tutor), Method: "GET", TopLevel: true}
}

// at is a top-level GET of that address, changed as a row wants it.
func at(t *testing.T, s string, change ...func(*Access)) Access {
	a := Access{URL: address(t, s), Method: "GET", TopLevel: true}
	for _, c := range change {
		c(&a)
	}
	return a
}

var (
	script    = func(a *Access) { a.Script = true }
	crossSite = func(a *Access) { a.CrossSite = true }
	post      = func(a *Access) { a.Method = "POST" }
	inPage    = func(a *Access) { a.TopLevel = false }
)

// TestJarReceive: what a jar makes of one line.
func TestJarReceive(t *testing.T) {
	long := strings.Repeat("x", 4095)
	rows := []struct {
		name string
		from string // empty: tutor
		how  []func(*Access)
		jar  JarConfig
		line string
		err  error
		want string // the cookie's String; empty with an error
	}{
		{name: "plain", line: "a=1", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "white space around name and value", line: "  a\t = 1 2 ", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "an empty value", line: "a=", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "attributes in any case", line: "a=1; PATH=/; sEcUrE; httponly; samesite=LAX; MAX-age=60",
			want: "a=…; Path=/; host tutor.example.edu; Expires=2000-01-01T00:01:00Z; Secure; HttpOnly; SameSite=Lax"},
		{name: "unknown attributes", line: "a=1; Partitioned; Priority=High;;; =x", want: "a=…; Path=/class; host tutor.example.edu"},

		// Size and letters.
		{name: "4096 bytes", line: "a=" + long, want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "4097 bytes", line: "ab=" + long, err: ErrTooLarge},
		{name: "an attribute of 1024 bytes", line: "a=1; Path=/" + strings.Repeat("x", 1023), want: "a=…; Path=/" + strings.Repeat("x", 1023) + "; host tutor.example.edu"},
		{name: "an attribute of 1025 bytes is left out", line: "a=1; Path=/" + strings.Repeat("x", 1024), want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "a control character", line: "a=1\x00", err: ErrControlCharacter},
		{name: "a line break", line: "a=1\r\nb=2", err: ErrControlCharacter},
		{name: "a control character in an attribute", line: "a=1; Path=/\x7f", err: ErrControlCharacter},
		{name: "a tab is none", line: "a=1\t2", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "nameless with =", line: "=1", err: ErrNameless},
		{name: "nameless without =", line: "stytch_session", err: ErrNameless},
		{name: "nothing at all", line: "", err: ErrNameless},
		{name: "nothing, where nameless is allowed", jar: JarConfig{Nameless: true}, line: " = ", err: ErrNameless},
		{name: "nameless, where it is allowed", jar: JarConfig{Nameless: true}, line: "=a=1", want: "=…; Path=/class; host tutor.example.edu"},
		{name: "nameless that would look like __Host-", jar: JarConfig{Nameless: true}, line: "=__host-a=1; Secure; Path=/", err: ErrPrefix},

		// Domain.
		{name: "Domain of the host itself", line: "a=1; Domain=tutor.example.edu", want: "a=…; Path=/class; Domain=tutor.example.edu"},
		{name: "Domain with a leading dot", line: "a=1; Domain=.Example.EDU", want: "a=…; Path=/class; Domain=example.edu"},
		{name: "Domain of another host", line: "a=1; Domain=other.example.edu", err: ErrDomain},
		{name: "Domain of a host below", line: "a=1; Domain=x.tutor.example.edu", err: ErrDomain},
		{name: "Domain that only ends alike", line: "a=1; Domain=ample.edu", err: ErrDomain},
		{name: "an empty Domain", line: "a=1; Domain=", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "the last Domain counts", line: "a=1; Domain=other.edu; Domain=example.edu", want: "a=…; Path=/class; Domain=example.edu"},
		{name: "Domain edu", line: "a=1; Domain=edu", err: ErrPublicSuffix},
		{name: "Domain com, from elsewhere", line: "a=1; Domain=com", err: ErrPublicSuffix},
		{name: "Domain ac.uk", from: "https://tutor.ac.uk/", line: "a=1; Domain=ac.uk", err: ErrPublicSuffix},
		{name: "Domain co.uk", from: "https://tutor.co.uk/", line: "a=1; Domain=.co.uk", err: ErrPublicSuffix},
		{name: "Domain example", from: "https://tutor.example/", line: "a=1; Domain=example", err: ErrPublicSuffix},
		{name: "a label that no list has", from: "https://tutor.unlisted/", line: "a=1; Domain=unlisted", err: ErrPublicSuffix},
		{name: "a suffix of one's own list", from: "https://a.pages.dev/", jar: JarConfig{PublicSuffixes: []string{"pages.dev"}}, line: "a=1; Domain=pages.dev", err: ErrPublicSuffix},
		{name: "the public suffix itself sets a host cookie", from: "https://ac.uk/", line: "a=1; Domain=ac.uk", want: "a=…; Path=/; host ac.uk"},
		{name: "localhost sets a host cookie", from: "https://localhost/", line: "a=1; Domain=localhost", want: "a=…; Path=/; host localhost"},
		{name: "an IP address", from: "https://127.0.0.1/", line: "a=1", want: "a=…; Path=/; host 127.0.0.1"},
		{name: "a part of an IP address", from: "https://127.0.0.1/", line: "a=1; Domain=0.0.1", err: ErrDomain},
		{name: "a port is no part of the host", from: "https://tutor.example.edu:8443/", line: "a=1", want: "a=…; Path=/; host tutor.example.edu"},

		// Path.
		{name: "no path in the address", from: "https://tutor.example.edu", line: "a=1", want: "a=…; Path=/; host tutor.example.edu"},
		{name: "one slash", from: "https://tutor.example.edu/page", line: "a=1", want: "a=…; Path=/; host tutor.example.edu"},
		{name: "a slash at the end", from: "https://tutor.example.edu/class/", line: "a=1", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "an empty Path", line: "a=1; Path=", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "a Path without a slash", line: "a=1; Path=x", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "a Path elsewhere", line: "a=1; Path=/other", want: "a=…; Path=/other; host tutor.example.edu"},
		{name: "the last Path counts", line: "a=1; Path=/x; Path=/", want: "a=…; Path=/; host tutor.example.edu"},

		// Time.
		{name: "Max-Age", line: "a=1; Max-Age=3600", want: "a=…; Path=/class; host tutor.example.edu; Expires=2000-01-01T01:00:00Z"},
		{name: "Expires", line: "a=1; Expires=Sun, 02 Jan 2000 00:00:00 GMT", want: "a=…; Path=/class; host tutor.example.edu; Expires=2000-01-02T00:00:00Z"},
		{name: "Max-Age before Expires", line: "a=1; Max-Age=60; Expires=Sun, 02 Jan 2000 00:00:00 GMT", want: "a=…; Path=/class; host tutor.example.edu; Expires=2000-01-01T00:01:00Z"},
		{name: "Max-Age after Expires", line: "a=1; Expires=Sun, 02 Jan 2000 00:00:00 GMT; Max-Age=60", want: "a=…; Path=/class; host tutor.example.edu; Expires=2000-01-01T00:01:00Z"},
		{name: "a Max-Age that is none leaves Expires", line: "a=1; Max-Age=1h; Expires=Sun, 02 Jan 2000 00:00:00 GMT", want: "a=…; Path=/class; host tutor.example.edu; Expires=2000-01-02T00:00:00Z"},
		{name: "an Expires that is none", line: "a=1; Expires=tomorrow", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "400 days at most, Max-Age", line: "a=1; Max-Age=99999999", want: "a=…; Path=/class; host tutor.example.edu; Expires=2001-02-04T00:00:00Z"},
		{name: "400 days at most, digits without end", line: "a=1; Max-Age=" + strings.Repeat("9", 40), want: "a=…; Path=/class; host tutor.example.edu; Expires=2001-02-04T00:00:00Z"},
		{name: "400 days at most, Expires", line: "a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", want: "a=…; Path=/class; host tutor.example.edu; Expires=2001-02-04T00:00:00Z"},

		// Secure.
		{name: "Secure", line: "a=1; Secure", want: "a=…; Path=/class; host tutor.example.edu; Secure"},
		{name: "Secure from http", from: "http://tutor.example.edu/", line: "a=1; Secure", err: ErrInsecure},
		{name: "Secure from http://localhost", from: "http://localhost:8080/", line: "a=1; Secure", err: ErrInsecure},
		{name: "Secure from http://localhost in Chromium", from: "http://localhost:8080/", jar: JarConfig{SecureLocalhost: true}, line: "a=1; Secure", want: "a=…; Path=/; host localhost; Secure"},
		{name: "Secure from http://127.0.0.1 in Chromium", from: "http://127.0.0.1:8080/", jar: JarConfig{SecureLocalhost: true}, line: "__Host-a=1; Secure; Path=/", want: "__Host-a=…; Path=/; host 127.0.0.1; Secure"},
		{name: "Secure from another http host in Chromium", from: "http://tutor.example.edu/", jar: JarConfig{SecureLocalhost: true}, line: "a=1; Secure", err: ErrInsecure},

		// Scripts.
		{name: "a script", how: []func(*Access){script}, line: "a=1", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "a script writes no HttpOnly", how: []func(*Access){script}, line: "a=1; HttpOnly", err: ErrHTTPOnly},

		// SameSite.
		{name: "SameSite=Strict", line: "a=1; SameSite=strict", want: "a=…; Path=/class; host tutor.example.edu; SameSite=Strict"},
		{name: "an unknown SameSite is the default", line: "a=1; SameSite=Odd", want: "a=…; Path=/class; host tutor.example.edu"},
		{name: "the last SameSite counts", line: "a=1; SameSite=Strict; SameSite=Lax", want: "a=…; Path=/class; host tutor.example.edu; SameSite=Lax"},
		{name: "SameSite=None with Secure", line: "a=1; SameSite=None; Secure", want: "a=…; Path=/class; host tutor.example.edu; Secure; SameSite=None"},
		{name: "SameSite=None without Secure", line: "a=1; SameSite=None", err: ErrNoneInsecure},
		{name: "Lax from a cross-site navigation", how: []func(*Access){crossSite}, line: "a=1; SameSite=Lax", want: "a=…; Path=/class; host tutor.example.edu; SameSite=Lax"},
		{name: "Strict from a cross-site form", how: []func(*Access){crossSite, post}, line: "a=1; SameSite=Strict", want: "a=…; Path=/class; host tutor.example.edu; SameSite=Strict"},
		{name: "Lax from a cross-site fetch", how: []func(*Access){crossSite, inPage}, line: "a=1; SameSite=Lax", err: ErrCrossSite},
		{name: "the default from a cross-site fetch", how: []func(*Access){crossSite, inPage}, line: "a=1", err: ErrCrossSite},
		{name: "None from a cross-site fetch", how: []func(*Access){crossSite, inPage}, line: "a=1; SameSite=None; Secure", want: "a=…; Path=/class; host tutor.example.edu; Secure; SameSite=None"},

		// Prefixes.
		{name: "__Secure-", line: "__Secure-a=1; Secure; Domain=example.edu", want: "__Secure-a=…; Path=/class; Domain=example.edu; Secure"},
		{name: "__Secure- without Secure", line: "__Secure-a=1", err: ErrPrefix},
		{name: "__secure- in small letters", line: "__secure-a=1", err: ErrPrefix},
		{name: "__Host-", line: "__Host-a=1; Secure; Path=/", want: "__Host-a=…; Path=/; host tutor.example.edu; Secure"},
		{name: "__Host- without Secure", line: "__Host-a=1; Path=/", err: ErrPrefix},
		{name: "__Host- without Path", line: "__Host-a=1; Secure", err: ErrPrefix},
		{name: "__Host- whose default path is /", from: "https://tutor.example.edu/", line: "__Host-a=1; Secure", err: ErrPrefix},
		{name: "__Host- with another Path", line: "__Host-a=1; Secure; Path=/class", err: ErrPrefix},
		{name: "__Host- with Domain", line: "__Host-a=1; Secure; Path=/; Domain=tutor.example.edu", err: ErrPrefix},
		{name: "__HOST- in capitals", line: "__HOST-a=1; Secure; Path=/; Domain=example.edu", err: ErrPrefix},
		{name: "__Host- from http", from: "http://tutor.example.edu/", line: "__Host-a=1; Secure; Path=/", err: ErrInsecure},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := NewJar(row.jar)
				got, err := j.Receive(at(t, or(row.from, tutor), row.how...), row.line)
				require.ErrorIs(t, err, row.err)
				if row.err != nil {
					require.Empty(t, j.Cookies())
					return
				}
				require.Equal(t, row.want, got.String())
				require.Len(t, j.Cookies(), 1)
			})
		})
	}
}

// TestJarSend: which cookies of a jar a request or a script sees.
func TestJarSend(t *testing.T) {
	rows := []struct {
		name string
		set  []string // from tutor
		wait time.Duration
		to   string
		how  []func(*Access)
		want string
	}{
		{name: "the same address", set: []string{"a=1"}, to: tutor, want: "a=1"},
		{name: "several", set: []string{"a=1", "b=2"}, to: tutor, want: "a=1; b=2"},
		{name: "an empty value", set: []string{"a="}, to: tutor, want: "a="},
		{name: "quotes are part of the value", set: []string{`a="1"`}, to: tutor, want: `a="1"`},
		{name: "another port", set: []string{"a=1"}, to: "https://tutor.example.edu:8443/class/", want: "a=1"},

		{name: "a host cookie to a host below", set: []string{"a=1; Path=/"}, to: "https://x.tutor.example.edu/", want: ""},
		{name: "a host cookie to the parent", set: []string{"a=1; Path=/"}, to: "https://example.edu/", want: ""},
		{name: "a Domain cookie to a sibling", set: []string{"a=1; Path=/; Domain=example.edu"}, to: "https://blog.example.edu/", want: "a=1"},
		{name: "a Domain cookie to the domain", set: []string{"a=1; Path=/; Domain=example.edu"}, to: "https://EXAMPLE.edu/", want: "a=1"},
		{name: "a Domain cookie to a name that ends alike", set: []string{"a=1; Path=/; Domain=example.edu"}, to: "https://notexample.edu/", want: ""},

		{name: "the folder itself", set: []string{"a=1; Path=/class"}, to: "https://tutor.example.edu/class", want: "a=1"},
		{name: "below the folder", set: []string{"a=1; Path=/class"}, to: "https://tutor.example.edu/class/x/y", want: "a=1"},
		{name: "a folder that begins alike", set: []string{"a=1; Path=/class"}, to: "https://tutor.example.edu/classes", want: ""},
		{name: "a Path with a slash at the end", set: []string{"a=1; Path=/class/"}, to: "https://tutor.example.edu/class", want: ""},
		{name: "the parent folder", set: []string{"a=1; Path=/class"}, to: "https://tutor.example.edu/", want: ""},
		{name: "paths are compared as sent", set: []string{"a=1; Path=/a%2fb"}, to: "https://tutor.example.edu/a%2fb/c", want: "a=1"},

		{name: "longer paths first, then earlier creation", set: []string{"a=1; Path=/", "b=2; Path=/class/page", "c=3; Path=/class", "d=4; Path=/class", "e=5; Path=/"},
			to: tutor, want: "b=2; c=3; d=4; a=1; e=5"},
		{name: "a replaced cookie keeps its place", set: []string{"a=1", "b=2", "a=3"}, to: tutor, want: "a=3; b=2"},
		{name: "a deleted and new cookie comes last", set: []string{"a=1", "b=2", "a=; Max-Age=0", "a=3"}, to: tutor, want: "b=2; a=3"},

		{name: "one name, two paths", set: []string{"a=1; Path=/", "a=2; Path=/class"}, to: tutor, want: "a=2; a=1"},
		{name: "one name, with and without Domain", set: []string{"a=1; Path=/; Domain=example.edu", "a=2; Path=/"}, to: tutor, want: "a=1; a=2"},
		{name: "one name, Domain of the host and none", set: []string{"a=1; Path=/; Domain=tutor.example.edu", "a=2; Path=/"}, to: tutor, want: "a=1; a=2"},
		{name: "names differ by case", set: []string{"a=1", "A=2"}, to: tutor, want: "a=1; A=2"},

		{name: "deleted by Max-Age=0", set: []string{"a=1", "a=; Max-Age=0"}, to: tutor, want: ""},
		{name: "deleted by a negative Max-Age", set: []string{"a=1", "a=2; Max-Age=-5"}, to: tutor, want: ""},
		{name: "deleted by Expires", set: []string{"a=1", "a=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, to: tutor, want: ""},
		{name: "another path deletes nothing", set: []string{"a=1; Path=/", "a=2; Max-Age=0"}, to: tutor, want: "a=1"},
		{name: "another Domain deletes nothing", set: []string{"a=1; Path=/", "a=2; Path=/; Domain=example.edu; Max-Age=0"}, to: tutor, want: "a=1"},
		{name: "just before the end", set: []string{"a=1; Max-Age=60"}, wait: time.Minute - 1, to: tutor, want: "a=1"},
		{name: "at the end", set: []string{"a=1; Max-Age=60"}, wait: time.Minute, to: tutor, want: ""},
		{name: "a session cookie has no end", set: []string{"a=1"}, wait: 5000 * 24 * time.Hour, to: tutor, want: "a=1"},

		{name: "Secure to https", set: []string{"a=1; Secure"}, to: tutor, want: "a=1"},
		{name: "Secure to http", set: []string{"a=1; Secure"}, to: "http://tutor.example.edu/class/", want: ""},
		{name: "a cookie of https to http", set: []string{"a=1"}, to: "http://tutor.example.edu/class/", want: "a=1"},

		{name: "HttpOnly by HTTP", set: []string{"a=1; HttpOnly"}, to: tutor, want: "a=1"},
		{name: "HttpOnly by a script", set: []string{"a=1; HttpOnly", "b=2"}, to: tutor, how: []func(*Access){script}, want: "b=2"},
		{name: "a Strict cookie by a script", set: []string{"a=1; SameSite=Strict"}, to: tutor, how: []func(*Access){script}, want: "a=1"},

		{name: "SameSite, a cross-site link", set: []string{"d=0", "l=1; SameSite=Lax", "s=2; SameSite=Strict", "n=3; SameSite=None; Secure"}, to: tutor, how: []func(*Access){crossSite}, want: "d=0; l=1; n=3"},
		{name: "SameSite, a cross-site form", set: []string{"d=0", "l=1; SameSite=Lax", "s=2; SameSite=Strict", "n=3; SameSite=None; Secure"}, to: tutor, how: []func(*Access){crossSite, post}, want: "n=3"},
		{name: "SameSite, a cross-site fetch", set: []string{"d=0", "l=1; SameSite=Lax", "s=2; SameSite=Strict", "n=3; SameSite=None; Secure"}, to: tutor, how: []func(*Access){crossSite, inPage}, want: "n=3"},
		{name: "SameSite, a fetch of its own site", set: []string{"d=0", "l=1; SameSite=Lax", "s=2; SameSite=Strict", "n=3; SameSite=None; Secure"}, to: tutor, how: []func(*Access){inPage, post}, want: "d=0; l=1; s=2; n=3"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := NewJar(JarConfig{})
				for _, line := range row.set {
					_, err := j.Receive(fromTutor(t), line)
					require.NoError(t, err)
				}
				time.Sleep(row.wait)
				require.Equal(t, row.want, cookieHeader(j.Send(at(t, row.to, row.how...))))
			})
		})
	}
}

// TestJarOverwrite: which cookie another one may take the place of.
func TestJarOverwrite(t *testing.T) {
	const plain = "http://tutor.example.edu/class/page"
	rows := []struct {
		name      string
		first     string // from tutor
		from      string
		how       []func(*Access)
		second    string
		err       error
		want      string // sent to tutor
		wantPlain string // sent to plain
	}{
		{name: "a script replaces its own", first: "a=1", from: tutor, how: []func(*Access){script}, second: "a=2", want: "a=2", wantPlain: "a=2"},
		{name: "a script replaces no HttpOnly", first: "a=1; HttpOnly", from: tutor, how: []func(*Access){script}, second: "a=2", err: ErrHTTPOnly, want: "a=1", wantPlain: "a=1"},
		{name: "a script deletes no HttpOnly", first: "a=1; HttpOnly", from: tutor, how: []func(*Access){script}, second: "a=; Max-Age=0", err: ErrHTTPOnly, want: "a=1", wantPlain: "a=1"},
		{name: "a script's other variant comes beside an HttpOnly", first: "a=1; HttpOnly", from: tutor, how: []func(*Access){script}, second: "a=2; Domain=example.edu; Path=/class", want: "a=1; a=2", wantPlain: "a=1; a=2"},
		{name: "http replaces what is not Secure", first: "a=1", from: plain, second: "a=2", want: "a=2", wantPlain: "a=2"},
		{name: "http leaves a Secure cookie alone", first: "a=1; Secure", from: plain, second: "a=2", err: ErrSecureExists, want: "a=1"},
		{name: "also with Domain", first: "a=1; Secure", from: plain, second: "a=2; Domain=example.edu", err: ErrSecureExists, want: "a=1"},
		{name: "also from a sibling", first: "a=1; Secure; Domain=example.edu; Path=/", from: "http://blog.example.edu/", second: "a=2", err: ErrSecureExists, want: "a=1"},
		{name: "also to delete", first: "a=1; Secure", from: plain, second: "a=; Max-Age=0", err: ErrSecureExists, want: "a=1"},
		{name: "also below its path", first: "a=1; Secure; Path=/", from: plain, second: "a=2; Path=/class/page", err: ErrSecureExists, want: "a=1"},
		{name: "but not above its path", first: "a=1; Secure; Path=/class", from: plain, second: "a=2; Path=/", want: "a=1; a=2", wantPlain: "a=2"},
		{name: "another name is another cookie", first: "a=1; Secure", from: plain, second: "b=2", want: "a=1; b=2", wantPlain: "b=2"},
		{name: "https may replace Secure by a cookie that is not", first: "a=1; Secure", from: tutor, second: "a=2", want: "a=2", wantPlain: "a=2"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := NewJar(JarConfig{})
				_, err := j.Receive(fromTutor(t), row.first)
				require.NoError(t, err)
				_, err = j.Receive(at(t, row.from, row.how...), row.second)
				require.ErrorIs(t, err, row.err)
				require.Equal(t, row.want, cookieHeader(j.Send(fromTutor(t))))
				require.Equal(t, row.wantPlain, cookieHeader(j.Send(at(t, plain))))
			})
		})
	}
}

// TestJarSecureLocalhost: a Secure cookie goes back to http://localhost only
// where localhost counts as secure.
func TestJarSecureLocalhost(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		j := NewJar(JarConfig{SecureLocalhost: allowed})
		_, err := j.Receive(at(t, "https://localhost/"), "a=1; Secure")
		require.NoError(t, err)
		require.Equal(t, allowed, len(j.Send(at(t, "http://localhost:8080/"))) == 1)
	}
}

// TestJarEndSession: a restart of the browser forgets the cookies without an end.
func TestJarEndSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJar(JarConfig{})
		for _, line := range []string{"a=1", "b=2; Max-Age=60", "c=3; Expires=Sun, 02 Jan 2000 00:00:00 GMT"} {
			_, err := j.Receive(fromTutor(t), line)
			require.NoError(t, err)
		}
		j.EndSession()
		require.Equal(t, "b=2; c=3", cookieHeader(j.Send(fromTutor(t))))
		j.Clear()
		require.Empty(t, j.Cookies())
	})
}

// TestJarLimits: 180 cookies of a registrable domain, 3000 in all.
func TestJarLimits(t *testing.T) {
	receive := func(t *testing.T, j *Jar, from, line string) {
		_, err := j.Receive(at(t, from), line)
		require.NoError(t, err)
		time.Sleep(time.Second)
	}
	has := func(j *Jar, name string) bool {
		for _, c := range j.Cookies() {
			if c.Name == name {
				return true
			}
		}
		return false
	}
	t.Run("the one not used for the longest time goes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			j := NewJar(JarConfig{})
			for i := range 180 {
				receive(t, j, tutor, fmt.Sprintf("c%d=1; Path=/p%d", i, i))
			}
			require.Len(t, j.Cookies(), 180)
			j.Send(at(t, "https://tutor.example.edu/p0"))
			receive(t, j, tutor, "new=1")
			require.Len(t, j.Cookies(), 180)
			require.True(t, has(j, "c0"), "it was used just now")
			require.False(t, has(j, "c1"))
			require.True(t, has(j, "new"))
		})
	})
	t.Run("cookies that are not Secure go first", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			j := NewJar(JarConfig{})
			for i := range 179 {
				receive(t, j, tutor, fmt.Sprintf("c%d=1; Secure", i))
			}
			receive(t, j, tutor, "plain=1")
			receive(t, j, tutor, "new=1; Secure")
			require.Len(t, j.Cookies(), 180)
			require.True(t, has(j, "c0"))
			require.False(t, has(j, "plain"))
		})
	})
	t.Run("a sibling host pushes a cookie out, another site does not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			j := NewJar(JarConfig{})
			receive(t, j, tutor, "session=1; Secure")
			receive(t, j, "https://elsewhere.edu/", "other=1")
			for i := range 180 {
				receive(t, j, "https://blog.example.edu/", fmt.Sprintf("c%d=1; Secure", i))
			}
			require.False(t, has(j, "session"))
			require.True(t, has(j, "other"))
			require.Len(t, j.Cookies(), 181)
		})
	})
	t.Run("expired cookies do not count", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			j := NewJar(JarConfig{})
			receive(t, j, tutor, "keep=1")
			for i := range 179 {
				receive(t, j, tutor, fmt.Sprintf("c%d=1; Max-Age=600", i))
			}
			time.Sleep(time.Hour)
			receive(t, j, tutor, "new=1")
			require.True(t, has(j, "keep"))
			require.Len(t, j.Cookies(), 2)
		})
	})
	t.Run("3000 in all", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			j := NewJar(JarConfig{})
			for i := range 3001 {
				receive(t, j, fmt.Sprintf("https://h%d.edu/", i/100), fmt.Sprintf("c%d=1", i))
			}
			require.Len(t, j.Cookies(), 3000)
			require.False(t, has(j, "c0"))
		})
	})
}

// TestCookiePrintsNoValue: a cookie prints no value, under no verb.
func TestCookiePrintsNoValue(t *testing.T) {
	c := Cookie{Name: "a", Value: "secret-value", Domain: "example.edu", Path: "/"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, c), "secret-value", verb)
		require.NotContains(t, fmt.Sprintf(verb, &c), "secret-value", verb)
		require.NotContains(t, fmt.Sprintf(verb, []Cookie{c}), "secret-value", verb)
	}
}
