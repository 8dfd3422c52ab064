// Package control is the control plane of the mock below /fake/, and its page for people.
package control

import (
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
)

// Plane serves the control plane of a Stytch. The functions are what the methods of
// that Stytch do; one that returns an error says with it what is wrong with its
// argument.
type Plane struct {
	Server          *core.Server
	Login           func(LoginRequest) (LoginResponse, error)
	AddIdPUser      func(IdPUser) error
	AddConnectedApp func(ConnectedApp) (ConnectedAppResponse, error)
	ForeignToken    func(ForeignRequest) (ForeignTokenResponse, error)
	Impersonate     func(ImpersonateRequest) (ImpersonateResponse, error)
	Age             func(time.Duration)
	Fail            func(Fault) error
	Faults          func() []Fault
	ClearFaults     func()
	Journal         func() []Request
	ClearJournal    func()
	Webhooks        func() []WebhookAttempt
}

// Fault is a fault rule, as the page shows it.
type Fault struct {
	Endpoint   string
	Status     int
	ErrorType  string
	Body       string
	RetryAfter time.Duration
	Location   string
	Truncate   bool
	Latency    time.Duration
	Drop       bool
	Late       bool
	Times      int
}

// Request is what the journal keeps of a request.
type Request struct {
	Method    string
	Endpoint  string
	Path      string
	Status    int
	ErrorType string
	RequestID string
	Faulted   bool
	At        time.Time
}

// Handler returns the plane. A reset goes back to what is remembered now.
func (p Plane) Handler() http.Handler {
	initial := p.Server.Snapshot()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.page)
	mux.HandleFunc("GET /fake/style.css", controlStyle)
	mux.HandleFunc("GET /favicon.ico", icon) // which browsers ask for unasked
	mux.HandleFunc("GET /fake/health", p.getHealth)
	mux.HandleFunc("GET /fake/outbox", p.getOutbox)
	mux.HandleFunc("GET /fake/journal", p.getJournal)
	mux.HandleFunc("GET /fake/webhooks", p.getWebhooks)
	mux.HandleFunc("POST /fake/login", controlled(p.Login))
	mux.HandleFunc("POST /fake/personas", controlled(func(in IdPUser) (struct{}, error) { return struct{}{}, p.AddIdPUser(in) }))
	mux.HandleFunc("POST /fake/connected-apps", controlled(p.AddConnectedApp))
	mux.HandleFunc("POST /fake/foreign-token", controlled(p.ForeignToken))
	mux.HandleFunc("POST /fake/impersonate", controlled(p.Impersonate))
	mux.HandleFunc("POST /fake/age", controlled(p.postAge))
	mux.HandleFunc("POST /fake/faults", controlled(p.postFault))
	mux.HandleFunc("DELETE /fake/faults", controlled(func(struct{}) (struct{}, error) { p.ClearFaults(); return struct{}{}, nil }))
	mux.HandleFunc("POST /fake/rotate-keys", controlled(p.postRotateKeys))
	mux.HandleFunc("POST /fake/reset", controlled(func(struct{}) (struct{}, error) { return struct{}{}, p.reset(initial) }))
	mux.HandleFunc("GET /fake/state", p.getState)
	mux.HandleFunc("PUT /fake/state", p.putState)
	return p.guard(refusing(mux))
}
