package stytchclient

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/alarm"
	"github.com/promptgrimoire/auth/internal/breaker"
	"github.com/promptgrimoire/auth/internal/limit"
	"github.com/promptgrimoire/auth/internal/project"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/b2bstytchapi"
)

// Config is what a [Client] needs to know.
type Config struct {
	// ProjectID is the Stytch project, "project-test-…" or "project-live-…".
	// Required. It also decides which of Stytch's hosts is asked.
	ProjectID string
	// Secret is the project secret, of the same environment. Required.
	Secret grimoireauth.Secret

	// PublicToken is the project's public token, "public-token-test-…" or
	// "public-token-live-…", of the same environment. It is no secret. Only the pages
	// where a browser begins to sign in with OAuth or SSO need it; without it
	// [SignIn.StartOAuth] and its like are [grimoireauth.ErrInvalid].
	PublicToken string

	// BaseURL is the project's custom domain, such as https://login.example.edu.
	// Empty: Stytch's own host for the project. Plain http is accepted only to a
	// loopback address and only for a test project.
	BaseURL string
	// Transport carries the requests. Nil: a transport of the client's own with
	// the defaults of net/http and more idle connections.
	Transport http.RoundTripper
	// Timeout bounds one call to Stytch, from dialling to the last byte, with its
	// repetitions and the waiting between them. Zero: 10 seconds.
	Timeout time.Duration
	// Retries is how often a call is repeated that failed in a way that passes by
	// itself (429, 5xx, a broken connection): only calls that change nothing, or
	// nothing more when made twice. What creates, sends or redeems is never
	// repeated. The waiting grows, is random in part, and is as long as Stytch asks.
	// Zero: 2. Negative: nothing is repeated.
	Retries int

	// SessionDuration is how long a session lasts from sign-in, in whole minutes
	// from 5 minutes to 366 days. Zero: Stytch's 60 minutes. Nothing extends a
	// session silently.
	SessionDuration time.Duration
	// Roles maps Stytch's role ids to Roles when reading and writing rosters. Nil:
	// [grimoireauth.DefaultRoleTable].
	Roles grimoireauth.RoleTable

	// OnRevoke is told about everything that makes tokens worthless before their time:
	// revoked sessions, removed members. Nil: none, and a revoked
	// session passes local checks until its session_jwt expires.
	OnRevoke grimoireauth.OnRevoke
	// Observe is told what happens. Nil: none.
	Observe grimoireauth.Observe
}

// The bounds that Stytch sets on session_duration_minutes:
// https://stytch.com/docs/b2b/api/authenticate-session
const (
	minSessionDuration = 5 * time.Minute
	maxSessionDuration = 527040 * time.Minute
)

// Client talks to Stytch about classes, rosters, sign-ins and sessions. It is
// safe for concurrent use and has nothing to close: no goroutine outlives the call that
// started it. Make it with [New]; the zero Client is not usable.
//
// What strangers can make it ask is bounded. A call whose context says from which client
// address it comes ([grimoireauth.ContextWithClientAddress]; the guard and the sign-in pages say so)
// draws on the share of that address: 900 calls at once and then one a second. An IPv6
// network of 64 bits counts as one address. Beyond their 900 calls, all addresses from
// which no sign-in was completed share ten calls a second, and those of one IPv6 network of
// 48 bits have 3,600 calls at once together and then four a second. A call that is refused
// for it is not made: it fails at once with an [*grimoireauth.Error] of kind [grimoireauth.ErrRateLimited] whose Status is
// 0, where that of Stytch's own limits is 429. Calls without an address, and calls about
// session_tokens that are known or marked ([grimoireauth.SessionMarks]), draw on no share. The Client
// remembers up to 65,536 addresses, in about 5 MB, and forgets the idle ones.
type Client struct {
	Classes       Classes
	Roster        Roster
	Connections   Connections
	SignIn        SignIn
	Discovery     Discovery
	Passwords     Passwords
	SecondFactors SecondFactors
	Sessions      Sessions

	api     *b2bstytchapi.API
	roles   grimoireauth.RoleTable
	minutes int32        // session_duration_minutes, 0 to leave it to Stytch
	http    *http.Client // the same that api uses
	keysURL string       // of the key set
	clock   stytchhttp.Clock
	sources limit.Sources // the shares of client addresses
	marks   grimoireauth.SessionMarks
	breaker breaker.Breaker
	// For start URLs: where Stytch's pages for browsers are.
	baseURL, publicToken string

	onRevoke grimoireauth.OnRevoke
	observe  grimoireauth.Observe
	alarms   alarm.Limit

	policies policyStore // for Can
}

