package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations"
	"github.com/promptgrimoire/auth/middleware"
)

// service is what each process serves: the parts of the library, put together.
type service struct {
	settings
	replica  *redisrevocations.Replica
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	asked    atomic.Int64 // calls to Stytch about sessions
}

func newService(o settings) (*service, error) {
	s := &service{settings: o}
	options, err := redis.ParseURL(o.Redis)
	if err != nil {
		return nil, errors.New("the address of Redis cannot be read") // its text may have the password
	}
	s.replica, err = redisrevocations.New(redisrevocations.Config{
		Redis: &redis.UniversalOptions{
			Addrs: []string{options.Addr}, DB: options.DB, TLSConfig: options.TLSConfig,
			Username: options.Username, Password: options.Password,
		},
		Prefix:  o.Prefix, // a service gives its ProjectID instead
		Bound:   o.Bound,
		Observe: s.observe,
	})
	if err != nil {
		return nil, err
	}
	// What is revoked here goes to the other processes …
	s.client, err = stytchclient.New(stytchclient.Config{
		ProjectID: o.ProjectID, Secret: grimoireauth.NewSecret(o.Secret), BaseURL: o.StytchURL,
		OnRevoke: s.replica.Add, Observe: s.observe,
	})
	if err != nil {
		return nil, err
	}
	// … and what they revoke comes to the verifier, which tells them what Stytch has ended.
	s.verifier, err = jwtlocal.New(jwtlocal.Config{
		ProjectID: o.ProjectID, BaseURL: o.StytchURL, Refresh: s.ask,
		Revocations: s.replica.Revocations(), OnRevoke: s.replica.Add, Observe: s.observe,
	})
	if err != nil {
		return nil, err
	}
	s.guard, err = middleware.New(s.verifier.Authenticate, middleware.Config{
		Fresh:        s.verifier.Refresh,
		Watch:        s.verifier.Watch, // so that a revocation ends streams at once
		SessionMarks: s.client.SessionMarks(),
		Revoke:       s.client.Sessions.Revoke,
		// All browsers are on this machine. Behind a proxy use middleware.ForwardedFor.
		ClientAddress: func(*http.Request) netip.Addr { return netip.MustParseAddr("127.0.0.1") },
		// The page is served on http://127.0.0.1, where some browsers refuse a Secure
		// cookie. Behind TLS, leave this out.
		InsecureCookies: true,
	})
	return s, err
}

// ask is client.Sessions.Authenticate, counted for the page.
func (s *service) ask(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	s.asked.Add(1)
	return s.client.Sessions.Authenticate(ctx, credentials)
}

// handler returns every route. Those that are not named in Protect need a session.
func (s *service) handler() http.Handler {
	class := middleware.PathClass("class")
	members := s.guard.InClass(class, grimoireauth.RoleStudent)
	instructors := s.guard.InClass(class, grimoireauth.RoleInstructor)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.Handle("GET /classes/{class}", members(http.HandlerFunc(s.class)))
	mux.Handle("GET /classes/{class}/events", members(http.HandlerFunc(s.events)))
	mux.Handle("POST /classes/{class}/roles", instructors(s.guard.Fresh(http.HandlerFunc(s.setRole))))
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("GET /status", s.status)
	public := append(publicFiles(mux), "GET /{$}", "POST /sign-in", "POST /sign-out", "GET /status")
	// Forms of other sites must not use our cookies.
	closed := http.NewCrossOriginProtection().Handler(s.guard.Protect(mux, public...))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Process", strconv.Itoa(s.Process)) // refusals say it, too
		closed.ServeHTTP(w, r)
	})
}

// observe logs what an operator wants to know.
func (s *service) observe(ctx context.Context, event grimoireauth.Event) {
	log := slog.With("process", s.Process)
	switch e := event.(type) {
	case grimoireauth.SilenceBegan:
		log.WarnContext(ctx, "Redis is silent")
	case grimoireauth.SilenceEnded:
		log.InfoContext(ctx, "Redis answers", "after", e.Took.Round(time.Millisecond))
	case grimoireauth.RevocationsLost:
		log.WarnContext(ctx, "Redis is empty", "published_again", e.Republished)
	}
}

