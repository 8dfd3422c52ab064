package mock

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/webhook"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Stytch is one Stytch B2B project in memory. The zero value is ready; set the
// exported fields, if any, before the first use and leave them alone afterwards.
// It is safe for concurrent use and must not be copied. Two Stytches in one
// process are two projects: neither accepts the other's ids, tokens or secret,
// unless they have the same RandomSeed.
type Stytch struct {
	// URL is where browsers reach it, such as http://localhost:4000; the links in
	// its e-mails begin with it. Empty: http://stytch.localhost, which only its
	// own RoundTrip answers. [Stytch.Start] sets it if it is empty.
	URL string

	// Project is the project id, "project-test-<uuid>". Empty: a new one.
	Project string
	// ProjectSecret is the project secret, "secret-test-…". Zero: a new one.
	ProjectSecret grimoireauth.Secret
	// RandomSeed, if it is not zero, decides everything that is otherwise drawn at
	// random: the project id and secret where they are empty, all ids, tokens and
	// codes, and the signing keys. The same calls in the same order then get the
	// same answers, to the byte where the clock says the same time too. The n-th id
	// of a kind follows from the seed, the kind and n, so that calls of one kind do
	// not disturb those of another. The n-th signing key is the same published test
	// key for every seed and in every process. What follows from a seed can be
	// computed by everyone and protects nothing. Zero: everything is new at each start.
	RandomSeed uint64

	// CustomDomain is the base URL of the project's custom domain, without a
	// trailing slash. If set, it is the issuer of every session_jwt, as with the
	// real Stytch. Empty: the issuer is "stytch.com/<project id>".
	CustomDomain string
	// CustomAudience is the custom_audience of the project's session JWT template, set in
	// Stytch's dashboard: every session_jwt names it in aud behind the project id. Empty:
	// aud is the project alone.
	CustomAudience string

	// RedirectURLs are the redirect URLs registered with the project; the first is
	// the default. A parameter with the value {} in one of them stands for any
	// value. Nil: every well-formed http or https URL is accepted, and the default
	// is http://localhost:3000/authenticate. Empty but not nil: none is registered,
	// and no link can be sent.
	RedirectURLs []string

	// JWTLife is how long a session_jwt lasts, in whole seconds. Zero: Stytch's
	// five minutes.
	JWTLife time.Duration

	// Roles are the roles of the project's RBAC policy besides Stytch's own
	// stytch_member and stytch_admin. Nil: tutor, instructor and coordinator.
	Roles []Role
	// Scopes are the scopes of the project's RBAC policy, which Connected Apps ask for.
	// Stytch's own need no entry.
	Scopes []Scope

	// CrossOrgPasswords makes a password that of an e-mail address in all
	// organizations together, as a setting of the project does at Stytch. Without
	// it every member has a password of their own.
	CrossOrgPasswords bool
	// RateLimits switches Stytch's published rate limits on.
	RateLimits bool
	// LockAfter is how many wrong passwords and codes in a row lock a member out
	// for an hour. Zero: no member is locked out.
	LockAfter int

	// Webhooks are the endpoints that receive Stytch's webhooks about members,
	// organizations and SSO connections. [Stytch.RunWebhooks] or
	// [Stytch.DeliverWebhooks] delivers them. Nil: there are none.
	Webhooks []Webhook

	// DangerouslyLive permits the ids of a live project. Without it a live Project
	// or ProjectSecret panics, so that no configuration of a real service can be
	// pointed here by mistake.
	DangerouslyLive bool
	// DangerouslyRemote permits connections from other machines. Without it a
	// request that did not arrive on a loopback address is answered 403, since
	// a caller who can read the outbox can sign in as any member.
	DangerouslyRemote bool

	configureOnce sync.Once
	misuse        string // what is wrong with the fields above; set once

	// core is set once. It holds what signs people in: a Stytch leads to it by a pointer,
	// so that what prints a struct with a *Stytch in a private field, where fmt calls no
	// methods and follows one pointer, finds an address.
	core *core.Server

	mu      sync.Mutex // guards faults and journal
	faults  []*Fault
	journal []Request
}

const inProcessURL = "http://stytch.localhost"

// configure reads the exported fields on first use. Every exported method and
// every request comes through here, so that the zero value is ready and a wrong
// field is noticed at once.
func (s *Stytch) configure() {
	s.configureOnce.Do(func() { s.misuse = s.readFields() })
	if s.misuse != "" {
		panic("mock: " + s.misuse)
	}
}

