package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// What it costs to be asked about: the same requests through nginx without and with the
// question, through HAProxy, and to a Go service that verifies the session_jwt itself.
func BenchmarkThrough(b *testing.B) {
	for _, row := range []struct {
		name, proxy string
		asks        bool
	}{{"nginx without", "nginx", false}, {"nginx", "nginx", true}, {"HAProxy without", "haproxy", false}, {"HAProxy", "haproxy", true}} {
		b.Run(row.name, func(b *testing.B) {
			need(b, row.proxy)
			s := newSchool(b, mappings[0], nil)
			if !row.asks {
				s.withoutQuestions()
			}
			application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
			b.Cleanup(application.Close)
			s.asked.quiet = true
			s.behind(row.proxy, application.Listener.Addr().String())
			s.load(b, s.addr)
		})
	}
	b.Run("a Go service that verifies locally", func(b *testing.B) {
		s := newSchool(b, mappings[0], nil)
		students := s.service.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
		mux := http.NewServeMux()
		mux.Handle("GET /classes/{class}/notes", students(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })))
		application := httptest.NewServer(mux)
		b.Cleanup(application.Close)
		s.load(b, application.Listener.Addr().String())
	})
}

// withoutQuestions takes the lines that ask out of the configurations.
func (s *site) withoutQuestions() {
	for name, lines := range map[string][]string{
		"nginx/nginx.conf":    {"include forward-auth-http.conf;", "include forward-auth-server.conf;", "include forward-auth-location.conf;"},
		"haproxy/haproxy.cfg": {"http-request lua.forward-auth if !sign_in", "http-request deny deny_status 503 hdr Retry-After 5 if !sign_in !{ var(txn.forward_auth) -m str allowed }", "http-response lua.forward-auth-answer if { var(txn.forward_auth) -m str allowed }"},
	} {
		file := filepath.Join(s.dir, name)
		text, err := os.ReadFile(file)
		require.NoError(s.t, err)
		for _, line := range lines {
			require.Contains(s.t, string(text), line)
			text = []byte(strings.Replace(string(text), line, "", 1))
		}
		if strings.HasSuffix(name, "nginx.conf") {
			text = []byte(strings.Replace(string(text), "proxy_pass http://application;", "proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_pass http://application;", 1))
		}
		require.NoError(s.t, os.WriteFile(file, text, 0o600))
	}
}

// load asks as fast as it can, as a student of the class, on connections that stay open.
func (s *site) load(b *testing.B, addr string) {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DialContext: func(context.Context, string, string) (net.Conn, error) { return dial(addr) }}
	b.Cleanup(transport.CloseIdleConnections)
	r := s.request(s.student, "GET", "/classes/{class}/notes", "")
	r.Body = nil
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			res, err := transport.RoundTrip(r.Clone(b.Context()))
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 {
				b.Errorf("status %d, %v", res.StatusCode, err)
			}
			_ = res.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
