package browser

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// console is what Chromium's console of a tab says, and the resources that did not load.
type console struct {
	mu    sync.Mutex // guards said and pages: events come on a goroutine of chromedp's
	said  []string
	pages map[string]bool // addresses that were opened as pages
}

// listen collects the messages of the tab from now on.
func (p *person) listen() *console {
	p.t.Helper()
	c := &console{pages: make(map[string]bool)}
	chromedp.ListenTarget(p.ctx, func(event any) {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			// Chromium also reports a page whose own status is one of an error, and such
			// pages are intended.
			if e.Entry.Level != log.LevelWarning && e.Entry.Level != log.LevelError {
				return // such as that the browser cleared what a page told it to clear
			}
			if e.Entry.Source != log.SourceNetwork || !c.pages[e.Entry.URL] {
				c.note("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			c.note("exception: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			c.note("console.%s", e.Type)
		case *network.EventResponseReceived:
			if e.Type == network.ResourceTypeDocument {
				c.pages[e.Response.URL] = true
			} else if e.Response.Status >= http.StatusBadRequest {
				c.note("%d for %s", e.Response.Status, e.Response.URL)
			}
		}
	})
	p.do(log.Enable(), runtime.Enable(), network.Enable())
	return c
}

// note adds a message. The caller holds mu.
func (c *console) note(format string, args ...any) {
	c.said = append(c.said, fmt.Sprintf(format, args...))
}

// isEmpty fails if the console has said anything.
func (c *console) isEmpty(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Empty(t, strings.Join(c.said, "\n"), "the console")
}

// The pages for people who are not signed in cause no message in Chromium's console, and
// all their resources load. Chromium without a window requests no icon by itself, so the
// last addresses are those that a browser with a window requests.
func TestC16_NothingInTheConsole(t *testing.T) {
	p := arrive(t)
	c := p.listen()
	p.open("/")
	p.click(`a.button[data-class="` + contracts + `"]`)
	for _, path := range []string{"/auth/", "/outbox", "/favicon.ico", "/robots.txt", "/healthz"} {
		require.EqualValues(t, http.StatusOK, p.open(path), path)
	}
	c.isEmpty(t)
}
