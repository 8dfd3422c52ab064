package middleware_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// landing is where a browser goes when a page of https://app.example, at
// /auth/callback, sends it to an address: "https://app.example" for an address that
// stays, "" for one that it cannot read and does not follow.
//
// It is the URL parser of https://url.spec.whatwg.org/#concept-basic-url-parser as
// far as it decides the origin. It shares nothing with ReturnTo, and does not ask
// net/url, which reads URLs by RFC 3986 and so sees no host in `/\evil.example`.
func landing(address string) string {
	const scheme, host = "https", "app.example"
	// 4.4, 1 to 3: C0 controls and spaces around it go, tabs and line breaks go
	// wherever they are.
	s := strings.TrimFunc(address, func(r rune) bool { return r <= ' ' })
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)

	named, rest, ok := cutScheme(s)
	switch {
	case !ok:
	case named == scheme && !strings.HasPrefix(rest, "//"):
		s = rest // "special relative or authority state": https:x is relative
	case named == "http", named == "https", named == "ws", named == "wss", named == "ftp":
		return authority(named, strings.TrimLeft(rest, `/\`))
	default:
		return named + ":" // file, javascript, data, …: never this origin
	}
	// "relative state" and "relative slash state": two slashes, of either kind, begin
	// a host, and any more of them are passed over.
	if len(s) > 1 && strings.ContainsRune(`/\`, rune(s[0])) && strings.ContainsRune(`/\`, rune(s[1])) {
		return authority(scheme, strings.TrimLeft(s, `/\`))
	}
	return scheme + "://" + host
}

func cutScheme(s string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(s, ":")
	scheme = strings.ToLower(scheme)
	letters := "abcdefghijklmnopqrstuvwxyz"
	if !ok || scheme == "" || !strings.ContainsRune(letters, rune(scheme[0])) || strings.Trim(scheme, letters+"0123456789+-.") != "" {
		return "", s, false
	}
	return scheme, rest, true
}

// authority reads a host behind its slashes, with the names and ports around it.
// Whether it is a name, an IPv4 number in hexadecimal or an IPv6 address makes no
// difference here: it is either ours or it is not.
func authority(scheme, s string) string {
	if end := strings.IndexAny(s, `/\?#`); end >= 0 {
		s = s[:end]
	}
	s = s[strings.LastIndex(s, "@")+1:]
	host, port := s, ""
	if colon := strings.LastIndex(s, ":"); colon > strings.LastIndex(s, "]") {
		host, port = s[:colon], s[colon+1:]
	}
	if port == map[string]string{"https": "443", "wss": "443", "http": "80", "ws": "80", "ftp": "21"}[scheme] {
		port = ""
	}
	if decoded, err := url.PathUnescape(host); err == nil {
		host = decoded
	}
	// "domain to ASCII", as far as the alphabet of our own host and the dots go.
	host = strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r == '\u3002', r == '\uff61':
			return '.'
		case r >= '\uff01' && r <= '\uff5e':
			return r - '\uff01' + '!'
		case r == '\u00ad', r == '\u200b':
			return -1
		}
		return r
	}, host))
	switch {
	case host == "", strings.ContainsAny(host, "\x00\t\n\r #/<>?@\\^|%\x7f"), strings.Trim(port, "0123456789") != "":
		return ""
	case port != "":
		return scheme + "://" + host + ":" + port
	}
	return scheme + "://" + host
}

// The judge of the tests below must itself be right. The rows follow
// https://github.com/web-platform-tests/wpt, url/resources/urltestdata.json, in
// kind: what browsers agree on.
func TestLanding(t *testing.T) {
	const home = "https://app.example"
	for address, want := range map[string]string{
		"/me":                              home,
		"me":                               home,
		"":                                 home,
		"?x=//evil.example":                home,
		"#//evil.example":                  home,
		"/a//evil.example":                 home,
		"/%2fevil.example":                 home,
		"/@evil.example":                   home,
		"/:80":                             home,
		"/ /evil.example":                  home,
		"https:me":                         home,
		"https:/me":                        home,
		"https://app.example":              home,
		"https://app.example:443/x":        home,
		"https://APP.EXAMPLE":              home,
		"https://u:p@app.example":          home,
		"//app．example":                    home,
		"//a%70p.example":                  home,
		"//evil.example":                   "https://evil.example",
		"///evil.example":                  "https://evil.example",
		`/\evil.example`:                   "https://evil.example",
		`\/evil.example`:                   "https://evil.example",
		`\\evil.example`:                   "https://evil.example",
		"/\t/evil.example":                 "https://evil.example",
		"/\n/evil.example":                 "https://evil.example",
		" //evil.example":                  "https://evil.example",
		"\x00\x1f//evil.example":           "https://evil.example",
		"https:///evil.example":            "https://evil.example",
		`https:\\evil.example`:             "https://evil.example",
		"https:\t//evil.example":           "https://evil.example",
		"http:evil.example":                "http://evil.example",
		"http:/evil.example":               "http://evil.example",
		"HTTP:evil.example":                "http://evil.example",
		"//app.example@evil.example":       "https://evil.example",
		`//app.example\@evil.example`:      home, // the host ends at the backslash
		"//evil.example\\@app.example":     "https://evil.example",
		"//evil.example:8443":              "https://evil.example:8443",
		"//evil.example#@app.example":      "https://evil.example",
		"//[::1]":                          "https://[::1]",
		"//evil。example":                   "https://evil.example",
		"//app.example.evil.example":       "https://app.example.evil.example",
		"//app.example:8443":               "https://app.example:8443",
		"http://app.example":               "http://app.example",
		"javascript:alert(1)":              "javascript:",
		"java\nscript:alert(1)":            "javascript:",
		"\x01javascript:alert(1)":          "javascript:",
		"data:text/html,x":                 "data:",
		"file:///etc/passwd":               "file:",
		"//":                               "",
		"//evil.example%00":                "",
		"//evil.example:port":              "",
		"1https://evil.example":            home,
		"/https://evil.example":            home,
		"java%0ascript:alert(1)":           home, // no scheme has a percent sign
		"%2f%2fevil.example":               home,
		"%5cevil.example":                  home,
		"／／evil.example":                   home,
		"\u00a0//evil.example":             home, // only C0 and space are trimmed
		"/\u2028/evil.example":             home,
		"https:%2f%2fevil.example":         home,
		"//evil.example?@app.example":      "https://evil.example",
		"blob:https://app.example/1":       "blob:",
		"https://app.example@evil.example": "https://evil.example",
	} {
		require.Equal(t, want, landing(address), "%q", address)
	}
}
