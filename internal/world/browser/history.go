package browser

import "strings"

// Reload requests the current page again, as the button of the browser does. If
// the page was the answer to a POST, the browser asks first: confirm is the
// answer, without which ErrConfirm is returned. The same body is posted again,
// with the cookies of now.
func (t *Tab) Reload(confirm bool) (*Page, error) {
	t.browser.mu.Lock()
	if t.at < 0 {
		t.browser.mu.Unlock()
		return nil, ErrNotFound
	}
	again := *t.history[t.at]
	t.browser.mu.Unlock()
	if again.method != "GET" && !confirm {
		return nil, ErrConfirm
	}
	again.page = nil
	return t.visit(&again, replace)
}

// Back goes to the page before. The browser shows it as it was, without a
// request, unless its response said "Cache-Control: no-store": then it is
// requested again. A page that was the answer to a POST is not: ErrConfirm is
// returned, and Reload(true) posts again.
func (t *Tab) Back() (*Page, error) {
	b := t.browser
	b.mu.Lock()
	if t.closed {
		b.mu.Unlock()
		return nil, ErrClosed
	}
	if t.at < 1 {
		b.mu.Unlock()
		return nil, ErrNotFound
	}
	t.stop(b.config.Leave)
	place := t.at - 1
	e := t.history[place]
	switch {
	case !e.page.mustRequest():
		t.at = place
		b.mu.Unlock()
		return e.page, nil
	case e.method != "GET":
		t.at = place
		asks := *e
		asks.page = &Page{Tab: t, Name: e.page.Name, Address: e.url, Method: e.method, Document: &Document{}, Err: ErrConfirm}
		t.history[t.at] = &asks
		b.mu.Unlock()
		return asks.page, ErrConfirm
	}
	again := *e
	b.mu.Unlock()
	again.page = nil
	return t.visit(&again, change(place))
}

// mustRequest reports whether the browser keeps no copy of the page.
func (p *Page) mustRequest() bool {
	return p.Err != nil || strings.Contains(strings.ToLower(strings.Join(p.Header.Values("Cache-Control"), ",")), "no-store")
}
