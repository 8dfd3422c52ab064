package browser

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The pages for people who are not signed in cause no message in Chromium's console, and
// all their resources load. Chromium without a window requests no icon by itself, so the
// last addresses are those that a browser with a window requests.
func TestC16_NothingInTheConsole(t *testing.T) {
	p := arrive(t)
	var mu sync.Mutex // guards said: events come on a goroutine of chromedp's
	var said []string
	note := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, fmt.Sprintf(format, args...))
	}
	chromedp.ListenTarget(p.ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			note("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		case *runtime.EventExceptionThrown:
			note("exception: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			note("console.%s", e.Type)
		case *network.EventResponseReceived:
			if e.Response.Status >= http.StatusBadRequest {
				note("%d for %s", e.Response.Status, e.Response.URL)
			}
		}
	})
	p.do(log.Enable(), runtime.Enable(), network.Enable())
	p.open("/")
	p.click(`a.button[data-class="` + contracts + `"]`)
	for _, path := range []string{"/auth/", "/outbox", "/favicon.ico", "/robots.txt", "/healthz"} {
		require.EqualValues(t, http.StatusOK, p.open(path), path)
	}
	mu.Lock()
	defer mu.Unlock()
	require.Empty(t, said)
}
