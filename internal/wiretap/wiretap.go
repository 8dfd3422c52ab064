// Package wiretap lets a test see every exchange of every mock.Stytch in its
// process, however the requests reach it. Outside tests nothing listens, and the
// mock pays for one atomic read per request.
package wiretap

import (
	"net/http"
	"net/url"
	"sync/atomic"
)

// Exchange is one request and its answer.
type Exchange struct {
	Method        string
	URL           *url.URL
	RequestHeader http.Header
	RequestBody   []byte
	Status        int
	Header        http.Header
	Body          []byte
	// Faulted says that the answer came from a rule of the test, which may be
	// unlike anything that Stytch sends.
	Faulted bool
}

var listener atomic.Pointer[func(Exchange)]

// Listen makes f hear of every exchange that follows, from many goroutines at
// once. f must neither block nor change the bodies. Nil ends it.
func Listen(f func(Exchange)) {
	if f == nil {
		listener.Store(nil)
		return
	}
	listener.Store(&f)
}

// Report tells the listener of an exchange, if there is a listener.
func Report(x Exchange) {
	if f := listener.Load(); f != nil {
		(*f)(x)
	}
}
