package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// FetchRequest is a call of fetch by the current page's script.
type FetchRequest struct {
	Method      string // empty: GET
	Address     string // resolved against the page; ws and wss addresses are for ModeWebSocket
	Body        string
	ContentType string
	Header      http.Header // further headers; those that a script may not set are left out
	Mode        Mode
	Credentials Credentials
	KeepAlive   bool // the request outlives the page
}

// Mode is the mode of a fetch.
type Mode int8

// The modes of a fetch, and a WebSocket.
const (
	ModeCORS      Mode = iota // the default of fetch
	ModeNoCORS                // another origin's response is sent for but cannot be read
	ModeWebSocket             // new WebSocket: the upgrade request; cookies always come with it
)

func (m Mode) String() string { return [...]string{"cors", "no-cors", "websocket"}[m] }

// Credentials says whether a fetch sends and stores cookies.
type Credentials int8

// The credentials of a fetch.
const (
	SameOrigin Credentials = iota // the default of fetch: to the page's own origin only
	Include
	Omit
)

// Response is what a script sees of a fetch. A response that it cannot read has
// Status 0 and Opaque; one that failed has Err.
type Response struct {
	Name       string // of the last request
	Address    *url.URL
	Redirected bool
	Status     int
	Header     http.Header
	Body       string
	Opaque     bool
	Err        error
}

// Fetch calls fetch(address, {method, body}) in the current page; a body is sent as JSON.
func (t *Tab) Fetch(method, address, body string) (*Response, error) {
	f := FetchRequest{Method: method, Address: address, Body: body}
	if body != "" {
		f.ContentType = "application/json"
	}
	r := t.FetchAll(f)[0]
	return r, r.Err
}

// FetchAll makes all the requests at once, one gap ([Config]) after the other,
// and returns when each has its response or its error, in their order.
func (t *Tab) FetchAll(requests ...FetchRequest) []*Response {
	responses := make([]*Response, len(requests))
	b := t.browser
	b.mu.Lock()
	page, closed, name := t.page(), t.closed, t.action()
	loads := make([]*load, len(requests))
	for i := range loads {
		loads[i] = newLoad()
		loads[i].keepAlive = requests[i].KeepAlive
		if !closed {
			t.loads = append(t.loads, loads[i])
		}
	}
	b.mu.Unlock()
	for i, f := range requests {
		n := name
		if len(requests) > 1 {
			n = fmt.Sprintf("%s.f%d", name, i+1)
		}
		if i > 0 {
			time.Sleep(b.config.Gap)
		}
		b.inFlight.Go(func() {
			defer t.over(loads[i])
			switch {
			case closed:
				responses[i] = &Response{Name: n, Err: ErrClosed}
			case page == nil:
				responses[i] = &Response{Name: n, Err: ErrNotFound}
			default:
				responses[i] = t.fetch(loads[i], page, f, KindFetch, n)
			}
		})
	}
	for _, l := range loads {
		<-l.done
	}
	return responses
}

// fetching is a fetch under way.
type fetching struct {
	tab   *Tab
	load  *load
	page  *Page
	kind  Kind
	ask   FetchRequest
	chain []*url.URL
	cross bool // another origin was asked at some point, so that the answer is CORS-tainted
	odd   bool // redirected from another origin to a third: Origin is null
}

