package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/alarm"
	"github.com/promptgrimoire/auth/internal/quiet"
)

// ErrMisconfigured: the guard cannot decide because of a mistake in the program: a Guard
// that [New] did not make, or a route without the class that it is guarded by. The guard
// answers 500, logs it, and calls no handler. It matches [grimoireauth.ErrInvalid].
var ErrMisconfigured error = fmt.Errorf("the guard is misconfigured: %w", grimoireauth.ErrInvalid)

var errZeroGuard = fmt.Errorf("%w: this Guard was not made by middleware.New", ErrMisconfigured)

// Guard decides which requests reach a handler. It is safe for concurrent use. Make it with
// [New]; the zero Guard, and a nil one, refuse every request with 500, since signing in
// would not help.
type Guard struct {
	auth   grimoireauth.AuthFunc
	config Config
	cookie sessionCookies
	moved  sessionCookies // to which former cookies are moved

	origins     []string // Config.Origins, as they are compared
	sources     seenSources
	alarms      alarm.Limit
	conflicts   cookieConflicts
	recentMoves recentMoves
	watches     watches

	// Each writes one log line per Guard.
	oversized     sync.Once // a session_jwt fits no cookie
	unended       sync.Once // Config.Revoke is missing, so that earlier sessions go on
	mapping       sync.Once // Config.Role and Config.Can contradict each other
	proxied       sync.Once // the addresses of clients are not known
	foreignOrigin sync.Once // a page of another origin opens connections
}

// New returns a Guard that authenticates the credentials of requests by auth. It does no
// I/O. Its error, an [*grimoireauth.Error] that matches [grimoireauth.ErrInvalid], names all
// faults of the configuration at once.
func New(auth grimoireauth.AuthFunc, config Config) (*Guard, error) {
	faults := config.faults()
	if auth == nil {
		faults = errors.Join(errors.New("the AuthFunc is missing: pass verifier.Authenticate or client.Sessions.Authenticate"), faults)
	}
	if faults != nil {
		return nil, fmt.Errorf("%w: %w", &grimoireauth.Error{Op: "configure guard", Kind: grimoireauth.ErrInvalid}, faults)
	}
	cookie := cookiesOf(config)
	return &Guard{
		auth: auth, config: config, cookie: cookie, moved: cookie.moved(), origins: config.origins(),
		watches: watches{slots: make(chan struct{}, checksAtOnce)},
	}, nil
}

// Load puts the authentication into the request's context if the request is authenticated,
// and calls next in any case. Credentials that are rejected leave the request anonymous, as
// missing ones do; [Guard.Check] in the handler tells the two apart. After a temporary error
// it answers 503 and does not call next, since the page would show a signed-in student as a
// stranger.
func (g *Guard) Load(next http.Handler) http.Handler {
	return g.wrap(guardedHandler{}, next)
}

// Require calls next for authenticated requests, with the authentication in the request's
// context, and refuses all others. Inside another handler of the same Guard it uses that
// one's result: the AuthFunc is called once, in whatever order guards stand around each
// other.
func (g *Guard) Require(next http.Handler) http.Handler {
	return g.wrap(guardedHandler{must: true}, next)
}

// Check decides as [Guard.Require] does, and writes no response. Inside a handler of this
// Guard it returns the Guard's result, also the reason why [Guard.Load] left the request
// anonymous. Elsewhere it authenticates the request; if it returns other credentials than
// the request's, pass them to [Guard.SetCookies].
//
// A result counts for one second. A Check later than that, on a connection that stays open,
// authenticates again as for a new request with these credentials, and makes again the
// checks of the guards around the handler: the class, the role, permissions. So its error
// can also be one of [Guard.CheckInClass], [Guard.CheckCan] and [Guard.CheckRecent], for
// which the same holds. It writes no cookies and does not change the request's context.
// Check is safe for concurrent use.
//
// Like every check of a Guard on a form of a browser it can return [ErrOtherPersonsForm],
// for [Guard.Respond] to answer.
func (g *Guard) Check(r *http.Request) (grimoireauth.Authentication, error) {
	a, _, err := g.decide(r, false, nil)
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	return a.authentication, nil
}

