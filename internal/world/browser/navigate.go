package browser

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	maxRedirects = 20
	maxRefresh   = 5 * time.Second // a later refresh is not followed
)

// entry is a place in a tab's history: how a page was asked for, and the page.
type entry struct {
	method      string
	url         *url.URL
	body        string
	contentType string
	from        *Page // whose link, form or script began it; nil: a person typed it
	user        bool  // a person's click, press or typing, not a script
	form        bool  // a form, whose redirects form-action governs
	noReferrer  bool  // rel=noreferrer
	page        *Page
}

// change is what a navigation does to the history: the place that it goes to,
// or one of these.
type change int

const (
	push    change = -1 // a new place; what was ahead is forgotten
	replace change = -2 // reload and refresh: the same place
)

// visit navigates the tab. It returns the page that is shown at the end, which
// may be an error page, and then its error as well.
func (t *Tab) visit(e *entry, how change) (*Page, error) {
	b := t.browser
	b.mu.Lock()
	if t.closed {
		b.mu.Unlock()
		return nil, ErrClosed
	}
	if t.nav != nil {
		t.nav.abandon(b.config.Leave)
	}
	l := newLoad()
	t.nav = l
	name := t.action()
	b.mu.Unlock()
	defer t.over(l)

	hops := 0
	for {
		page, err := t.follow(l, e, name, &hops)
		if page == nil {
			return nil, err
		}
		if !t.commit(l, e, page, how) {
			return nil, ErrAbandoned
		}
		next := page.refresh()
		if err != nil || next == nil {
			return page, err
		}
		select { // a meta refresh is part of the navigation
		case <-l.gone:
			return nil, ErrAbandoned
		case <-time.After(next.After):
		}
		if hops++; hops > maxRedirects {
			return page, ErrTooManyRedirects
		}
		u, err := page.resolve(next.Address)
		if err != nil {
			return page, nil
		}
		e, how = &entry{method: "GET", url: u, from: page}, replace
	}
}

// follow requests the entry and follows redirects. It leaves in the entry what a
// reload requests. A nil page means that the tab shows what it showed.
func (t *Tab) follow(l *load, e *entry, name string, hops *int) (*Page, error) {
	b := t.browser
	chain := []*url.URL{e.url}
	policy := ""
	for {
		r, access := t.navigationRequest(l, e, chain, policy, hopName(name, *hops))
		reply, err := b.exchange(l, r, access, true)
		if errors.Is(err, ErrAbandoned) {
			return nil, err
		}
		page := &Page{Tab: t, Name: r.Name, Address: e.url, Method: e.method, Document: &Document{}}
		if err != nil {
			page.Err = err
			return page, err
		}
		next, err := e.redirected(reply)
		if err != nil {
			page.Err = err
			return page, err
		}
		if next == nil {
			return page.of(reply)
		}
		if e.form && !formActionAllows(e.from, next.url) {
			page.Err = fmt.Errorf("%w: form-action does not allow the redirect", ErrBlocked)
			return page, page.Err
		}
		if *hops++; *hops > maxRedirects {
			page.Err = ErrTooManyRedirects
			return page, page.Err
		}
		if p := lastPolicy(reply.Header); p != "" {
			policy = p
		}
		*e = *next
		chain = append(chain, e.url)
	}
}

// of completes the page from the response. A response that is no document
// leaves the tab as it is.
func (p *Page) of(r *reply) (*Page, error) {
	p.Status, p.Header, p.Body = r.Status, r.Header, r.body
	switch {
	case r.Status == 204 || r.Status == 205:
		return nil, nil
	case strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Disposition")), "attachment"):
		return nil, nil
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind == "" || strings.EqualFold(strings.TrimSpace(kind), "text/html") {
		p.Document = ParseHTML(r.body)
	} else {
		p.Document = &Document{Text: r.body}
	}
	if refresh := r.Header.Get("Refresh"); refresh != "" {
		p.Document.Refresh = parseRefresh(refresh)
	}
	if policy := lastPolicy(r.Header); p.Document.Referrer == "" {
		p.Document.Referrer = policy
	}
	return p, nil
}

// refresh returns the page's refresh, if the browser follows it by itself and it
// leads elsewhere.
func (p *Page) refresh() *Refresh {
	if r := p.Document.Refresh; r != nil && r.Address != "" && r.After <= maxRefresh {
		return r
	}
	return nil
}

// commit shows the page, and begins to load what belongs to it.
func (t *Tab) commit(l *load, e *entry, page *Page, how change) bool {
	b := t.browser
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.abandoned {
		return false
	}
	t.leavePage(b.config.Leave)
	e.page = page
	switch {
	case how >= 0:
		t.at = int(how)
		t.history[t.at] = e
	case how == replace && t.at >= 0:
		t.history[t.at] = e
	default:
		t.history = append(slices.Clip(t.history[:t.at+1]), e)
		t.at++
	}
	if !b.config.SkipResources && len(page.Document.Resources) > 0 {
		t.loadResources(page)
	}
	return true
}

// redirected returns the entry of the redirect that a response is; nil: it is none.
// https://fetch.spec.whatwg.org/#http-redirect-fetch
func (e *entry) redirected(r *reply) (*entry, error) {
	location := r.Header.Get("Location")
	if !isRedirect(r.Status) || location == "" {
		return nil, nil
	}
	u, err := e.url.Parse(location)
	if err == nil {
		u, err = clean(u)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the address of the redirect cannot be requested", ErrBlocked)
	}
	next := *e
	next.url = u
	if becomesGet(r.Status, e.method) {
		next.method, next.body, next.contentType = "GET", "", ""
	}
	return &next, nil
}

func isRedirect(status int) bool {
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308
}

// becomesGet reports whether a redirect turns the method into GET.
func becomesGet(status int, method string) bool {
	switch status {
	case 301, 302:
		return method == "POST"
	case 303:
		return method != "GET" && method != "HEAD"
	default:
		return false
	}
}

func hopName(name string, hop int) string {
	if hop == 0 {
		return name
	}
	return fmt.Sprintf("%s.%d", name, hop)
}
