package middleware_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

func say(w io.Writer, format string, a ...any) { _, _ = fmt.Fprintf(w, format, a...) }

func yes(ok bool) string { return map[bool]string{true: "yes", false: "no"}[ok] }

// able writes the outcome of something that a ResponseController does.
func able(w io.Writer, err error) {
	switch {
	case err == nil:
		say(w, "done")
	case errors.Is(err, http.ErrNotSupported):
		say(w, "not supported")
	default:
		say(w, "%v", err)
	}
}

// behaviours is what a server's own ResponseWriter can do, on HTTP/1.1 and on
// HTTP/2. Behind a guard it must do the same.
var behaviours = []struct {
	name         string
	handler      http.HandlerFunc
	ask          func(t *testing.T, c *http.Client, r *http.Request) string // nil: status, some headers, body and trailers
	http1, http2 string
}{
	{"is a Flusher", func(w http.ResponseWriter, _ *http.Request) { _, ok := w.(http.Flusher); say(w, "%s", yes(ok)) }, nil, "200 yes", "200 yes"},
	{"is a Hijacker", func(w http.ResponseWriter, _ *http.Request) { _, ok := w.(http.Hijacker); say(w, "%s", yes(ok)) }, nil, "200 yes", "200 no"},
	{"is an io.ReaderFrom, for sendfile", func(w http.ResponseWriter, _ *http.Request) { _, ok := w.(io.ReaderFrom); say(w, "%s", yes(ok)) }, nil, "200 yes", "200 no"},
	{"is an io.StringWriter", func(w http.ResponseWriter, _ *http.Request) { _, ok := w.(io.StringWriter); say(w, "%s", yes(ok)) }, nil, "200 yes", "200 yes"},
	{"is a Pusher", func(w http.ResponseWriter, _ *http.Request) { _, ok := w.(http.Pusher); say(w, "%s", yes(ok)) }, nil, "200 no", "200 yes"},
	{"a flushed part arrives while the handler runs", func(w http.ResponseWriter, r *http.Request) {
		say(w, "first\n")
		if http.NewResponseController(w).Flush() == nil {
			<-r.Context().Done()
		}
	}, firstLine, "first", "first"},
	{"the context ends with the client", func(w http.ResponseWriter, r *http.Request) {
		say(w, "here\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
			panic("the handler was not told")
		}
	}, firstLine, "here", "here"},
	{"hijack", func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			able(w, err)
			return
		}
		say(rw, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhijacked")
		_ = rw.Flush()
		_ = conn.Close()
	}, nil, "200 hijacked", "200 not supported"},
	{"upgrade to another protocol", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		if _, ok := w.(http.Hijacker); !ok {
			say(w, "not supported")
			return
		}
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		line, _ := rw.ReadString('\n')
		say(rw, "echo %s", line)
		_ = rw.Flush()
		_ = conn.Close()
	}, upgrade, "101 echo hello", "not supported"},
	{"write deadline", func(w http.ResponseWriter, _ *http.Request) {
		able(w, http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)))
	}, nil, "200 done", "200 done"},
	{"a write deadline that has passed", func(w http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Now().Add(-time.Second))
		_, _ = w.Write(make([]byte, 1<<20))
		_ = control.Flush()
	}, broken, "broken", "broken"},
	{"a read deadline that has passed", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(-time.Second))
		_, err := io.ReadAll(r.Body)
		say(w, "%s", yes(errors.Is(err, os.ErrDeadlineExceeded)))
	}, unfinishedBody, "200 yes", "200 yes"},
	{"full duplex", func(w http.ResponseWriter, _ *http.Request) {
		able(w, http.NewResponseController(w).EnableFullDuplex())
	}, nil, "200 done", "200 done"},
	{"early hints", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		say(w, "later")
	}, hints, "103 200 later", "103 200 later"},
	{"expect 100-continue", func(w http.ResponseWriter, r *http.Request) {
		all, _ := io.ReadAll(r.Body)
		say(w, "%s", all)
	}, continued, "100 200 hello", "100 200 hello"},
	{"announced trailers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		say(w, "body")
		w.Header().Set("X-Sum", "42")
	}, nil, "200 body X-Sum:42", "200 body X-Sum:42"},
	{"trailers nobody announced", func(w http.ResponseWriter, _ *http.Request) {
		say(w, "body")
		_ = http.NewResponseController(w).Flush()
		w.Header().Set(http.TrailerPrefix+"X-Sum", "43")
	}, nil, "200 body X-Sum:43", "200 body X-Sum:43"},
	{"a file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, r.Header.Get("X-File")) }, nil, "200 0123456789 length 10", "200 0123456789 length 10"},
	{"a part of a file", func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Range", "bytes=2-4")
		http.ServeFile(w, r, r.Header.Get("X-File"))
	}, nil, "206 234 length 3", "206 234 length 3"},
	{"a copy with io.Copy", func(w http.ResponseWriter, r *http.Request) {
		file, err := os.Open(r.Header.Get("X-File"))
		if err != nil {
			panic(err)
		}
		defer func() { _ = file.Close() }()
		_, _ = io.Copy(w, file)
	}, nil, "200 0123456789 length 10", "200 0123456789 length 10"},
	{"not modified", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"x"`)
		r.Header.Set("If-None-Match", `"x"`)
		http.ServeContent(w, r, "x", time.Time{}, strings.NewReader("body"))
	}, nil, "304 ", "304 "},
	{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, nil, "204 ", "204 "},
	{"an aborted answer", func(w http.ResponseWriter, _ *http.Request) {
		say(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}, broken, "broken", "broken"},
	{"a body that is too long", func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8))
		var tooLong *http.MaxBytesError
		say(w, "%s", yes(errors.As(err, &tooLong)))
	}, longBody, "200 yes close:true", "200 yes close:false"},
	{"http.TimeoutHandler inside", http.TimeoutHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), time.Millisecond, "too slow").ServeHTTP, nil, "503 too slow", "503 too slow"},
}

// F24 and M17: a table of behaviours, each with and without a guard.
func TestF24_M17_M19_Behaviours(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Can: permitAll, Fresh: func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		a, err := newSchool(t).Authenticate(ctx, c)
		a.Source = grimoireauth.SourceRemote
		return a, err
	}})
	file := filepath.Join(t.TempDir(), "digits.txt")
	require.NoError(t, os.WriteFile(file, []byte("0123456789"), 0o600))
	bare, guarded := http.NewServeMux(), http.NewServeMux()
	for i, b := range behaviours {
		pattern := fmt.Sprintf("/{class}/%d", i)
		bare.Handle(pattern, b.handler)
		guarded.Handle(pattern, guard.Load(between(guard.Require(ofStudents(guard)(guard.Fresh(guard.Can(middleware.PathClass("class"), "x", "y")(b.handler)))))))
	}
	for _, http2 := range []bool{false, true} {
		for name, app := range map[string]http.Handler{"bare": bare, "guarded": guard.Protect(guarded)} {
			server := httptest.NewUnstartedServer(app)
			server.EnableHTTP2 = http2
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			for i, b := range behaviours {
				want := b.http1
				if http2 {
					want = b.http2
				}
				t.Run(fmt.Sprintf("%s/HTTP2 %t/%s", b.name, http2, name), func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
					defer cancel()
					r, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("%s/%s/%d", server.URL, law, i), nil)
					require.NoError(t, err)
					r.Header["Cookie"] = []string{"a=1; __Host-stytch_session=token-ada; __Host-stytch_session_jwt=jwt.ada.x"}
					r.Header.Set("X-File", file)
					ask := b.ask
					if ask == nil {
						ask = whole
					}
					require.Equal(t, want, ask(t, server.Client(), r))
				})
			}
		}
	}
}

func ofStudents(g *middleware.Guard) func(http.Handler) http.Handler {
	return g.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
}

// whole is what arrived, in a line.
func whole(t *testing.T, c *http.Client, r *http.Request) string {
	res, err := c.Do(r)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	got := fmt.Sprintf("%d %s", res.StatusCode, body(t, res))
	for _, name := range slices.Sorted(maps.Keys(res.Trailer)) {
		got += " " + name + ":" + res.Trailer.Get(name)
	}
	if r.Method == "GET" && res.ContentLength > 0 && strings.ContainsAny(got, "0123456789") && strings.Contains(got, "234") {
		got += fmt.Sprintf(" length %d", res.ContentLength)
	}
	return got
}

func firstLine(t *testing.T, c *http.Client, r *http.Request) string {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	res, err := c.Do(r.WithContext(ctx))
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}

func broken(t *testing.T, c *http.Client, r *http.Request) string {
	res, err := c.Do(r)
	if err == nil {
		_, err = io.ReadAll(res.Body)
		require.NoError(t, res.Body.Close())
	}
	if err != nil {
		return "broken"
	}
	return "whole"
}

func hints(t *testing.T, c *http.Client, r *http.Request) string {
	var before string
	trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		before += fmt.Sprintf("%d ", code)
		return nil
	}}
	return before + whole(t, c, r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
}

func continued(t *testing.T, c *http.Client, r *http.Request) string {
	r.Method = "POST"
	r.Body = io.NopCloser(strings.NewReader("hello"))
	r.ContentLength = 5
	r.Header.Set("Expect", "100-continue")
	transport := c.Transport.(*http.Transport).Clone()
	transport.ExpectContinueTimeout = 10 * time.Second
	defer transport.CloseIdleConnections()
	got := ""
	trace := &httptrace.ClientTrace{Got100Continue: func() { got = "100 " }}
	rest := whole(t, &http.Client{Transport: transport}, r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	return got + rest
}

// unfinishedBody sends a body whose end does not come.
func unfinishedBody(t *testing.T, c *http.Client, r *http.Request) string {
	body, end := io.Pipe()
	defer func() { _ = end.Close() }()
	r.Method, r.Body, r.ContentLength = "POST", body, -1
	return whole(t, c, r)
}

func longBody(t *testing.T, c *http.Client, r *http.Request) string {
	r.Method, r.Body, r.ContentLength = "POST", io.NopCloser(bytes.NewReader(make([]byte, 1<<10))), 1<<10
	res, err := c.Do(r)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	return fmt.Sprintf("%d %s close:%t", res.StatusCode, body(t, res), res.Close)
}

// upgrade speaks HTTP/1.1 by hand, since a client would not.
func upgrade(t *testing.T, c *http.Client, r *http.Request) string {
	if c.Transport.(*http.Transport).ForceAttemptHTTP2 {
		res, err := c.Do(r)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		return body(t, res)
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "echo")
	r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
	res, err := c.Do(r)
	require.NoError(t, err)
	conn, ok := res.Body.(io.ReadWriteCloser)
	require.True(t, ok)
	defer func() { _ = conn.Close() }()
	say(conn, "hello\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	return fmt.Sprintf("%d %s", res.StatusCode, strings.TrimSpace(line))
}
