package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// events is a stream of server-sent events. The guard decides when it begins; it watches
// the connection and decides again. The first event says who the reader is; for as long
// as they are at least that, the stream stays open. The last one says why it ends.
func (s *service) events(w http.ResponseWriter, r *http.Request) {
	person, role, ok := grimoireauth.RoleFromContext(r.Context())
	if !ok { // the guard has answered
		s.guard.Respond(w, r, grimoireauth.ErrNoCredentials)
		return
	}
	ctx := s.guard.Watch(r, middleware.HasRole(person.Class, role))
	if err := context.Cause(ctx); err != nil {
		s.guard.Respond(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would buffer events
	idle := time.NewTicker(15 * time.Second)  // well below the minute after which proxies close
	defer idle.Stop()
	err := send(w, "begin", place{s.Process, role.String()})
	for err == nil {
		select {
		case <-ctx.Done():
			_ = send(w, "end", ended{reason(context.Cause(ctx))}) // the client may be gone
			return
		case <-idle.C:
			err = send(w, "idle", nil)
		}
	}
}

// ended is the data of the last event.
type ended struct {
	Code string `json:"code"`
}

// reason returns why a watched context ended, in a word for programs.
func reason(cause error) string {
	switch {
	case errors.Is(cause, grimoireauth.ErrSessionEnded):
		return "session_ended" // sign in again
	case errors.Is(cause, grimoireauth.ErrUnauthenticated):
		return "session_expired" // get a new token
	case errors.Is(cause, grimoireauth.ErrForbidden), errors.Is(cause, grimoireauth.ErrNotFound):
		return "role_changed"
	case errors.Is(cause, http.ErrServerClosed):
		return "server_stopping" // connect again
	}
	return "unavailable" // a temporary error: try again later
}

// send writes an event. It extends the server's deadline for writing, which is meant for
// responses that end.
func send(w http.ResponseWriter, name string, data any) error {
	text, err := json.Marshal(data) // one line, as the format requires
	if err != nil {
		return err
	}
	controller := http.NewResponseController(w)
	err = controller.SetWriteDeadline(time.Now().Add(10 * time.Second))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, text); err != nil {
		return err
	}
	return controller.Flush()
}
