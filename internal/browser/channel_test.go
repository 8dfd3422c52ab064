package browser

import (
	"context"
	"crypto/sha1" // RFC 6455, 1.3 says so
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// socket accepts a WebSocket, says one text and closes.
func socket(w http.ResponseWriter, r *http.Request) {
	session, _ := grimoireauth.SessionFromContext(r.Context())
	digest := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(digest[:]) + "\r\n\r\n")
	text := string(session.Member())
	_, _ = rw.WriteString("\x81" + string([]byte{byte(len(text))}) + text) // a text of fewer than 126 bytes
	_, _ = rw.WriteString("\x88\x02\x03\xe8")                              // 1000, normal closure
	_ = rw.Flush()
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.Copy(io.Discard, rw) // until the browser closes, too
}

// A08: a page of a sibling host cannot open a WebSocket as the student, although the
// browser sends the cookies with the request.
func TestA08_SiblingHostOpensNoWebSocket(t *testing.T) {
	stytch := new(mock.Stytch)
	ada := stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu")
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	require.NoError(t, err)
	guards := make([]*middleware.Guard, 2)
	handshakes := make(chan bool, 100) // whether each had the cookies
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><title>x</title>")
	})
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		authentication, err := guards[0].Authenticate(r.Context(), stytch.SignIn(ada, mock.WithDuration(8*time.Hour)))
		if err == nil {
			err = guards[0].SetCookies(w, r, authentication)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	for i, path := range []string{"GET /socket", "GET /listed"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			_, err := r.Cookie("__Host-stytch_session")
			handshakes <- err == nil
			guards[i].Require(http.HandlerFunc(socket)).ServeHTTP(w, r)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	const class, blog = "class.school.localhost", "blog.school.localhost"
	at := func(host, path string) string { return "http://" + host + ":" + port + path }
	for i, origins := range [][]string{nil, {at(blog, "")}} {
		guards[i], err = middleware.New(client.Sessions.Authenticate, middleware.Config{Origins: origins})
		require.NoError(t, err)
	}

	p := arrive(t)
	require.EqualValues(t, 200, p.open(at(class, "/sign-in")))
	require.NotEmpty(t, p.cookiesHere("__Host-stytch_session"))
	say := func(path string) string {
		var said string
		p.do(chromedp.Evaluate(`new Promise(done => {
			const socket = new WebSocket('ws://`+class+`:`+port+path+`');
			socket.onmessage = (e) => done(e.data);
			socket.onerror = () => done('refused');
		})`, &said, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		require.True(t, next(t, handshakes), "the browser sends the cookies, or there is nothing to show")
		return said
	}
	p.open(at(class, "/"))
	require.Equal(t, string(ada), say("/socket"), "a page of the same host")
	p.open(at(blog, "/"))
	require.Equal(t, "refused", say("/socket"), "a page of a sibling host")
	require.Equal(t, string(ada), say("/listed"), "a page of a host that is listed")
}

func next(t *testing.T, from <-chan bool) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case v := <-from:
		return v
	case <-ctx.Done():
		t.Fatal("nothing came")
		return false
	}
}
