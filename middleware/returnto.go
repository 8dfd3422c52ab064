package middleware

import (
	"net/http"
	"net/url"
	"strings"
)

// maxReturn bounds a return address, so that it fits a cookie beside other fields.
const maxReturn = 2048

// ReturnTo returns the address if a browser may be redirected there after signing in, and ""
// and false otherwise: only a path on this host, with an optional query and fragment. It
// rejects other schemes and hosts, "//host" and "/\host" in any spelling that a browser, a
// proxy or a second decoding would take for one, dot segments, control characters, spaces
// and everything outside ASCII (browsers send those percent-encoded).
//
// http.Redirect passes "//evil.example" on unchanged, so every address from a request goes
// through here first. See CWE-601 and https://url.spec.whatwg.org/#url-parsing.
func ReturnTo(address string) (string, bool) {
	if len(address) > maxReturn || !strings.HasPrefix(address, "/") || !isPlainASCII(address) {
		return "", false
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Opaque != "" || u.Host != "" || u.User != nil {
		return "", false
	}
	path, _, _ := strings.Cut(address, "#")
	path, _, _ = strings.Cut(path, "?")
	if !isSafePath(path) {
		return "", false
	}
	return address, true
}

// isPlainASCII reports whether all is printable ASCII without a backslash: WHATWG URLs
// treat "\" as "/" and drop tabs and line breaks anywhere.
func isPlainASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '\\' {
			return false
		}
	}
	return true
}

// isSafePath checks the path as it is and after each further decoding, since a server behind
// this one may decode once more.
func isSafePath(path string) bool {
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

// signInRedirect returns the address to which an unauthenticated browser is redirected. It
// returns false unless the browser opens a page (GET or HEAD), and for the sign-in page
// itself, which would loop if that page were guarded by mistake.
func signInRedirect(r *http.Request, signInURL string) (string, bool) {
	if signInURL == "" || !readByPerson(r) || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		return "", false
	}
	page, _, _ := strings.Cut(signInURL, "?")
	// RequestURI is the address as it was sent; http.StripPrefix may have changed URL.
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if path == page {
		return "", false
	}
	back, _ := ReturnTo(r.RequestURI)
	return withReturnTo(signInURL, back), true
}

// withReturnTo returns the address of the sign-in page with the page to return to, if there
// is one.
func withReturnTo(signInURL, back string) string {
	if back == "" {
		return signInURL
	}
	separator := "?"
	if strings.Contains(signInURL, "?") {
		separator = "&"
	}
	return signInURL + separator + "return_to=" + url.QueryEscape(back)
}

// signInInOtherTab returns the sign-in page for another tab, after a form was refused. It
// returns to the page that sent the form, if that is one of this host, since the address of
// the form itself may have no page.
func signInInOtherTab(r *http.Request, signInURL string) string {
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
	return withReturnTo(signInURL, back)
}
