package middleware_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// M17: handlers get the server's own ResponseWriter, so what it can do, it can
// do behind a guard.
func TestM17_WriterIsNotWrapped(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	var inner http.ResponseWriter
	take := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { inner = w })
	mux := http.NewServeMux()
	mux.Handle("/{class}", guard.Load(guard.Require(guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(take))))
	w := httptest.NewRecorder()
	guard.Protect(mux).ServeHTTP(w, request("GET", "/"+law, "jwt.ada.x"))
	require.Same(t, w, inner)
}

// client asks as ada, over the wire.
func client(t *testing.T, server *httptest.Server, path string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+path, nil)
	require.NoError(t, err)
	r.Header.Set("Cookie", "a=1; __Host-stytch_session_jwt=jwt.ada.x; __Host-stytch_session=token-ada")
	res, err := server.Client().Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestM17_M19_StreamsOverTheWire(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	mux := http.NewServeMux()
	mux.Handle("GET /events", guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if control.SetWriteDeadline(time.Now().Add(time.Minute)) != nil {
			http.Error(w, "no deadline", http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, "data: one\n")
		if control.Flush() != nil {
			return
		}
		<-r.Context().Done() // the line must arrive while the handler still runs
	})))
	mux.Handle("GET /socket", guard.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotImplemented)
			return
		}
		_, _ = rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhijacked")
		_ = rw.Flush()
		_ = conn.Close()
	})))
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(guard.Protect(mux))
			server.EnableHTTP2 = http2
			server.StartTLS()
			// The client goes first: the handler of a stream ends with it.
			defer server.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/events", nil)
			require.NoError(t, err)
			r.Header["Cookie"] = []string{"a=1; __Host-stytch_session=token-ada; __Host-stytch_session_jwt=jwt.ada.x"}
			res, err := server.Client().Do(r)
			require.NoError(t, err)
			defer res.Body.Close()
			require.Equal(t, http.StatusOK, res.StatusCode)
			require.Equal(t, http2, res.ProtoMajor == 2)
			line, err := bufio.NewReader(res.Body).ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "data: one\n", line)
			cancel()
			if !http2 {
				require.Equal(t, "hijacked", body(t, client(t, server, "/socket")))
			}
		})
	}
}
