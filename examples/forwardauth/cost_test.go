package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
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
	for _, file := range []string{"http", "server", "location"} {
		s.edit("nginx/nginx.conf", "include forward-auth-"+file+".conf;", "")
	}
	s.edit("nginx/nginx.conf", "proxy_pass http://application;", "proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_pass http://application;")
	for _, line := range []string{"http-request lua.forward-auth if", "http-request deny deny_status 503", "http-response lua.forward-auth-answer if"} {
		s.edit("haproxy/haproxy.cfg", line, "# "+line)
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
