package forwardauth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// errAmbiguous says that the path, the host or the class has several readings.
var errAmbiguous = errors.New("a path that programs read differently")

// originalRequest restores the original request from an authentication request. The
// error is errAmbiguous, or names what the proxy's configuration lacks.
func originalRequest(authRequest *http.Request) (*http.Request, *decision, error) {
	method, methodErr := required(authRequest.Header, HeaderMethod)
	target, targetErr := required(authRequest.Header, HeaderURI)
	host, hostErr := required(authRequest.Header, HeaderHost)
	proto, protoErr := required(authRequest.Header, HeaderProto)
	upgrade, upgradeErr := optional(authRequest.Header, HeaderUpgrade)
	length, lengthErr := optional(authRequest.Header, HeaderLength)
	class, classErr := optional(authRequest.Header, HeaderProxyClass)
	if err := errors.Join(methodErr, targetErr, hostErr, protoErr, upgradeErr, lengthErr, classErr); err != nil {
		return nil, nil, err
	}
	if proto != "http" && proto != "https" {
		return nil, nil, fmt.Errorf("%s is neither http nor https", HeaderProto)
	}
	if !isToken(method) || !hasOneReading(target) || !isPlainHost(host) || class != "" && !isPlainClass(class) {
		return nil, nil, errAmbiguous
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, nil, errAmbiguous
	}
	d := &decision{class: grimoireauth.ClassID(class)}
	r := &http.Request{
		Method: method, URL: u, RequestURI: target, Host: host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: originalHeaders(authRequest.Header), Body: http.NoBody, ContentLength: contentLength(length),
		RemoteAddr: authRequest.RemoteAddr,
	}
	if proto == "https" {
		r.TLS = &tls.ConnectionState{}
	}
	if upgrade != "" {
		r.Header.Set("Upgrade", upgrade)
		r.Header.Set("Connection", "Upgrade")
	}
	return r.WithContext(context.WithValue(authRequest.Context(), decisionKey{}, d)), d, nil
}

// originalHeaders returns the headers of the original request: those of the
// authentication request, without the ones that describe it.
func originalHeaders(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, lines := range h {
		switch {
		case strings.HasPrefix(name, ownPrefix), hopByHop[name]:
		default:
			out[name] = append([]string(nil), lines...)
		}
	}
	return out
}

// hopByHop are the headers of one connection or of its body (RFC 9110, section 7.6.1).
var hopByHop = map[string]bool{
	"Connection": true, "Upgrade": true, "Keep-Alive": true, "Te": true, "Trailer": true, "Transfer-Encoding": true,
	"Proxy-Connection": true, "Content-Length": true, "Expect": true,
}

// required returns the value of a header that the proxy has to set. If the header is
// there twice, one of them may be the client's.
func required(h http.Header, name string) (string, error) {
	value, err := optional(h, name)
	if err == nil && value == "" {
		err = fmt.Errorf("%s is missing", name)
	}
	return value, err
}

func optional(h http.Header, name string) (string, error) {
	switch lines := h[name]; len(lines) {
	case 0:
		return "", nil
	case 1:
		return lines[0], nil
	}
	return "", fmt.Errorf("%s stands there twice", name)
}

// contentLength returns the length, or -1 if it cannot be parsed.
func contentLength(text string) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// isToken reports whether a method has a valid form (RFC 9110, section 5.6.2).
func isToken(method string) bool {
	for i := range len(method) {
		if c := method[i]; !isUnreserved(c) && !strings.ContainsRune("!#$%&'*+^`|", rune(c)) {
			return false
		}
	}
	return true
}

// isPlainHost reports whether a value is a host with or without a port.
func isPlainHost(host string) bool {
	for i := range len(host) {
		if c := host[i]; !isUnreserved(c) && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return true
}

// isPlainClass reports whether the proxy's class is one path segment with one reading.
func isPlainClass(class string) bool {
	return strings.Trim(class, ".") != "" && !strings.Contains(class, "%") && isPlainSegment(class)
}
