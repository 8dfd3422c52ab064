package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
)

// api is the service: the parts of the library, put together.
type api struct {
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	board    board
}

func newAPI(o options) (*api, error) {
	// A session that the client ends, or a member that it removes, is rejected here
	// from the next request on, although the session_jwt would be valid for minutes.
	revocations := new(jwtlocal.MemoryRevocations)
	client, clientErr := stytchclient.New(o.client(revocations.Add))
	config := jwtlocal.Config{
		ProjectID: o.projectID, BaseURL: o.stytchURL, Transport: o.transport,
		Revocations: revocations, Observe: alarms,
	}
	if client != nil {
		config.Refresh = client.Sessions.Authenticate // for Fresh; a bearer token is not refreshed
	}
	verifier, verifierErr := jwtlocal.New(config)
	if err := errors.Join(clientErr, verifierErr); err != nil {
		return nil, err
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{
		CredentialSource: middleware.BearerOnly,
		Fresh:            verifier.Refresh,
		Watch:            verifier.Watch,
	})
	if err != nil {
		return nil, err
	}
	return &api{client: client, verifier: verifier, guard: guard}, nil
}

// handler returns every route. There is no public one.
func (a *api) handler() http.Handler {
	class := middleware.PathClass("class")
	anybody := a.guard.InClass(class, grimoireauth.RoleStudent)
	instructors := a.guard.InClass(class, grimoireauth.RoleInstructor)

	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}", anybody(http.HandlerFunc(a.class)))
	mux.Handle("GET /classes/{class}/roster", instructors(http.HandlerFunc(a.roster)))
	mux.Handle("POST /classes/{class}/release", instructors(a.guard.Fresh(http.HandlerFunc(a.release))))
	mux.Handle("GET /classes/{class}/events", anybody(http.HandlerFunc(a.events)))
	mux.HandleFunc("DELETE /session", a.signOut)
	return a.guard.Protect(mux)
}

// alarms logs what only an operator can correct.
func alarms(ctx context.Context, event grimoireauth.Event) {
	if alarm, ok := event.(grimoireauth.OperatorAlarm); ok {
		slog.ErrorContext(ctx, alarm.Problem, "err", alarm.Err)
	}
}

// signOut ends the caller's session, at Stytch and here.
func (a *api) signOut(w http.ResponseWriter, r *http.Request) {
	session, ok := grimoireauth.SessionFromContext(r.Context())
	if !ok { // Protect has answered
		a.guard.Respond(w, r, grimoireauth.ErrNoCredentials)
		return
	}
	if err := a.client.Sessions.Revoke(r.Context(), session); err != nil {
		a.refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// refuse writes a problem. The error's own text is logged, with ids only.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, err error) {
	slog.WarnContext(r.Context(), "refused", "route", r.Pattern, "err", err)
	a.guard.Respond(w, r, err)
}

// answer writes JSON. The responses are about people, so no cache may store them.
func (a *api) answer(w http.ResponseWriter, r *http.Request, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that is gone is not an error
}
