package main

import (
	"net/http"
	"testing"

	"github.com/promptgrimoire/auth/middleware/forwardauth"
	"github.com/promptgrimoire/auth/mock"
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
	members := []mock.Caller{mock.Student, mock.Instructor}
	require.NoError(t, demo.stytch.Audit(asked, mock.Auditing{Attach: s.guard.Attach},
		mock.Route{Pattern: "GET /", Allow: []mock.Caller{mock.Nobody, mock.Student, mock.Instructor, mock.Outsider, mock.Gone}},
		mock.Route{Pattern: "GET /me", Allow: []mock.Caller{mock.Student, mock.Instructor, mock.Outsider}},
		mock.Route{Pattern: "GET /classes/{class}/notes", Allow: members},
		mock.Route{Pattern: "POST /classes/{class}/notes", Allow: members},
		mock.Route{Pattern: "GET /classes/{class}/files/a.pdf", Allow: members},
		mock.Route{Pattern: "GET /classes/{class}/live", Allow: members},
		mock.Route{Pattern: "POST /classes/{class}/release", Allow: []mock.Caller{mock.Instructor}},
	))
	require.NoError(t, s.close(t.Context()))
}
