package browser

import (
	"net/http"
	"time"
)

// Kind is what a request is made for.
type Kind int8

// The kinds of requests.
const (
	KindNavigation Kind = iota // a document for a tab
	KindFetch                  // a page's script called fetch
	KindStylesheet
	KindImage
	KindScript    // the file of a <script src>
	KindPreflight // the OPTIONS request before a cross-origin fetch
)

// String returns the kind's name.
func (k Kind) String() string {
	return [...]string{"navigation", "fetch", "stylesheet", "image", "script", "preflight"}[k]
}

// Request is a request that leaves the browser. Its http.Request has the form
// in which a server's handler takes it (RequestURI, RemoteAddr, Host and, for
// https, TLS are set), with the scheme and host in URL as well.
type Request struct {
	*http.Request
	Name string    // of the event: browser.tab.action.hop; stable for a seed
	Tab  int       // number of the tab, from 1
	Kind Kind      //
	Sent []Cookie  // the cookies of the Cookie header, in its order
	At   time.Time // when it left
}

// Transport carries a request to a server and returns the response. It takes as
// much virtual time as the network and the server are to take, and may be
// called by several goroutines at once. The moment it returns is the moment the
// response's header arrives: the browser stores its cookies then, and reads the
// body afterwards, which may take time as well. When the browser drops the
// connection, the request's context ends and what Transport returns is ignored.
// An error is a failed connection.
type Transport func(*Request) (*http.Response, error)

// Exchange is a request with its result.
type Exchange struct {
	Request  *Request
	Status   int // 0: no response arrived
	Header   http.Header
	Arrived  time.Time  // when the header arrived; zero: it did not
	Dropped  bool       // the browser dropped the connection before that
	Err      error      // the connection failed
	Received []Received // the cookies that it brought, in order
}

// Received is a cookie that a response or a script brought, and why the browser
// refused it, if it did.
type Received struct {
	Cookie Cookie
	Err    error
}
