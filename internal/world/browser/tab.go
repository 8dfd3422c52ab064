package browser

import (
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Tab is a tab of a browser. Its methods return when what they do is done, in
// virtual time; several may run at once, and a new navigation gives up the one
// before, as in a browser.
type Tab struct {
	browser *Browser
	number  int

	// Guarded by browser.mu.
	closed  bool
	actions int     // what a person or a script did so far
	label   string  // of the next action
	nav     *load   // the navigation under way
	loads   []*load // what the current page is loading
	history []*entry
	at      int // in history, of the current page; -1: none
}

// Number returns the tab's number: 1 for the first that the browser opened.
func (t *Tab) Number() int { return t.number }

// Label names the next action of this tab, instead of its count, in the names of
// its requests. A history of which steps are left out keeps the names of the
// others that way. A label must not be used twice in a tab.
func (t *Tab) Label(label string) {
	t.browser.mu.Lock()
	defer t.browser.mu.Unlock()
	t.label = label
}

// Page returns the page that the tab shows; nil: an empty tab.
func (t *Tab) Page() *Page {
	t.browser.mu.Lock()
	defer t.browser.mu.Unlock()
	return t.page()
}

func (t *Tab) page() *Page {
	if t.at < 0 {
		return nil
	}
	return t.history[t.at].page
}

// Closed reports whether the tab is closed.
func (t *Tab) Closed() bool {
	t.browser.mu.Lock()
	defer t.browser.mu.Unlock()
	return t.closed
}

// Busy reports whether a navigation is under way.
func (t *Tab) Busy() bool {
	t.browser.mu.Lock()
	defer t.browser.mu.Unlock()
	return t.nav != nil
}

// Navigate goes to an address as a person does who types it: no page is the
// initiator, so the request is same-site wherever it leads.
func (t *Tab) Navigate(address string) (*Page, error) {
	u, err := absolute(address)
	if err != nil {
		return nil, err
	}
	return t.visit(&entry{method: "GET", url: u, user: true}, push)
}

// Visit goes to an address as the current page's script does (location.href).
func (t *Tab) Visit(address string) (*Page, error) {
	e, err := t.fromPage(address)
	if err != nil {
		return nil, err
	}
	return t.visit(e, push)
}

// Popup opens an address in another tab, as the current page's script does
// (window.open). The page's Tab is the new one.
func (t *Tab) Popup(address string) (*Page, error) {
	e, err := t.fromPage(address)
	if err != nil {
		return nil, err
	}
	return t.beside().visit(e, push)
}

// Stop gives up the navigation under way and what the page is loading; the page
// stays.
func (t *Tab) Stop(leave Leave) {
	t.browser.mu.Lock()
	defer t.browser.mu.Unlock()
	t.stop(leave)
}

// Close closes the tab and gives up all that it is loading.
func (t *Tab) Close(leave Leave) {
	b := t.browser
	b.mu.Lock()
	defer b.mu.Unlock()
	t.closed = true
	t.stop(leave)
	b.tabs = slices.DeleteFunc(b.tabs, func(o *Tab) bool { return o == t })
}

func (t *Tab) stop(leave Leave) {
	if t.nav != nil {
		t.nav.abandon(leave)
		t.nav = nil
	}
	t.leavePage(leave)
}

// leavePage gives up what the page is loading, except fetches with keepalive.
func (t *Tab) leavePage(leave Leave) {
	for _, l := range t.loads {
		if l.keepAlive {
			l.abandon(Finish)
		} else {
			l.abandon(leave)
		}
	}
	t.loads = nil
}

// Settle returns when the current page has loaded its resources.
func (t *Tab) Settle() {
	t.browser.mu.Lock()
	loads := slices.Clone(t.loads)
	t.browser.mu.Unlock()
	for _, l := range loads {
		<-l.done
	}
}

// Pending is an action that is under way.
type Pending struct {
	page *Page
	err  error
	done chan struct{}
}

// Wait returns what the action returned, when it has.
func (p *Pending) Wait() (*Page, error) {
	<-p.done
	return p.page, p.err
}

// Done reports whether the action has ended.
func (p *Pending) Done() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Start runs an action without waiting for its end. It returns one gap
// ([Config]) later, when the action's first request has left, so that the order of two
// actions is the order of their starts.
func (t *Tab) Start(action func(*Tab) (*Page, error)) *Pending {
	p := &Pending{done: make(chan struct{})}
	t.browser.inFlight.Go(func() {
		defer close(p.done)
		p.page, p.err = action(t)
	})
	time.Sleep(t.browser.config.Gap)
	return p
}

// action returns the name of the tab's next action.
func (t *Tab) action() string {
	t.actions++
	label := t.label
	if label == "" {
		label = fmt.Sprintf("a%d", t.actions)
	}
	t.label = ""
	return fmt.Sprintf("%s.t%d.%s", t.browser.config.Name, t.number, label)
}

// fromPage is a GET that the current page's script begins.
func (t *Tab) fromPage(address string) (*entry, error) {
	page := t.Page()
	if page == nil {
		return nil, ErrNotFound
	}
	u, err := page.resolve(address)
	if err != nil {
		return nil, err
	}
	return &entry{method: "GET", url: u, from: page}, nil
}

// beside opens a tab from this one, which hands its label on.
func (t *Tab) beside() *Tab {
	other := t.browser.Open()
	t.browser.mu.Lock()
	defer t.browser.mu.Unlock()
	other.label, t.label = t.label, ""
	return other
}

func absolute(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: the address cannot be read", ErrBlocked) // the parser's error quotes it
	}
	return clean(u)
}

// clean is the address as it is requested; only http and https can be.
func clean(u *url.URL) (*url.URL, error) {
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("%w: not an http or https address", ErrBlocked)
	}
	c := *u
	c.Fragment, c.RawFragment, c.User = "", "", nil
	if c.Path == "" {
		c.Path = "/"
	}
	return &c, nil
}

// resolve reads an address that the page wrote.
func (p *Page) resolve(address string) (*url.URL, error) {
	base := p.Address
	if p.Document.Base != "" {
		if u, err := base.Parse(p.Document.Base); err == nil {
			base = u
		}
	}
	u, err := base.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: the address cannot be read", ErrBlocked)
	}
	return clean(u)
}