// place is who the caller is in the class, and which process says so.
type place struct {
	Process int    `json:"process"`
	Role    string `json:"role"`
}

func (s *service) place(r *http.Request) (place, bool) {
	_, role, ok := grimoireauth.RoleFromContext(r.Context())
	return place{s.Process, role.String()}, ok
}

func (s *service) class(w http.ResponseWriter, r *http.Request) {
	here, ok := s.place(r)
	if !ok { // the guard has answered
		s.guard.Respond(w, r, grimoireauth.ErrNoCredentials)
		return
	}
	answer(w, here)
}

// signIn signs a person of the demonstration in with their password, which only a
// demonstration may know. A service uses the pages of package signin.
func (s *service) signIn(w http.ResponseWriter, r *http.Request) {
	var who person
	for _, p := range s.People {
		if p.Email == r.PostFormValue("as") {
			who = p
		}
	}
	signedIn, err := s.client.SignIn.WithPassword(r.Context(), stytchclient.PasswordSignIn{
		Class: s.Class, Email: who.Email, Password: grimoireauth.NewSecret(who.Password),
	})
	var authentication grimoireauth.Authentication
	if err == nil {
		authentication, err = s.guard.Authenticate(r.Context(), signedIn.Credentials)
	}
	if err == nil {
		err = s.guard.SetCookies(w, r, authentication)
	}
	if err != nil {
		s.guard.Respond(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signOut ends the session at Stytch, here and at the other processes. The cookies go in
// any case, since the person asked for it.
func (s *service) signOut(w http.ResponseWriter, r *http.Request) {
	ctx := context.WithoutCancel(r.Context()) // it goes on if the browser is gone
	authentication, err := s.guard.Check(r)
	if err == nil {
		err = s.client.Sessions.Revoke(ctx, authentication.Session)
	}
	if err != nil && !errors.Is(err, grimoireauth.ErrUnauthenticated) {
		slog.WarnContext(ctx, "sign-out not complete", "process", s.Process, "err", err)
	}
	s.guard.ClearCookies(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// setRole changes the role of a person in the class. It counts at all processes at once.
func (s *service) setRole(w http.ResponseWriter, r *http.Request) {
	by, ok := grimoireauth.InstructorFromContext(r.Context())
	role, known := map[string]grimoireauth.Role{
		"student": grimoireauth.RoleStudent, "instructor": grimoireauth.RoleInstructor,
	}[r.PostFormValue("role")]
	if !ok || !known {
		s.guard.Respond(w, r, grimoireauth.ErrInvalid)
		return
	}
	member, err := s.client.Roster.SetRole(r.Context(), by.Class, grimoireauth.MemberID(r.PostFormValue("member")), role)
	if err != nil && member.Member == "" {
		s.guard.Respond(w, r, err)
		return
	}
	if err != nil { // the role is set, and other processes may not know it yet
		slog.WarnContext(r.Context(), "not published", "process", s.Process, "err", err)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// state is what a process knows about Redis and Stytch, for the page.
type state struct {
	Process     int   `json:"process"`
	PID         int   `json:"pid"`
	Silent      bool  `json:"silent"`
	Heard       int64 `json:"heard"`       // milliseconds ago; negative: never
	Unpublished int   `json:"unpublished"` // revocations that Redis does not have yet
	Asked       int64 `json:"asked"`
}

func (s *service) status(w http.ResponseWriter, _ *http.Request) {
	replica := s.replica.Status()
	now := state{s.Process, os.Getpid(), replica.Silent, -1, replica.Unpublished, s.asked.Load()}
	if !replica.CompleteAt.IsZero() {
		now.Heard = time.Since(replica.CompleteAt).Milliseconds()
	}
	answer(w, now)
}

// answer writes JSON that no cache may store.
func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(value) // a client that is gone is not an error
}
