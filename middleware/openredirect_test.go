package middleware_test

import (
	"bufio"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// payloadFile holds what openRedirects returns, a Go string in quotes per line, for
// people who want to read the corpus or try it on something else.
const payloadFile = "testdata/openredirect.txt"

var writePayloads = flag.Bool("write-payloads", false, "write "+payloadFile+" anew")

// openRedirects returns addresses that have taken browsers away from some site, or
// were meant to. It is made of the families that public lists of such payloads
// consist of: ways to begin a host, ways to write one, and what follows to please a
// check; each way to begin with each host, and with each ending. Many are harmless
// here (a host inside a query) and are there because lists have them.
func openRedirects() []string {
	const evil = "evil.example"
	hosts := []string{
		evil, evil + ":443", evil + ":8443", evil + ".", "app.example." + evil, "app.example@" + evil, "user:pw@" + evil,
		"app.example%40" + evil, "app.example;@" + evil, `app.example\@` + evil, evil + `\@app.example`, evil + "#@app.example",
		evil + "?.app.example", evil + "%23.app.example", evil + "%00.app.example", evil + "%2f.app.example", evil + "/.app.example", "evil%2eexample",
		"evil。example", "evil．example", "evil｡example", "evil%E3%80%82example", "ⓔⓥⓘⓛ.example", "xn--vil-8la.example",
		"[::1]", "[::ffff:198.51.100.7]", "198.51.100.7", "3325256711", "0xc6336407", "0306.063.0144.07", "0xc6.0x33.0x64.0x7", "198.3368967",
	}
	beginnings := []string{
		"//", "///", "////", "/////", `/\`, `\/`, `\\`, `/\/`, `\/\/`, `/\\`, `\/\`, `//\`, `\\\\`, `/\/\`, `/\/\/`,
		"/%09/", "/%0a/", "/%0d/", "/%0d%0a/", "/%00/", "/%20/", "/%0b/", "/%a0/", "//%09", "//%20", "//%00", "//%0d%0a", "/%09%09/",
		"/%5c", "/%5C", "/%5c/", "/%5c%5c", "%5c%5c", "%5c/", "/%5c%2f", `\%5c`, `\%2f`, "//%5c", "/%255c", "/%25255c", "/%2525255c", "/%u005c",
		"%2f%2f", "%2F%2F", "/%2f", "/%2F", "/%2f/", "/%2f%2f", "/%2f%5c", "//%2f", "%2f/", "/%252f", "/%25252f", "/%2525252f", "/%252525252f", "/%252f%252f", "%252f%252f",
		"/%c0%af", "/%e0%80%af", "/%c0%2f", "/%ef%bc%8f", "/%ef%bc%bc", "/%u2215", "/%u2f",
		"／／", "/／", "／/", "＼＼", "/＼", "\u2044\u2044", "/\u2044", "/\u2215", "/\u29f8", "/\u3033", "\u3035\u3035", "/\u3031",
		"/.//", "/./", "/././", "/..//", "/../", "/../../", "/.../", "/;//", "/.;//", "/..;//", "/;/", "/%2e//", "/%2e/", "/%2e%2e//", "/%2e%2e/", "/.%2e//", "/%252e%252e//", "/x/..//", "/x/../..//", "/x/%2e%2e//", "/x//", `/x/\`, "/x%2f%2f", "/x%5c%5c", `/.\`, `/..\`, `\..\\`,
		"/.", "/@", "//@", "///@", "/;@", "//;@", "/:@", "//:@", `/\@`, "@", ".", "..", "./", "../", ":", ";", "//.", "/.@",
		"http:", "http:/", "http://", "http:///", "http:////", `http:\\`, `http:/\`, `http:\/`, "https:", "https:/", "https://", "https:///", `https:\\`, `https:/\`, "HTTPS://", "hTTpS:", "https:%2f%2f", "https%3a//", "https%3A%2F%2F", "/https://", "/https:/", "//https://", "///https://", "//https:///", "/http:%2f%2f", "ftp://", "ws://", "wss:", "file://", "file:///", "//localhost//", "h\tttps://", "https\t://", "https:\n//", "https:/\t/", "0https://", "x://", "//;https://",
		"//app.example@", "//app.example:443@", "//app.example:pw@", "https://app.example@", "https://app.example:443@", "https://app.example%40", "https://app.example.", "//app.example.", "//app.example%2e", "//app.example%5c@", "//app.example%09@", `//app.example\.`, "https:app.example@", "///app.example@",
		"?url=//", "/?url=//", "/?next=https://", "/redirect?to=//", "/x?return_to=/\\", "#//", "/#//", "/x?y#//", "?//", "/?//", `/?\\`, "/&//", "/=//", "/,//", "/|//", "/<>//", "<>//", "/'//", `/"//`, "/{}//", "/`//", "/^//", "/~//", "/*//", "/(//",
		"/%0d%0aLocation:%20//", "/\r\nLocation: //", "/%0aLocation:%20https://", "/%E5%98%8A%E5%98%8DLocation:%20//", "/%0d%0a%0d%0a//",
		"//\u00ad", "//\u200b", "/\u200b/", "/\u00a0/", "/\ufeff/", "/\u2028/", "/\u0085/", "\u2028//", "\u00a0//", "\ufeff//", "\u3000//", "/\x7f/", "\x7f//", "/\xff/", "/\xc0\xaf", "\xa0//",
	}
	endings := []string{"/", "/..", "/%2e%2e", "/%2f..", "?/me", "#/me", "/app.example", "?x=app.example", "//", "%00", "%09", "%0d%0aSet-Cookie:a=b", ";.app.example", `\me`, " ", "\t", "\x00"}

	var all []string
	for i, beginning := range beginnings {
		for j, host := range hosts {
			// Every host behind the shortest beginnings; elsewhere a third of them each,
			// so that the corpus stays one that a person can page through.
			if i < 15 || j == 0 || (i+j)%3 == 0 {
				all = append(all, beginning+host)
			}
		}
		for j, ending := range endings {
			if i < 15 || (i+j)%3 == 0 {
				all = append(all, beginning+evil+ending)
			}
		}
	}

	// Controls and spaces in front of an address and inside it.
	scripts := []string{"javascript:alert(1)", "javascript://%0aalert(1)", "javascript://evil.example/%0d%0aalert(1)", "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=", "vbscript:msgbox(1)"}
	for c := range rune(0x21) {
		for _, address := range append([]string{"//" + evil, `/\` + evil, "https://" + evil, "/me"}, scripts...) {
			half := len(address) / 3
			all = append(all, string(c)+address, address[:1]+string(c)+address[1:], address[:half]+string(c)+address[half:])
		}
		all = append(all, fmt.Sprintf("/%%%02x/%s", c, evil), fmt.Sprintf("%%%02x//%s", c, evil), fmt.Sprintf("/%%25%02x/%s", c, evil))
	}
	for _, script := range scripts {
		name, rest, _ := strings.Cut(script, ":")
		for _, c := range []string{"%09", "%0a", "%0d", "%00", "%20", "&Tab;", "&#10;", "\u00ad", "\u200b", "/", "//"} {
			all = append(all, name[:4]+c+name[4:]+":"+rest, c+script, name+c+":"+rest)
		}
		all = append(all, script, strings.ToUpper(name)+":"+rest, strings.ToUpper(name[:1])+name[1:3]+strings.ToUpper(name[3:])+":"+rest,
			"/"+script, "//"+script, "/"+name+"%3a"+rest, name+"%3A"+rest, name+"%253A"+rest, url.QueryEscape(script), "\\"+script, "?"+script, "#"+script)
	}
	all = append(all, "about:blank", "blob:https://app.example/1", "filesystem:https://app.example/x", "view-source:https://"+evil, "mailto:x@"+evil, "tel:1", "intent://"+evil+"#Intent;end", "ms-word:ofe|u|https://"+evil, "jar:https://"+evil+"!/", "chrome://settings", "//", "/", `\`, `\\`, "///", "/\\")
	slices.Sort(all)
	return slices.Compact(all)
}

// M14: no payload that ReturnTo lets through leaves the site.
func TestM14_OpenRedirectPayloads(t *testing.T) {
	payloads := openRedirects()
	if *writePayloads {
		var file strings.Builder
		for _, payload := range payloads {
			file.WriteString(strconv.QuoteToASCII(payload) + "\n")
		}
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(payloadFile, []byte(file.String()), 0o644))
	}
	file, err := os.Open(payloadFile)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	var written []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		payload, err := strconv.Unquote(lines.Text())
		require.NoError(t, err, lines.Text())
		written = append(written, payload)
	}
	require.NoError(t, lines.Err())
	require.Equal(t, payloads, written, "run go test -run OpenRedirect -write-payloads")
	require.GreaterOrEqual(t, len(payloads), 3414)

	const home = "https://app.example"
	leave, accepted, fooled := 0, 0, 0
	for _, payload := range payloads {
		if landing(payload) != home {
			leave++
			// The check that people write first, which the corpus must see through.
			if strings.HasPrefix(payload, "/") && !strings.HasPrefix(payload, "//") {
				fooled++
			}
		}
		if stays(t, payload) {
			accepted++
		}
	}
	require.Greater(t, leave, len(payloads)/4, "a corpus that goes nowhere shows nothing")
	require.Greater(t, fooled, 100)
	t.Logf("%d payloads: %d take a browser away, %d of them past a check for two slashes; ReturnTo accepts %d, and none leaves", len(payloads), leave, fooled, accepted)
}

// stays reports whether ReturnTo accepts an address. If it does, a browser must stay
// where it is: sent there as it is, by http.Redirect, which rewrites addresses, and
// by a proxy that has decoded the path once more, or more often.
func stays(t testing.TB, address string) bool {
	const home = "https://app.example"
	got, ok := middleware.ReturnTo(address)
	if !ok {
		if got != "" {
			t.Fatalf("refused %q, and returned %q", address, got)
		}
		return false
	}
	if got != address {
		t.Fatalf("changed %q to %q", address, got)
	}
	if to := landing(address); to != home {
		t.Fatalf("%q leaves for %q", address, to)
	}
	w := httptest.NewRecorder()
	http.Redirect(w, &http.Request{Method: "POST", URL: &url.URL{Path: "/auth/callback"}}, address, http.StatusSeeOther)
	if to := landing(w.Header().Get("Location")); to != home {
		t.Fatalf("%q leaves for %q by http.Redirect", address, to)
	}
	path, _, _ := strings.Cut(address, "#")
	path, _, _ = strings.Cut(path, "?")
	for {
		if to := landing(path); to != home || strings.ContainsAny(path, "\x00\r\n\\") {
			t.Fatalf("%q leaves for %q, decoded as %q", address, to, path)
		}
		decoded, err := url.PathUnescape(path)
		if err != nil || decoded == path {
			return true
		}
		path = decoded
	}
}
