package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	// stillHere is how often something is sent when there is nothing to say, so that
	// proxies keep the connection and a reader who is gone is noticed.
	stillHere = 15 * time.Second
	// sending is how long one event may take to be written.
	sending = 10 * time.Second
)

// events streams what is published in the class as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html). The guard decided
// when the stream began; it watches the connection and decides again: signing out, being
// removed or getting another role ends the stream within a second, and an expired token
// does when it expires. So does the server's Shutdown. The last event, "end", says why.
func (a *api) events(w http.ResponseWriter, r *http.Request) {
	person, _, inClass := grimoireauth.RoleFromContext(r.Context())
	if !inClass { // the guard has seen to it
		a.guard.Respond(w, r, grimoireauth.ErrNoCredentials)
		return
	}
	ctx := a.guard.Watch(r)
	published, leave := a.board.read(person.Class)
	defer leave()

	s := stream{w, http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	idle := time.NewTicker(stillHere)
	defer idle.Stop()
	err := s.send(": reading along\n\n")
	for err == nil {
		select {
		case <-ctx.Done():
			_ = s.event("end", ended{reason(context.Cause(ctx))}) // mostly nobody reads it any more
			return
		case news, ok := <-published:
			if !ok {
				_ = s.event("end", ended{"too_slow"})
				return
			}
			err = s.event("released", news)
		case <-idle.C:
			err = s.send(": still here\n\n")
		}
	}
}

// ended is the data of the last event. The code is one of those of problems, or
// "server_stopping" or "too_slow".
type ended struct {
	Code string `json:"code"`
}

// reason says why a watched context ended, in the words that a refused request would
// have got.
func reason(cause error) string {
	switch {
	case errors.Is(cause, grimoireauth.ErrSessionEnded):
		return "session_ended" // sign in again
	case errors.Is(cause, grimoireauth.ErrExpired):
		return "session_expired" // bring a new token
	case errors.Is(cause, grimoireauth.ErrForbidden):
		return "forbidden" // another role, which is not enough
	case errors.Is(cause, grimoireauth.ErrNotFound):
		return "not_found" // not in the class any more
	case errors.Is(cause, http.ErrServerClosed):
		return "server_stopping" // connect again
	case errors.Is(cause, context.Canceled):
		return "client_gone"
	}
	return "unavailable" // nobody can find out: try again later
}

// stream writes server-sent events.
type stream struct {
	w          http.ResponseWriter
	controller *http.ResponseController
}

func (s stream) event(name string, data any) error {
	text, err := json.Marshal(data) // one line, as the format wants
	if err != nil {
		return err
	}
	return s.send(fmt.Sprintf("event: %s\ndata: %s\n\n", name, text))
}

// send moves the server's deadline for writing, which is meant for answers that end.
func (s stream) send(text string) error {
	err := s.controller.SetWriteDeadline(time.Now().Add(sending))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.controller.Flush()
}