// readFields returns everything that is wrong with the fields, as sentences.
func (s *Stytch) readFields() string {
	var faults []string
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }

	s.core = &core.Server{
		Env: "test", ProjectID: s.Project, Secret: s.ProjectSecret.Reveal(), Base: inProcessURL,
		CrossOrgPasswords: s.CrossOrgPasswords, RateLimits: s.RateLimits, LockAfter: s.LockAfter,
		CustomDomain: s.CustomDomain, CustomAudience: s.CustomAudience, AllowedRedirects: s.RedirectURLs, TokenLife: s.JWTLife, Remote: s.DangerouslyRemote,
	}
	s.core.Random.Seed = s.RandomSeed
	if strings.HasPrefix(s.Project, "project-live-") || strings.HasPrefix(s.ProjectSecret.Reveal(), "secret-live-") {
		s.core.Env = "live"
		if !s.DangerouslyLive {
			wrong("Project or ProjectSecret is that of a live project, which this is not: set DangerouslyLive if you mean it")
		}
	}
	if s.core.ProjectID == "" {
		s.core.ProjectID = s.core.NewID("project")
	}
	if s.core.Secret == "" {
		// 32 characters and a "=", as in Stytch's samples.
		s.core.Secret = "secret-" + s.core.Env + "-" + s.core.RandomText("secret", 24) + "="
	}
	s.core.PublicToken = core.PublicTokenOf(s.core.Env, s.core.ProjectID)
	if m := core.ProjectForm.FindStringSubmatch(s.core.ProjectID); m == nil || m[1] != s.core.Env {
		wrong("Project %.60q is not of the form project-%s-<uuid>", s.core.ProjectID, s.core.Env)
	}
	if m := core.SecretForm.FindStringSubmatch(s.core.Secret); m == nil || m[1] != s.core.Env {
		wrong("ProjectSecret is not of the form secret-%s-…", s.core.Env)
	}

	if s.URL != "" {
		s.core.Base = strings.TrimRight(s.URL, "/")
		if !wire.IsWebURL(s.core.Base) {
			wrong("URL %.100q is not an http or https URL with a host", s.URL)
		}
	}
	if s.CustomDomain != "" && (!wire.IsWebURL(s.CustomDomain) || strings.HasSuffix(s.CustomDomain, "/")) {
		wrong("CustomDomain %.100q is not an http or https URL without a trailing slash", s.CustomDomain)
	}
	if fault := audienceFault(s.CustomAudience); fault != "" {
		wrong("CustomAudience %s", fault)
	}
	if s.JWTLife < 0 || s.JWTLife%time.Second != 0 {
		wrong("JWTLife %v is not a whole number of seconds", s.JWTLife)
	}
	if s.LockAfter < 0 {
		wrong("LockAfter %d is negative", s.LockAfter)
	}
	for _, u := range s.RedirectURLs {
		if !wire.IsWebURL(u) {
			wrong("RedirectURLs has %.100q, which is not an http or https URL with a host", u)
		}
	}
	for i, w := range s.Webhooks {
		endpoint, err := w.endpoint()
		if err != nil {
			wrong("Webhooks[%d]: %v", i, err)
		}
		s.core.Webhooks = append(s.core.Webhooks, webhook.NewQueue(endpoint))
	}
	var problem string
	if s.core.Policy, problem = newPolicy(s.Roles, s.Scopes); problem != "" {
		wrong("%s", problem)
	}
	return strings.Join(faults, "; ")
}

// audienceFault returns why a value is no custom audience. A project id is none: session_jwts
// that name two projects would be good in both.
func audienceFault(audience string) string {
	switch {
	case strings.HasPrefix(audience, "project-"):
		return "is a project id"
	case audience != strings.TrimSpace(audience) || strings.ContainsFunc(audience, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "has characters that cannot be seen"
	}
	return ""
}

// ProjectID returns the project id.
func (s *Stytch) ProjectID() string {
	s.configure()
	return s.core.ProjectID
}

// Secret returns the project secret.
func (s *Stytch) Secret() grimoireauth.Secret {
	s.configure()
	return grimoireauth.NewSecret(s.core.Secret)
}

// PublicToken returns the project's public token, which browsers may know.
func (s *Stytch) PublicToken() string {
	s.configure()
	return s.core.PublicToken
}

// BaseURL returns where it can be reached: URL without a trailing slash, or
// http://stytch.localhost, which only RoundTrip answers.
func (s *Stytch) BaseURL() string {
	s.configure()
	s.core.Mu.Lock()
	defer s.core.Mu.Unlock()
	return s.core.Base
}

// Start listens on a free loopback port and returns the URL, and a function
// that stops listening and waits for the requests under way. It sets URL if that
// is empty. What is remembered survives stop.
func (s *Stytch) Start() (url string, stop func()) {
	s.configure()
	server := httptest.NewServer(s)
	s.core.Mu.Lock()
	defer s.core.Mu.Unlock()
	if s.URL == "" {
		s.URL, s.core.Base = server.URL, server.URL
	}
	return server.URL, server.Close
}

// String names the project.
func (s *Stytch) String() string { return "mock.Stytch " + s.ProjectID() }

// Format writes the same whatever the verb, which keeps tokens and secrets out of a
// log that prints a *Stytch. It implements [fmt.Formatter].
func (s *Stytch) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, s.String()) }
