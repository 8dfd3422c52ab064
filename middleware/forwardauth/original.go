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

// errAmbiguous: the path has several readings, or the class that the proxy found is none.
var errAmbiguous = errors.New("a path that programs read differently")

// question is what a proxy asks about one request. It is in the context of that request.
type question struct {
	class   grimoireauth.ClassID // that the proxy has found; empty: none
	allowed bool                 // Allow was reached
}

type questionKey struct{}

func questionOf(ctx context.Context) *question {
	q, _ := ctx.Value(questionKey{}).(*question)
	return q
}

// ProxyClass is a [middleware.ClassOf] that returns the class that the proxy has written
// into [HeaderProxyClass], for proxies that know it otherwise than by the path, such as by
// the host. It returns the empty class, which guards refuse, if the proxy has written none
// and outside a [Handler].
func ProxyClass(r *http.Request) grimoireauth.ClassID {
	if q := questionOf(r.Context()); q != nil {
		return q.class
	}
	return ""
}

// original makes the request that the proxy asks about of the one by which it asks. The
// error is errAmbiguous, or names what the proxy's configuration lacks.
func original(asks *http.Request) (*http.Request, *question, error) {
	method, methodErr := one(asks.Header, HeaderMethod)
	target, targetErr := one(asks.Header, HeaderURI)
	host, hostErr := one(asks.Header, HeaderHost)
	proto, protoErr := one(asks.Header, HeaderProto)
	upgrade, upgradeErr := optional(asks.Header, HeaderUpgrade)
	length, lengthErr := optional(asks.Header, HeaderLength)
	class, classErr := optional(asks.Header, HeaderProxyClass)
	if err := errors.Join(methodErr, targetErr, hostErr, protoErr, upgradeErr, lengthErr, classErr); err != nil {
		return nil, nil, err
	}
	if proto != "http" && proto != "https" {
		return nil, nil, fmt.Errorf("%s is neither http nor https", HeaderProto)
	}
	if !token(method) || !oneReading(target) || !plainHost(host) || class != "" && !plainClass(class) {
		return nil, nil, errAmbiguous
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, nil, errAmbiguous
	}
	q := &question{class: grimoireauth.ClassID(class)}
	r := &http.Request{
		Method: method, URL: u, RequestURI: target, Host: host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: described(asks.Header), Body: http.NoBody, ContentLength: lengthOf(length),
		RemoteAddr: asks.RemoteAddr,
	}
	if proto == "https" {
		r.TLS = &tls.ConnectionState{}
	}
	if upgrade != "" {
		r.Header.Set("Upgrade", upgrade)
		r.Header.Set("Connection", "Upgrade")
	}
	return r.WithContext(context.WithValue(asks.Context(), questionKey{}, q)), q, nil
}

// described returns the headers of the original request: those of the question, without
// what is about the question itself.
func described(h http.Header) http.Header {
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

// hopByHop are the headers that are about one connection, or about its body (RFC 9110, 7.6.1).
var hopByHop = map[string]bool{
	"Connection": true, "Upgrade": true, "Keep-Alive": true, "Te": true, "Trailer": true, "Transfer-Encoding": true,
	"Proxy-Connection": true, "Content-Length": true, "Expect": true,
}

// one returns the value of a header that the proxy has to write. Of two lines the client
// may have written one.
func one(h http.Header, name string) (string, error) {
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

// lengthOf returns a Content-Length, -1 if there is none that can be read.
func lengthOf(text string) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// token reports whether a method is one (RFC 9110, 5.6.2).
func token(method string) bool {
	for i := range len(method) {
		if c := method[i]; !unreserved(c) && !strings.ContainsRune("!#$%&'*+^`|", rune(c)) {
			return false
		}
	}
	return true
}

// plainHost reports whether a value is a host with or without a port.
func plainHost(host string) bool {
	for i := range len(host) {
		if c := host[i]; !unreserved(c) && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return true
}

// plainClass reports whether a class that a proxy has found is one segment of a path that
// has one reading.
func plainClass(class string) bool {
	return strings.Trim(class, ".") != "" && !strings.Contains(class, "%") && plainSegment(class)
}
