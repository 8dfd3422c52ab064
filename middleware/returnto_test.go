package middleware_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// M14: the ways in which "send them back where they came from" becomes "send
// them wherever the link says".
var evilReturns = []string{
	"", "me", "./me", "../me", "?a=b", "#x",
	"https://evil.example", "http:evil.example", "https:/evil.example", "https:///evil.example", "HTTPS://evil.example",
	"javascript:alert(1)", "data:text/html,x", "vbscript:x", "mailto:a@b", "jar:http://evil.example",
	"//evil.example", "///evil.example", "////evil.example/x", `/\evil.example`, `\/evil.example`, `\\evil.example`, `/\/evil.example`,
	"/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example", "/\x00/evil.example",
	"/%2fevil.example", "/%2Fevil.example", "/%5cevil.example", "/%5Cevil.example", "/%252fevil.example", "/%25252fevil.example", "/%25255cevil.example",
	"/%09/evil.example", "/%0d%0aSet-Cookie:a=b", "/%00", "/a%0ab",
	"/./evil.example", "/.//evil.example", "/..//evil.example", "/../evil.example", "/%2e%2e//evil.example", "/%2e/evil", "/a/../../x", "/a/%2e%2e/b", "/a/.%2e/b",
	"/a//b", "/a%2f%2fb", "/x/%2f/evil.example",
	"/é", "/\u2028", "/\u3002evil", "／／evil.example", "/\u00a0", "/\x7f", "/a b", "/%zz", "/%", "/%2",
	"/@evil.example\n", "http://app.example@evil.example", "//app.example@evil.example", "//app.example.evil.example",
	"/" + strings.Repeat("a", 2048),
}

var goodReturns = []string{
	"/", "/me", "/classes/organization-test-law/roster", "/classes/law/weeks/3?tab=late&sort=-name#row-4", "/a/", "/a.b/c~d/e_f-g",
	"/search?q=a%2Fb%20c&next=//not-a-host", "/wiki/a%2Fb", "/caf%C3%A9", "/100%25", "/a;b=c", "/a:b@c", "/.well-known/x", "/...", "/..a/b",
	"/x?u=https://example.org/", "/p?x=%0a", "/?return_to=%2F", "/a,b!$&'()*+=", "/x#/spa/route",
}

func TestM14_ReturnTo(t *testing.T) {
	for _, address := range evilReturns {
		got, ok := middleware.ReturnTo(address)
		require.False(t, ok, "accepted %q", address)
		require.Empty(t, got)
	}
	for _, address := range goodReturns {
		got, ok := middleware.ReturnTo(address)
		require.True(t, ok, "refused %q", address)
		require.Equal(t, address, got)
	}
}

// FuzzReturnTo reads every accepted address the way a browser does and wants it
// to stay on the host it came from.
func FuzzReturnTo(f *testing.F) {
	for _, address := range append(evilReturns, goodReturns...) {
		f.Add(address)
	}
	base, err := url.Parse("https://app.example/auth/callback")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got, ok := middleware.ReturnTo(address)
		if !ok {
			if got != "" {
				t.Fatalf("refused, and returned %q", got)
			}
			return
		}
		if got != address {
			t.Fatalf("changed %q to %q", address, got)
		}
		// https://url.spec.whatwg.org/#url-parsing: tabs and line breaks vanish, a
		// backslash is a slash, and two slashes begin a host.
		seen := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.Trim(address, "\x00\x01 \x1f"))
		for decoded, _, _ := strings.Cut(seen, "#"); ; {
			path, _, _ := strings.Cut(decoded, "?")
			if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\r\n\x00\\") {
				t.Fatalf("%q leaves the host as %q", address, decoded)
			}
			next, err := url.PathUnescape(path)
			if err != nil || next == path {
				break
			}
			decoded = next
		}
		u, err := base.Parse(seen)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil {
			t.Fatalf("%q resolves to %v (%v)", address, u, err)
		}
	})
}
