package mock

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Control returns the control plane, through which programs in other languages
// do what a Go test does with methods, and the page on which people see what is
// remembered. It serves GET / and everything below /fake/:
//
//	GET    /fake/outbox?to=       what was sent, oldest first
//	GET    /fake/journal          what was asked, oldest first
//	POST   /fake/login            a live session for somebody: {"organization_id","email_address","roles","factors","jwt_age"}
//	POST   /fake/personas         the identity provider knows somebody: {"email","name","subject","unverified","tenants","groups","attributes"}
//	POST   /fake/foreign-token    a token of somebody else's: {"member_id","kind"}, kind access_token, trusted_auth_token or session_token
//	POST   /fake/age              everything remembered becomes older: {"by":"6m"}
//	POST   /fake/faults           an endpoint fails: {"endpoint","status","error_type","retry_after","times","latency","body","drop"}
//	DELETE /fake/faults           nothing fails any more
//	POST   /fake/rotate-keys      a new signing key: {} or {"drop_old":true}
//	GET    /fake/state            everything remembered, as a snapshot
//	PUT    /fake/state            back to a snapshot
//	POST   /fake/reset            back to what was remembered when Control was called
//
// A body is a JSON object, sent as application/json, in which an unknown name is
// an error. Whatever is wrong is answered 400 with {"error":"a sentence"}. Calls
// that return nothing answer {}. The instruments themselves, the journal and the
// fault rules, are no part of a snapshot; a reset empties them.
//
// Whoever reaches it can sign in as anybody. It therefore answers on loopback
// only, unless DangerouslyRemote is set, and to no page of another site: not
// through a form, not through a script, and not through a name that resolves to
// this machine.
func (s *Stytch) Control() http.Handler {
	s.configure()
	initial := s.snapshot()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.controlPage)
	mux.HandleFunc("GET /fake/style.css", controlStyle)
	mux.HandleFunc("GET /fake/outbox", s.controlOutbox)
	mux.HandleFunc("GET /fake/journal", s.controlJournal)
	mux.HandleFunc("POST /fake/login", controlled(s.controlLogin))
	mux.HandleFunc("POST /fake/personas", controlled(s.controlPersona))
	mux.HandleFunc("POST /fake/foreign-token", controlled(s.controlForeignToken))
	mux.HandleFunc("POST /fake/age", controlled(s.controlAge))
	mux.HandleFunc("POST /fake/faults", controlled(s.controlFault))
	mux.HandleFunc("DELETE /fake/faults", controlled(s.controlClearFaults))
	mux.HandleFunc("POST /fake/rotate-keys", controlled(s.controlRotateKeys))
	mux.HandleFunc("POST /fake/reset", controlled(func(struct{}) (struct{}, error) { return struct{}{}, s.reset(initial) }))
	mux.HandleFunc("GET /fake/state", s.controlGetState)
	mux.HandleFunc("PUT /fake/state", s.controlPutState)
	return s.guardControl(mux)
}

// guardControl keeps out other machines and other sites.
func (s *Stytch) guardControl(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		controlError(w, http.StatusForbidden, errors.New("a page of another site may not use the control plane"))
	}))
	next = crossOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		switch {
		case !s.DangerouslyRemote && isRemote(r):
			controlError(w, http.StatusForbidden, errors.New("the control plane answers this machine only"))
		case !s.DangerouslyRemote && !namesLoopback(r.Host):
			// A name of somebody else's that resolves to 127.0.0.1 would make their page
			// of one origin with this one.
			controlError(w, http.StatusForbidden, fmt.Errorf("the control plane is not called %.100q: use 127.0.0.1 or localhost", r.Host))
		case fromOtherSite(r) && strings.HasPrefix(r.URL.Path, "/fake/"):
			controlError(w, http.StatusForbidden, errors.New("a page of another site may not use the control plane"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// namesLoopback reports whether the Host header can only mean this machine.
func namesLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761, 6.3
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// fromOtherSite reports whether a browser says that a page of another origin
// made the request. CrossOriginProtection lets such a GET pass; here also what
// can be read signs somebody in.
// Source: https://www.w3.org/TR/fetch-metadata/
func fromOtherSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return true
}