// fetch makes the request and follows redirects.
func (t *Tab) fetch(l *load, page *Page, ask FetchRequest, kind Kind, name string) *Response {
	ask.Method = strings.ToUpper(or(ask.Method, "GET"))
	f := &fetching{tab: t, load: l, page: page, kind: kind, ask: ask}
	response := &Response{Name: name}
	if rest, ok := strings.CutPrefix(ask.Address, "ws"); ok && ask.Mode == ModeWebSocket {
		ask.Address = "http" + rest // ws and wss are http and https with another name
	}
	u, err := page.resolve(ask.Address)
	for hop := 0; ; hop++ {
		if hop > maxRedirects {
			err = ErrTooManyRedirects
		}
		if err != nil {
			response.Err = err
			return response
		}
		response.Name, response.Address, response.Redirected = hopName(name, hop), u, hop > 0
		reply, failed := f.hop(u, response.Name)
		if failed != nil {
			response.Err = failed
			return response
		}
		e := &entry{method: f.ask.Method, url: u, body: f.ask.Body, contentType: f.ask.ContentType}
		next, failed := e.redirected(reply)
		if next == nil && failed == nil {
			f.read(reply, response)
			return response
		}
		if err = failed; err == nil {
			u = next.url
			f.ask.Method, f.ask.Body, f.ask.ContentType = next.method, next.body, next.contentType
		}
	}
}

// hop makes one request of the chain.
func (f *fetching) hop(u *url.URL, name string) (*reply, error) {
	b := f.tab.browser
	if n := len(f.chain); n > 0 && !sameOrigin(f.chain[n-1], u) && !sameOrigin(f.page.Address, f.chain[n-1]) {
		f.odd = true
	}
	f.chain = append(f.chain, u)
	f.cross = f.cross || !sameOrigin(f.page.Address, u)
	if f.kind == KindFetch && f.ask.Mode == ModeCORS && f.cross && !f.simple() {
		if err := f.preflight(u, name+".preflight"); err != nil {
			return nil, err
		}
	}
	r := f.tab.newRequest(f.load, name, f.kind, f.ask.Method, u, f.ask.Body, f.ask.ContentType)
	f.addHeaders(r)
	a := Access{URL: u, Method: f.ask.Method, CrossSite: !b.jar.sameSite(f.page.Address, u)}
	credentials := f.credentials()
	if credentials {
		b.addCookies(r, a)
	}
	reply, err := b.exchange(f.load, r, a, credentials)
	if err != nil {
		return nil, err
	}
	if f.ask.Mode == ModeCORS && f.cross && !f.allowed(reply.Header) {
		return nil, fmt.Errorf("%w: CORS does not let the page read the response", ErrBlocked)
	}
	return reply, nil
}

func (f *fetching) credentials() bool {
	switch {
	case f.ask.Mode == ModeWebSocket, f.ask.Credentials == Include:
		return true
	case f.ask.Credentials == SameOrigin:
		return !f.cross
	default:
		return false
	}
}

// origin is the value of the Origin header.
func (f *fetching) origin() string {
	if f.odd {
		return "null"
	}
	return origin(f.page.Address)
}

func (f *fetching) addHeaders(r *Request) {
	for name, values := range f.ask.Header { // headers are a map, so no order is made here
		if !forbidden(name) {
			r.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	if f.ask.Mode == ModeWebSocket {
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-Websocket-Version", "13")
		r.Header.Set("Sec-Websocket-Key", "bW9kZWwgb2YgYnJvd3Nlcg==")
	}
	setReferer(r, f.page.Document.Referrer, f.page.Address)
	if f.ask.Mode == ModeWebSocket || f.ask.Mode == ModeCORS && f.cross || !safeMethod(f.ask.Method) {
		r.Header.Set("Origin", f.origin())
	}
	f.tab.browser.fetchMetadata(r, f.page.Address, f.chain, f.ask.Mode.String())
}

// forbidden reports whether a script may not set the header.
// https://fetch.spec.whatwg.org/#forbidden-request-header
func forbidden(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains([]string{
		"accept-charset", "accept-encoding", "connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect",
		"host", "keep-alive", "origin", "referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via",
	}, name) || strings.HasPrefix(name, "sec-") || strings.HasPrefix(name, "proxy-")
}

// read fills in what the script may see.
func (f *fetching) read(r *reply, response *Response) {
	if f.ask.Mode == ModeNoCORS && f.cross {
		response.Opaque, response.Address = true, nil
		return
	}
	response.Status, response.Header, response.Body = r.Status, r.Header.Clone(), r.body
	response.Header.Del("Set-Cookie")
}
