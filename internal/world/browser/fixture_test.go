package browser

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// internet has the servers of a test, and the time that each request takes.
type internet struct {
	mux *http.ServeMux

	mu      sync.Mutex               // guards all below
	takes   map[string]time.Duration // by path: until the server answers
	back    map[string]time.Duration // by path: until the response arrives
	broken  map[string]bool
	arrived []string               // "METHOD address [cookies]" in the order in which servers saw them
	headers map[string]http.Header // of the last request, by path
	bodies  []string               // of the requests with one, in that order
	dropped []string               // paths whose request the browser dropped before the answer was on its way
}

// bubble runs a test with a browser in virtual time.
func bubble(t *testing.T, test func(t *testing.T, n *internet, b *Browser)) {
	synctest.Test(t, func(t *testing.T) {
		n := &internet{mux: http.NewServeMux(), takes: map[string]time.Duration{}, back: map[string]time.Duration{}, broken: map[string]bool{}, headers: map[string]http.Header{}}
		b := New(Config{Name: "ada", Transport: n.carry, SkipResources: true})
		defer b.Wait()
		test(t, n, b)
	})
}

// page serves HTML, with the given header lines, at an address without a scheme.
func (n *internet) page(address, html string, header ...string) {
	n.mux.HandleFunc(address, func(w http.ResponseWriter, _ *http.Request) {
		set(w, header)
		io.WriteString(w, html)
	})
}

// redirect serves a redirect.
func (n *internet) redirect(address string, status int, location string, header ...string) {
	n.mux.HandleFunc(address, func(w http.ResponseWriter, _ *http.Request) {
		set(w, header)
		w.Header().Set("Location", location)
		w.WriteHeader(status)
	})
}

func set(w http.ResponseWriter, header []string) {
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		w.Header().Add(name, value)
	}
}

func (n *internet) carry(r *Request) (*http.Response, error) {
	path := r.URL.Path
	n.mu.Lock()
	takes, back, broken := n.takes[path], n.back[path], n.broken[path]
	n.mu.Unlock()
	time.Sleep(time.Millisecond + takes)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	n.mu.Lock()
	n.arrived = append(n.arrived, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL, r.Header.Get("Cookie"))))
	n.headers[path] = r.Header.Clone()
	if len(body) > 0 {
		n.bodies = append(n.bodies, string(body))
	}
	n.mu.Unlock()
	if broken {
		return nil, errBroken
	}
	w := &recorder{header: http.Header{}}
	n.mux.ServeHTTP(w, r.Request)
	time.Sleep(time.Millisecond + back)
	if r.Context().Err() != nil {
		n.mu.Lock()
		n.dropped = append(n.dropped, path)
		n.mu.Unlock()
	}
	return &http.Response{StatusCode: max(w.status, 200), Header: w.header, Body: io.NopCloser(&w.body)}, nil
}

var errBroken = errors.New("the connection failed")

// recorder is a ResponseWriter that keeps what is written.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(p []byte) (int, error) { return w.body.Write(p) }

// requests returns what the servers have seen since the last call.
func (n *internet) requests() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	seen := n.arrived
	n.arrived = nil
	return seen
}

// header returns a header of the last request to that path.
func (n *internet) header(path, name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.headers[path].Get(name)
}

// opened is a tab that shows an address.
func opened(t *testing.T, n *internet, b *Browser, address string) *Tab {
	t.Helper()
	tab := b.Open()
	_, err := tab.Navigate(address)
	require.NoError(t, err)
	n.requests()
	return tab
}