// New returns a Client. It does no I/O: a server must start while Stytch is
// down. Its error matches [grimoireauth.ErrInvalid] and names every fault of the Config.
func New(config Config) (*Client, error) {
	proj, err := project.Parse(config.ProjectID, config.BaseURL)
	faults := []error{err, proj.CheckSecret(config.Secret.Reveal()), checkPublicToken(proj, config.PublicToken)}
	if config.Timeout < 0 {
		faults = append(faults, fmt.Errorf("Timeout %v is negative", config.Timeout))
	}
	faults = append(faults, checkDuration("SessionDuration", config.SessionDuration))
	if err := errors.Join(faults...); err != nil {
		return nil, &grimoireauth.Error{Op: "configure the client", Kind: grimoireauth.ErrInvalid, Detail: err.Error()}
	}

	c := &Client{
		roles:    config.Roles,
		minutes:  int32(config.SessionDuration / time.Minute),
		onRevoke: config.OnRevoke,
		observe:  config.Observe,

		keysURL:     proj.BaseURL + "/v1/b2b/sessions/jwks/" + proj.ID,
		baseURL:     proj.BaseURL,
		publicToken: config.PublicToken,
	}
	if c.roles == nil {
		c.roles = grimoireauth.DefaultRoleTable()
	}
	c.breaker.Changed = c.outageChanged
	next := config.Transport
	if next == nil {
		next = stytchhttp.DefaultTransport()
	}
	c.http = stytchhttp.NewClient(stytchhttp.WithSecret(next, proj.ID, config.Secret), config.Timeout, config.Retries, &c.clock, &c.sources, &c.breaker)
	// Without WithSkipJWKSInitialization the constructor fetches the key set,
	// fails while Stytch is down, and leaks a goroutine; jwtlocal does that job.
	c.api, err = b2bstytchapi.NewClient(proj.ID, stytchhttp.StandInSecret,
		b2bstytchapi.WithSkipJWKSInitialization(),
		b2bstytchapi.WithHTTPClient(c.http),
		b2bstytchapi.WithBaseURI(proj.BaseURL),
	)
	if err != nil {
		return nil, &grimoireauth.Error{Op: "configure the client", Kind: grimoireauth.ErrInvalid, Err: err}
	}
	if c.marks, err = grimoireauth.NewSessionMarks(proj.ID, config.Secret); err != nil {
		return nil, &grimoireauth.Error{Op: "configure the client", Kind: grimoireauth.ErrInvalid, Err: err}
	}
	c.Classes, c.Roster, c.Connections, c.Sessions = Classes{c}, Roster{c}, Connections{c}, Sessions{c}
	c.SignIn, c.Discovery, c.Passwords, c.SecondFactors = SignIn{c}, Discovery{c}, Passwords{c}, SecondFactors{c}
	return c, nil
}

// Stytch returns the SDK underneath, for what this package has no method for.
// It shares the client's transport, deadline and size limit, and the transport holds
// the project secret. Its local JWT validation is switched off: use package jwtlocal.
// Its errors quote what Stytch wrote, which may quote the input.
func (c *Client) Stytch() *b2bstytchapi.API { return c.api }

// SessionMarks returns the marks of this client's project. Their key is derived from the
// project secret (HKDF-SHA256, RFC 5869) and is of no use for anything else.
func (c *Client) SessionMarks() grimoireauth.SessionMarks { return c.marks }
