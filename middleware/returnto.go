package middleware

import (
	"net/http"
	"net/url"
	"strings"
)

// maxReturn bounds a return address, so that it fits a cookie with room to spare.
const maxReturn = 2048

// ReturnTo returns the address if a browser may be sent there after signing in,
// and "" and false otherwise: only a path on this very host, with an optional
// query and fragment. Refused are other schemes and hosts, "//host" and "/\host"
// in any spelling that a browser, a proxy or a second decoding would take for
// one, dot segments, control characters, spaces and everything outside ASCII
// (a browser sends those percent-encoded).
//
// http.Redirect passes "//evil.example" on unchanged, so whatever comes from a
// request goes through here first. See CWE-601 and
// https://url.spec.whatwg.org/#url-parsing.
func ReturnTo(address string) (string, bool) {
	if len(address) > maxReturn || !strings.HasPrefix(address, "/") || !plain(address) {
		return "", false
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Opaque != "" || u.Host != "" || u.User != nil {
		return "", false
	}
	path, _, _ := strings.Cut(address, "#")
	path, _, _ = strings.Cut(path, "?")
	if !safePath(path) {
		return "", false
	}
	return address, true
}

// plain reports whether all is printable ASCII without a backslash: WHATWG URLs
// treat "\" as "/" and drop tabs and line breaks anywhere.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '\\' {
			return false
		}
	}
	return true
}

// safePath looks at the path as it is and as each further decoding would make
// it: what comes behind us may decode once more than we do.
func safePath(path string) bool {
	for range 4 {
		if strings.Contains(path, "//") {
			return false
		}
		for segment := range strings.SplitSeq(path, "/") {
			if segment == "." || segment == ".." {
				return false
			}
		}
		for i := range len(path) {
			if path[i] < ' ' || path[i] == 0x7f || path[i] == '\\' {
				return false
			}
		}
		decoded, err := url.PathUnescape(path)
		if err != nil || decoded == path {
			// "/100%25" decodes to "/100%", which decodes no further.
			return true
		}
		path = decoded
	}
	return false
}

// signIn returns where a browser is sent that is not signed in, if it is to be
// sent: only when it navigates (GET or HEAD), and not from the sign-in page
// itself, which would go round in circles if that page were guarded by mistake.
func signIn(r *http.Request, signInURL string) (string, bool) {
	if signInURL == "" || !readByPerson(r) || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		return "", false
	}
	page, _, _ := strings.Cut(signInURL, "?")
	// RequestURI is the address as it was sent; URL may have lost a prefix to
	// http.StripPrefix.
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if path == page {
		return "", false
	}
	back, _ := ReturnTo(r.RequestURI)
	return returning(signInURL, back), true
}

// returning is the address of the sign-in page that leads back to a page afterwards,
// "" for none.
func returning(signInURL, back string) string {
	if back == "" {
		return signInURL
	}
	separator := "?"
	if strings.Contains(signInURL, "?") {
		separator = "&"
	}
	return signInURL + separator + "return_to=" + url.QueryEscape(back)
}

// signInBeside returns where a person whose form was refused signs in, in another tab:
// from there the way leads to the page with the form, if it is one of this host. The
// address of the form itself may have no page.
func signInBeside(r *http.Request, signInURL string) string {
	if signInURL == "" {
		return ""
	}
	from, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || from.Scheme != "https" && from.Scheme != "http" || !strings.EqualFold(from.Host, r.Host) {
		return signInURL
	}
	back, ok := ReturnTo(from.RequestURI())
	page, _, _ := strings.Cut(signInURL, "?")
	if path, _, _ := strings.Cut(back, "?"); !ok || path == page {
		return signInURL
	}
	return returning(signInURL, back)
}
