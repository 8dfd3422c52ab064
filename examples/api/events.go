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
	// stillHere is how often something is sent if there is no event, so that proxies
	// keep the connection and a client that is gone is noticed.
	stillHere = 15 * time.Second
	// sending is the time to write one event.
	sending = 10 * time.Second
)

// events streams the announcements of the class as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html). The guard decides
// when the stream begins; it watches the connection and decides again. Signing out,
// being removed or getting another role ends the stream within a second, and the expiry
// of the token ends it as well. So does the server's Shutdown. The last event, "end",
// says why.
func (a *api) events(w http.ResponseWriter, r *http.Request) {
	person, _, inClass := grimoireauth.RoleFromContext(r.Context())
	if !inClass { // the guard has answered
		a.guard.Respond(w, r, grimoireauth.ErrNoCredentials)
		return
	}
	ctx := a.guard.Watch(r)
	published, leave := a.board.read(person.Class)
	defer leave()

	s := stream{w, http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would buffer events
	idle := time.NewTicker(stillHere)
	defer idle.Stop()
	err := s.send(": reading along\n\n")
	for err == nil {
		select {
		case <-ctx.Done():
			_ = s.event("end", ended{reason(context.Cause(ctx))}) // the client may be gone
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

// reason returns why a watched context ended, as the code of a rejected request.
func reason(cause error) string {
	switch {
	case errors.Is(cause, grimoireauth.ErrSessionEnded):
		return "session_ended" // sign in again
	case errors.Is(cause, grimoireauth.ErrExpired):
		return "session_expired" // get a new token
	case errors.Is(cause, grimoireauth.ErrForbidden):
		return "forbidden" // another role, which is not enough
	case errors.Is(cause, grimoireauth.ErrNotFound):
		return "not_found" // not in the class any more
	case errors.Is(cause, http.ErrServerClosed):
		return "server_stopping" // connect again
	case errors.Is(cause, context.Canceled):
		return "client_gone"
	}
	return "unavailable" // a temporary error: try again later
}

// stream writes server-sent events.
type stream struct {
	w          http.ResponseWriter
	controller *http.ResponseController
}

func (s stream) event(name string, data any) error {
	text, err := json.Marshal(data) // one line, as the format requires
	if err != nil {
		return err
	}
	return s.send(fmt.Sprintf("event: %s\ndata: %s\n\n", name, text))
}

// send extends the server's deadline for writing, which is meant for responses that
// end.
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
