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

// internalPages are a thousand addresses of a course site, as browsers send them
// and as pages link to them.
func internalPages() []string {
	classes := []string{"laws1100", "organization-test-6f1b2c3d-0a1b-4c5d-8e9f-0123456789ab", "LAWS-2301", "arts2000.2026-s1", url.PathEscape("droit privé"), url.PathEscape("民法总论"), "class_7~b", "LLB%20102"}
	pages := []string{
		"", "/", "/roster", "/weeks/3", "/weeks/12/notes#s-4.2", "/assignments/essay-1/submit", "/grades?sort=-mark&page=2", "/grades/export.csv", "/members/member-test-32fc5024-9c09-4da3-bd2e-c9ce4da9375f",
		"/calendar/2026-11-23", "/calendar/2026-11-23T09:30:00+10:00", "/calendar?from=2026-11-01&to=2026-11-30", "/calendar/2026/11/23/",
		"/files/syllabus.pdf", "/files/notes.v2.final.docx", "/files/archive.tar.gz", "/files/.hidden", "/files/..notes", "/files/" + url.PathEscape("Week 3: Consent & consideration (draft).pdf"),
		"/files/" + url.PathEscape("Übung 4 – Lösung.pdf"), "/files/" + url.PathEscape("a/b.txt"), "/files/" + url.PathEscape("100% essay?.md"), "/files/it's_mine,really;v=2!.txt", "/files/@me/readme.md",
		"/search?q=offer+and+acceptance", "/search?q=offer%20%26%20acceptance", "/search?q=" + url.QueryEscape("R v Dudley & Stephens (1884) 14 QBD 273"), "/search?q=" + url.QueryEscape("日本国憲法"), "/search?filter[week]=3&filter[type]=case", "/search?q=a|b&x={y}",
		"/search?q=" + url.QueryEscape(`"path\to"`), "/search?next=//not-a-host", "/search?u=https://www.example.org/cases/1?x=y#z", "/search?q=50%25", "/search?q=&q=", "/search?",
		"/cases/1884-QBD-273#para-12", "/cases/[1932]-AC-562", "/cases/donoghue-v-stevenson?tab=notes#", "/cases/" + url.PathEscape("Carlill v Carbolic [1893]"),
		"/threads/42?reply=7#post-7", "/threads/c29tZXRoaW5n-_Zm9v", "/threads/550e8400-e29b-41d4-a716-446655440000", "/app#/spa/route/7?tab=x", "/app#!/old/style", "/wiki/Main:Home", "/wiki/Torts_(law)", "/wiki/C%2B%2B", "/tags/c++", "/a/b/c/d/e/f/g/h",
		"/edit?return_to=%2Fclasses%2Flaws1100%3Ftab%3D1", "/edit?token=eyJhbGciOiJub25lIn0.e30.", "/quiz/1/attempt/2/question/3?t=1763856000", "/quiz?answers=1,2,3&flag", "/lti/launch?iss=https%3A%2F%2Fcanvas.example.edu&login_hint=5", "/img/photo@2x.png", "/img/d41d8cd98f00b204e9800998ecf8427e.svg?v=1.2.3",
		"/...", "/x=1;y=2", "/~ivy/", "/print?layout=a4&margin=2.5cm", "/s?date=23%2F11%2F2026&time=09:30", "/new?title=" + url.QueryEscape("Ça va? 👍"), "/jobs/1e9+7", "/%7Eivy", "/caf%C3%A9/men%C3%BC", "/e/%F0%9F%93%9A",
		// A path inside a path, and one that was joined carelessly: both exist, and are
		// refused, since accepting "//" is the greater risk.
		"/proxy/https://www.example.org/cases", "/files//syllabus.pdf",
	}
	all := []string{"/", "/me", "/?welcome=1", "/settings/profile#password", "/help/faq.html"}
	for _, prefix := range []string{"/classes/", "/c/"} {
		for _, class := range classes {
			for _, page := range pages {
				all = append(all, prefix+class+page)
			}
		}
	}
	return all
}

func TestM14_InternalPages(t *testing.T) {
	pages := internalPages()
	require.GreaterOrEqual(t, len(pages), 1000)
	var refused []string
	for _, address := range pages {
		if !stays(t, address) {
			refused = append(refused, address)
		}
	}
	t.Logf("%d of %d internal addresses accepted", len(pages)-len(refused), len(pages))
	require.LessOrEqual(t, len(refused), len(pages)/20, "%q", refused)
}

// FuzzReturnTo reads every accepted address the way a browser does and wants it
// to stay on the host it came from.
func FuzzReturnTo(f *testing.F) {
	for _, address := range append(evilReturns, goodReturns...) {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) { stays(t, address) })
}
