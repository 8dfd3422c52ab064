package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// load is a navigation, a fetch or a resource that a tab waits for.
type load struct {
	ctx       context.Context
	cancel    context.CancelFunc
	gone      chan struct{} // closed when the tab no longer waits
	done      chan struct{} // closed when the load has ended, with or without an error
	keepAlive bool

	// Guarded by browser.mu.
	abandoned bool
	dropped   bool
}

func newLoad() *load {
	l := &load{gone: make(chan struct{}), done: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// abandon gives the load up. The caller holds browser.mu.
func (l *load) abandon(leave Leave) {
	if leave == Drop && !l.dropped {
		l.dropped = true
		l.cancel()
	}
	if !l.abandoned {
		l.abandoned = true
		close(l.gone)
	}
}

// reply is a response with its body.
type reply struct {
	*Exchange
	body string
}

// outcome is what a goroutine that carries a request hands back.
type outcome struct {
	reply *reply
	err   error
}

// exchange sends a request and waits for the whole response, or until the load
// is given up.
func (b *Browser) exchange(l *load, r *Request, a Access, credentials bool) (*reply, error) {
	e := &Exchange{Request: r}
	b.mu.Lock()
	if l.abandoned {
		b.mu.Unlock()
		return nil, ErrAbandoned
	}
	b.exchanges = append(b.exchanges, e)
	b.mu.Unlock()
	done := make(chan outcome, 1)
	b.inFlight.Go(func() { done <- b.carry(l, e, a, credentials) })
	select {
	case <-l.gone:
		return nil, ErrAbandoned
	case o := <-done:
		b.mu.Lock()
		defer b.mu.Unlock()
		if l.abandoned { // whichever of the two the select saw
			return nil, ErrAbandoned
		}
		return o.reply, o.err
	}
}

var errNoResponse = errors.New("browser: the transport returned no response")

// carry calls the transport, stores the cookies when the header has arrived,
// and reads the body.
func (b *Browser) carry(l *load, e *Exchange, a Access, credentials bool) outcome {
	defer b.carried(l)
	resp, err := b.config.Transport(e.Request)
	if err == nil && resp == nil {
		err = errNoResponse
	}
	if resp != nil && resp.Body != nil {
		defer resp.Body.Close()
	}
	if !b.arrived(l, e, resp, err, a, credentials) {
		return outcome{err: ErrAbandoned}
	}
	if b.config.Observe != nil {
		b.config.Observe(e)
	}
	if err != nil {
		return outcome{err: err}
	}
	body, err := readBody(l.ctx, resp)
	return outcome{&reply{e, body}, err}
}

// carried ends the context of a load that was given up but allowed to finish.
func (b *Browser) carried(l *load) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.abandoned {
		l.cancel()
	}
}

// arrived records the header, and reports whether the connection was still there.
func (b *Browser) arrived(l *load, e *Exchange, resp *http.Response, err error, a Access, credentials bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.dropped {
		e.Dropped = true
		return false
	}
	if e.Err = err; err != nil {
		return true
	}
	e.Status, e.Header, e.Arrived = resp.StatusCode, resp.Header.Clone(), time.Now()
	if credentials {
		for _, line := range resp.Header["Set-Cookie"] {
			c, err := b.jar.Receive(a, line)
			e.Received = append(e.Received, Received{c, err})
		}
	}
	return true
}

func readBody(ctx context.Context, resp *http.Response) (string, error) {
	if resp.Body == nil {
		return "", nil
	}
	body, err := io.ReadAll(resp.Body)
	if ctx.Err() != nil {
		return "", ErrAbandoned
	}
	return string(body), err
}

// over ends a load.
func (t *Tab) over(l *load) {
	t.browser.mu.Lock()
	defer t.browser.mu.Unlock()
	if t.nav == l {
		t.nav = nil
	}
	t.loads = slices.DeleteFunc(t.loads, func(o *load) bool { return o == l })
	close(l.done)
	if !l.abandoned { // otherwise carried ends the context
		l.cancel()
	}
}

// loadResources begins to load the style sheets, scripts and images of a page, in
// the order of the page, one gap after the other. Cookies come with all of them. The
// caller holds browser.mu.
func (t *Tab) loadResources(page *Page) {
	b := t.browser
	resources := page.Document.Resources
	loads := make([]*load, len(resources))
	for i := range loads {
		loads[i] = newLoad()
	}
	t.loads = append(t.loads, loads...)
	b.inFlight.Go(func() {
		for i, r := range resources {
			time.Sleep(b.config.Gap)
			b.inFlight.Go(func() {
				defer t.over(loads[i])
				ask := FetchRequest{Address: r.Address, Mode: ModeNoCORS, Credentials: Include}
				t.fetch(loads[i], page, ask, r.Kind, fmt.Sprintf("%s.r%d", page.Name, i+1))
			})
		}
	})
}
