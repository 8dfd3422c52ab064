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

// ErrMisconfigured: the guard cannot decide because the program around it is
// wrong: a Guard that [New] did not make, a route without the class that it is
// guarded by. It is answered with 500 and logged, never passed. It matches
// [grimoireauth.ErrInvalid].
var ErrMisconfigured error = fmt.Errorf("the guard is misconfigured: %w", grimoireauth.ErrInvalid)

var errZeroGuard = fmt.Errorf("%w: this Guard was not made by middleware.New", ErrMisconfigured)

// Guard decides who may pass a route. It is safe for concurrent use. Make it
// with [New]; the zero Guard, and a nil one, refuse everybody with 500, since
// signing in would not help.
type Guard struct {
	auth   grimoireauth.AuthFunc
	config Config
	cookie sessionCookies
	moved  sessionCookies // the same, with the session_token that took the place of a former one

	oversized     sync.Once // one warning per Guard that the session_jwt fits no cookie
	unended       sync.Once // one warning per Guard that earlier sessions are not ended
	mapping       sync.Once // one line per Guard that Role and Can do not go together
	proxied       sync.Once // one line per Guard that the addresses of clients are not known
	sources       seenSources
	foreignOrigin sync.Once // one line per Guard that a page of another origin opens connections
	origins       []string  // Config.Origins, as they are compared
	alarms        alarm.Limit
	conflicts     cookieConflicts
	recentMoves   recentMoves
	watches       watches
}

// New returns a Guard that asks auth whose credentials a request carries. It
// does no I/O. Its error, an [*grimoireauth.Error] that matches
// [grimoireauth.ErrInvalid], names every fault of the configuration at once.
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

// Load attaches who is signed in, if anybody is, and calls next in any case.
// Credentials that prove nobody leave the request anonymous, like none at all;
// [Guard.Check] in the handler tells the two apart. If nobody could find out the
// answer is 503: a page that shows a signed-in student as a stranger would have
// concluded too much.
func (g *Guard) Load(next http.Handler) http.Handler {
	return g.wrap(guardedHandler{}, next)
}

// Require calls next if somebody is signed in, with the authentication in the
// request's context, and refuses everybody else. Inside another handler of the
// same Guard it uses what that one found: nobody is asked twice, in whatever order
// guards stand around each other.
func (g *Guard) Require(next http.Handler) http.Handler {
	return g.wrap(guardedHandler{must: true}, next)
}

// Check decides as [Guard.Require] does, without a response. Inside a handler
// of this Guard it returns what the Guard found, also the reason why [Guard.Load]
// left the request anonymous. Elsewhere it asks; if the credentials it returns
// differ from those presented, [Guard.SetCookies] brings them to the browser.
//
// An answer counts for one second from when it came. A Check later than that, on a
// connection that stays open, asks again as a new request with these credentials
// would, and decides again what the guards around the handler have decided: the
// class, the role, permissions. So its error can also be one of [Guard.CheckInClass],
// [Guard.CheckCan] and [Guard.CheckRecent], for which the same holds. It writes no
// cookies. What the request's context says stays what it was when the handler began.
// Check is safe for concurrent use.
//
// Like every decision of a Guard about the form of a browser it can return
// [ErrOtherPersonsForm], for [Guard.Respond] to answer.
func (g *Guard) Check(r *http.Request) (grimoireauth.Authentication, error) {
	a, _, err := g.decide(r, false, nil)
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	return a.authentication, nil
}

// Authenticate asks the Guard's AuthFunc, and keeps "no" and "could not find
// out" apart even if that function does not: its error always matches
// [grimoireauth.ErrUnauthenticated], [grimoireauth.ErrUnavailable],
// [grimoireauth.ErrRateLimited] or [ErrMisconfigured]. Whoever has new
// credentials passes them through here before [Guard.SetCookies].
func (g *Guard) Authenticate(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	var nobody grimoireauth.Authentication
	if g == nil || g.auth == nil {
		return nobody, errZeroGuard
	}
	return g.ask(ctx, g.auth, credentials)
}

// ask asks one of the Guard's two AuthFuncs.
func (g *Guard) ask(ctx context.Context, auth grimoireauth.AuthFunc, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	var nobody grimoireauth.Authentication
	if credentials.IsZero() {
		return nobody, grimoireauth.ErrNoCredentials
	}
	authentication, err := auth(ctx, credentials)
	switch {
	case err == nil && authentication.IsZero():
		return nobody, fmt.Errorf("%w: the AuthFunc named nobody and gave no error", ErrMisconfigured)
	case err == nil:
		return authentication, nil
	case isTemporary(err), isUnauthenticated(err):
		return nobody, err
	}
	unclear := g.authFuncError(ctx, "authenticate", err)
	// The AuthFunc had the credentials, so its error may quote them.
	unclear.Err = quiet.Wrap(err, fmt.Sprintf("the AuthFunc returned a %T", err))
	return nobody, unclear
}

// log writes a line about a problem, once a minute, with how often it was met since the
// last one. The name tells problems apart that are told in the same words.
func (g *Guard) log(ctx context.Context, level slog.Level, name, text string, attributes ...any) {
	if count := g.alarms.Met(text + " " + name); count > 0 {
		g.config.logger().Log(ctx, level, text, append(attributes, "count", count)...)
	}
}

// unclear makes an error of an AuthFunc that is of no known kind "could not find out". It
// may quote credentials, so only its type is told, to the log; a client that went away is
// not worth a line.
func (g *Guard) authFuncError(ctx context.Context, op string, err error) *grimoireauth.Error {
	if ctx.Err() == nil {
		g.log(ctx, slog.LevelWarn, fmt.Sprintf("%s %T", op, err), "an error that says neither yes nor no: answered as unavailable",
			"op", op, "type", fmt.Sprintf("%T", err))
	}
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: err}
}

// unclearAnswer does the same for the application's own RoleFunc or CanFunc. Neither gets
// credentials, so its error reaches the log whole.
func (g *Guard) applicationError(ctx context.Context, op string, err error) error {
	if ctx.Err() == nil {
		g.log(ctx, slog.LevelWarn, fmt.Sprintf("%s %T", op, err), "an error that says neither yes nor no: answered as unavailable",
			"op", op, "error", err.Error())
	}
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, Err: err}
}

// unknown reports that nobody could find out. It is asked first wherever errors
// are told apart: joined with anything else, it is still no "no".
func isTemporary(err error) bool {
	return errors.Is(err, grimoireauth.ErrUnavailable) || errors.Is(err, grimoireauth.ErrRateLimited)
}

// provesNobody reports a definite "no": 401.
func isUnauthenticated(err error) bool {
	return !isTemporary(err) && errors.Is(err, grimoireauth.ErrUnauthenticated)
}

// over reports that the session has definitely ended, the only reason to delete
// cookies.
func isSessionEnded(err error) bool {
	return isUnauthenticated(err) && errors.Is(err, grimoireauth.ErrSessionEnded)
}

// refuse writes the refusal, and logs what only a programmer can put right. The
// errors logged here are this package's own and hold no secret.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrMisconfigured) {
		who := g
		if who == nil {
			who = new(Guard)
		}
		who.log(r.Context(), slog.LevelError, r.Pattern+" "+err.Error(), "request refused: the guard is misconfigured",
			"method", r.Method, "pattern", r.Pattern, "error", err.Error())
	}
	g.Respond(w, r, err)
}

// Respond writes the response to an error as the Guard itself does: for
// handlers that find out later that somebody may not. It must be called before the
// response is written, and sets the cookie by which a form that is refused now is
// recognised when another person sends it again: [ErrOtherPersonsForm].
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
