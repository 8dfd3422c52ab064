package main

import (
	"net/http"
	"testing"

	"github.com/promptgrimoire/auth/middleware/forwardauth"
	"github.com/promptgrimoire/auth/mock/audit"
	"github.com/stretchr/testify/require"
)

// The table of who may do what, checked without a proxy: the test turns each request of
// the audit into an authentication request.
func TestWhoMay(t *testing.T) {
	demo := newDemo()
	s, err := newService(demo.options())
	require.NoError(t, err)
	asked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.Clone(r.Context())
		q.Header.Set(forwardauth.HeaderSecret, s.options.proxy.Reveal())
		q.Header.Set(forwardauth.HeaderMethod, r.Method)
		q.Header.Set(forwardauth.HeaderURI, r.URL.RequestURI())
		q.Header.Set(forwardauth.HeaderHost, "school.example")
		q.Header.Set(forwardauth.HeaderProto, "https")
		s.ask.ServeHTTP(w, q)
	})
	members := []audit.Caller{audit.Student, audit.Instructor}
	require.NoError(t, audit.Run(demo.stytch, asked, audit.Config{Attach: s.guard.Attach},
		audit.Route{Pattern: "GET /", Allow: []audit.Caller{audit.Anonymous, audit.Student, audit.Instructor, audit.Outsider, audit.Revoked}},
		audit.Route{Pattern: "GET /me", Allow: []audit.Caller{audit.Student, audit.Instructor, audit.Outsider}},
		audit.Route{Pattern: "GET /classes/{class}/notes", Allow: members},
		audit.Route{Pattern: "POST /classes/{class}/notes", Allow: members},
		audit.Route{Pattern: "GET /classes/{class}/files/a.pdf", Allow: members},
		audit.Route{Pattern: "GET /classes/{class}/live", Allow: members},
		audit.Route{Pattern: "POST /classes/{class}/release", Allow: []audit.Caller{audit.Instructor}},
	))
	require.NoError(t, s.close(t.Context()))
}
