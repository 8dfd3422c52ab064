package mock

import (
	"net/http"
	"time"
)

// plane serves the control plane of a Stytch. The functions are what the methods of
// that Stytch do; one that returns an error says with it what is wrong with its
// argument.
type plane struct {
	server       *server
	login        func(loginRequest) (loginAnswer, error)
	addIDPUser   func(idpUser) error
	foreignToken func(foreignRequest) (foreignTokenAnswer, error)
	age          func(time.Duration)
	fail         func(faultRule) error
	faults       func() []faultRule
	clearFaults  func()
	journal      func() []journalEntry
	clearJournal func()
}

// faultRule is a fault rule, as the page shows it.
type faultRule struct {
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

// journalEntry is what the journal keeps of a request.
type journalEntry struct {
	Method    string
	Endpoint  string
	Path      string
	Status    int
	ErrorType string
	RequestID string
	Faulted   bool
	At        time.Time
}

// handler returns the plane. A reset goes back to what is remembered now.
func (p plane) handler() http.Handler {
	initial := p.server.snapshot()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.page)
	mux.HandleFunc("GET /fake/style.css", controlStyle)
	mux.HandleFunc("GET /fake/outbox", p.getOutbox)
	mux.HandleFunc("GET /fake/journal", p.getJournal)
	mux.HandleFunc("POST /fake/login", controlled(p.login))
	mux.HandleFunc("POST /fake/personas", controlled(func(in idpUser) (struct{}, error) { return struct{}{}, p.addIDPUser(in) }))
	mux.HandleFunc("POST /fake/foreign-token", controlled(p.foreignToken))
	mux.HandleFunc("POST /fake/age", controlled(p.postAge))
	mux.HandleFunc("POST /fake/faults", controlled(p.postFault))
	mux.HandleFunc("DELETE /fake/faults", controlled(func(struct{}) (struct{}, error) { p.clearFaults(); return struct{}{}, nil }))
	mux.HandleFunc("POST /fake/rotate-keys", controlled(p.postRotateKeys))
	mux.HandleFunc("POST /fake/reset", controlled(func(struct{}) (struct{}, error) { return struct{}{}, p.reset(initial) }))
	mux.HandleFunc("GET /fake/state", p.getState)
	mux.HandleFunc("PUT /fake/state", p.putState)
	return p.guard(mux)
}