// Authenticate calls the Guard's AuthFunc. Its error always matches
// [grimoireauth.ErrUnauthenticated], [grimoireauth.ErrUnavailable],
// [grimoireauth.ErrRateLimited] or [ErrMisconfigured]: an error of the AuthFunc that matches
// none of them becomes ErrUnavailable. Pass new credentials through here before
// [Guard.SetCookies].
func (g *Guard) Authenticate(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	if g == nil || g.auth == nil {
		return grimoireauth.Authentication{}, errZeroGuard
	}
	return g.ask(ctx, g.auth, credentials)
}

// ask calls one of the Guard's two AuthFuncs and checks the form of its answer.
func (g *Guard) ask(ctx context.Context, auth grimoireauth.AuthFunc, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	var none grimoireauth.Authentication
	if credentials.IsZero() {
		return none, grimoireauth.ErrNoCredentials
	}
	authentication, err := auth(ctx, credentials)
	switch {
	case err == nil && authentication.IsZero():
		return none, fmt.Errorf("%w: the AuthFunc returned no session and no error", ErrMisconfigured)
	case err == nil:
		return authentication, nil
	case isTemporary(err), isUnauthenticated(err):
		return none, err
	}
	unavailable := g.authFuncError(ctx, "authenticate", err)
	// The AuthFunc had the credentials, so its error may quote them.
	unavailable.Err = quiet.Wrap(err, fmt.Sprintf("the AuthFunc returned a %T", err))
	return none, unavailable
}

// log writes a line about a problem, at most once a minute, with the number of occurrences
// since the last one. The name tells problems apart that have the same text.
func (g *Guard) log(ctx context.Context, level slog.Level, name, text string, attributes ...any) {
	if count := g.alarms.Met(text + " " + name); count > 0 {
		g.config.logger().Log(ctx, level, text, append(attributes, "count", count)...)
	}
}

// authFuncError returns the temporary error for an error of an AuthFunc that is of no known
// kind. The log gets its type only, since it may quote credentials, and nothing if the
// client has closed the connection.
func (g *Guard) authFuncError(ctx context.Context, op string, err error) *grimoireauth.Error {
	if ctx.Err() == nil {
		g.log(ctx, slog.LevelWarn, fmt.Sprintf("%s %T", op, err), "an error that says neither yes nor no: answered as unavailable",
			"op", op, "type", fmt.Sprintf("%T", err))
	}
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: err}
}

// applicationError does the same for an error of a RoleFunc or CanFunc. They get no
// credentials, so the log gets the whole error.
func (g *Guard) applicationError(ctx context.Context, op string, err error) error {
	if ctx.Err() == nil {
		g.log(ctx, slog.LevelWarn, fmt.Sprintf("%s %T", op, err), "an error that says neither yes nor no: answered as unavailable",
			"op", op, "error", err.Error())
	}
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: err}
}

// isTemporary reports a temporary error. Every distinction of errors begins with it: joined
// with any other error, it still proves nothing about the credentials.
func isTemporary(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited)
}

// isUnauthenticated reports that the credentials were rejected: 401.
func isUnauthenticated(err error) bool {
	return !isTemporary(err) && errors.Is(err, grimoireauth.ErrUnauthenticated)
}

// isSessionEnded reports that the session has ended.
func isSessionEnded(err error) bool {
	return isUnauthenticated(err) && errors.Is(err, grimoireauth.ErrSessionEnded)
}

// refuse writes the refusal, and logs mistakes of the program. The errors logged here are
// this package's own and hold no secret.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrMisconfigured) {
		logging := g
		if logging == nil {
			logging = new(Guard)
		}
		logging.log(r.Context(), slog.LevelError, r.Pattern+" "+err.Error(), "request refused: the guard is misconfigured",
			"method", r.Method, "pattern", r.Pattern, "error", err.Error())
	}
	g.Respond(w, r, err)
}

// Respond writes the response to an error as the Guard itself does: for handlers that refuse
// a request themselves. Call it before the response is written. It sets the cookie by which
// a form that is refused now is recognised when another person sends it again:
// [ErrOtherPersonsForm].
func (g *Guard) Respond(w http.ResponseWriter, r *http.Request, err error) {
	if refusalOf(err).status == http.StatusUnauthorized {
		g.challenge(w.Header(), r, err)
	}
	g.markForm(w.Header(), r, err)
	switch {
	case g == nil:
		respond(w, r, err, "")
	case g.config.Respond != nil:
		g.config.Respond(w, r, err)
	default:
		respond(w, r, err, g.config.SignInURL)
	}
}
