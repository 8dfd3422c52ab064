package browser

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// Config describes a browser. Transport is required.
type Config struct {
	Name          string        // first part of the name of every event; empty: "browser"
	Transport     Transport     //
	Jar           JarConfig     //
	RemoteAddr    string        // where requests come from; empty: 203.0.113.7:49152
	UserAgent     string        // empty: a name that says it is a model
	SkipResources bool          // load no style sheets, scripts and images
	Leave         Leave         // how a page's requests end when another page replaces it
	Gap           time.Duration // between the starts of requests that a page makes at once; 0: 1 µs

	// Observe, if set, is called when a response's header has arrived and its
	// cookies are stored, before anything else sees the response. It must not
	// call the browser's Wait.
	Observe func(*Exchange)
}

// Leave is how a request ends that the browser gives up while it is under way.
type Leave int8

const (
	// Drop closes the connection: the request's context ends, and a late
	// response is never seen. It is what browsers do.
	Drop Leave = iota
	// Finish lets the response arrive. The browser stores its cookies, but does not show
	// it or follow a redirect in it.
	Finish
)

// Browser is a browser with one jar and any number of tabs. It is safe for
// concurrent use. It waits only in time.Sleep or on channels, so a browser made inside
// a testing/synctest bubble uses virtual time.
type Browser struct {
	config Config
	jar    *Jar

	inFlight sync.WaitGroup // goroutines of this browser

	mu sync.Mutex // guards all below, and what belongs to a tab
	// Invariant: tabs holds the open tabs in the order of their opening.
	tabs      []*Tab
	opened    int // tabs ever opened
	exchanges []*Exchange
}

// New returns a browser without tabs and with an empty jar.
func New(config Config) *Browser {
	if config.Transport == nil {
		panic("browser: Config.Transport is missing")
	}
	if config.Name == "" {
		config.Name = "browser"
	}
	if config.RemoteAddr == "" {
		config.RemoteAddr = "203.0.113.7:49152"
	}
	if config.UserAgent == "" {
		config.UserAgent = "Mozilla/5.0 (a model of a browser)"
	}
	if config.Gap <= 0 {
		config.Gap = time.Microsecond
	}
	return &Browser{config: config, jar: NewJar(config.Jar)}
}

// Name returns the browser's name.
func (b *Browser) Name() string { return b.config.Name }

// Jar returns the jar that all tabs share.
func (b *Browser) Jar() *Jar { return b.jar }

// Open opens an empty tab.
func (b *Browser) Open() *Tab {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opened++
	t := &Tab{browser: b, number: b.opened, at: -1}
	b.tabs = append(b.tabs, t)
	return t
}

// Tabs returns the open tabs in the order of their opening.
func (b *Browser) Tabs() []*Tab {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.tabs)
}

// Restart closes all tabs, as leave says, and ends the browser's session: the
// cookies without an expiry date are deleted. A response that arrives later,
// with [Finish], still stores its cookies.
func (b *Browser) Restart(leave Leave) {
	for _, t := range b.Tabs() {
		t.Close(leave)
	}
	b.jar.EndSession()
}

// Exchanges returns every request so far with its result, in the order in which the
// requests left. A request that is still under way has no status.
func (b *Browser) Exchanges() []Exchange {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Exchange, len(b.exchanges))
	for i, e := range b.exchanges {
		all[i] = *e
	}
	return all
}

// Wait returns when no request is under way. A test in a synctest bubble must call it
// before it ends, or its transport must have returned all responses.
func (b *Browser) Wait() { b.inFlight.Wait() }

// What a tab's methods return besides the errors of the transport.
var (
	// ErrAbandoned means that the request was given up while it was under way:
	// the tab was closed or stopped, or went elsewhere.
	ErrAbandoned = errors.New("browser: abandoned")
	// ErrClosed means that the tab is closed.
	ErrClosed = errors.New("browser: the tab is closed")
	// ErrConfirm means that the browser asks before it posts a form again, and
	// was not told yes.
	ErrConfirm = errors.New("browser: posting again needs a confirmation")
	// ErrTooManyRedirects means that a navigation or a fetch was redirected more than
	// 20 times.
	ErrTooManyRedirects = errors.New("browser: too many redirects")
	// ErrNotFound means that the page has no such form, field, button or link, or
	// that there is no page to go back to.
	ErrNotFound = errors.New("browser: not found on this page")
	// ErrInvalid means that a required field of a form is empty, so that the
	// browser does not send it.
	ErrInvalid = errors.New("browser: a required field is empty")
	// ErrBlocked means that the browser does not allow the request, or does not
	// let the page read the response (CORS, form-action).
	ErrBlocked = errors.New("browser: blocked")
)
