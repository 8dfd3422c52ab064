package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// signing is one sign-in that is being made.
type signing struct {
	attempt attempt
	// requests are the attempts of this browser that requested the e-mail. The account
	// has to have one of their addresses. Empty: the link was not requested, or a
	// verifier binds the sign-in to the browser.
	requests []attempt
	// unrequested says that this browser has not requested the link, so that every
	// account has to be confirmed.
	unrequested bool
	// continues is the attempt with the pending sign-in that this one finishes. Nil:
	// none.
	continues *attempt
	// key is the same for double submissions, so that the work is done once. It
	// contains a secret of this browser. Empty: each call does its own work.
	key string
	// repeatable says that the work can be done again after a temporary error, so that
	// its result does not have to be held.
	repeatable bool
	// revokes says that the redemption also revokes the member's earlier sessions.
	revokes bool
	// greeted says that OnSignIn was called for this session, on another replica.
	greeted bool
}

// requestFor returns the attempt that requested an e-mail to this address.
func (s signing) requestFor(email string) (attempt, bool) {
	for _, a := range s.requests {
		if sameAddress(a.email, email) {
			return a, true
		}
	}
	return attempt{}, false
}

// isUnexpected reports whether the account has to be confirmed.
func (s signing) isUnexpected(email string) bool {
	_, expected := s.requestFor(email)
	return !expected && (s.unrequested || len(s.requests) > 0)
}

// requestedEmail is the address to show beside an unexpected account, "" if no address
// was requested.
func (s signing) requestedEmail() string {
	if len(s.requests) == 0 {
		return ""
	}
	return s.requests[0].email
}

// errNotProven matches no other sentinel: ErrInvalid would be about what the person
// typed, and this is for the operator.
var errNotProven = errors.New("the new credentials are not accepted here")

// unexpectedAccountError is a sign-in to another address than this browser requested,
// or by a link that it did not request. An attacker may have sent that link to sign the
// reader in to another account (login CSRF). Since a link does not say to which address
// it was sent, it has been redeemed by then.
type unexpectedAccountError struct{ signedIn stytchclient.SignedIn }

func (*unexpectedAccountError) Error() string {
	return "the account is not the one that was asked for"
}

// progress is the state of one redemption.
type progress struct {
	redeemed bool // the token or code was redeemed, with the result signedIn
	signedIn stytchclient.SignedIn
}

// final reports whether trying again would have the same result: the token or code was
// redeemed, or was wrong, which Stytch would count twice. Other rejections can change,
// for instance by adding the person to the class.
func (p *progress) final(err error) bool {
	switch {
	case err == nil:
		return true
	case isUndecided(err):
		return false
	case p.redeemed:
		return true
	}
	for _, end := range []error{grimoireauth.ErrStepUp, grimoireauth.ErrTokenSpent, grimoireauth.ErrTokenUnknown, grimoireauth.ErrWrongCode} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// Redemptions are what replicas share so that a link or a code is redeemed by one of them,
// although it arrives at two at the same moment. They must be safe for concurrent use. What
// they store is sealed: it opens with the project secret and a cookie of the browser.
type Redemptions interface {
	// Begin begins the redemption of this name and returns "". If another one has begun
	// it, Begin waits for its answer, until ctx ends, and returns that; if that one has
	// no answer, it begins. After an error the Handler redeems without them. A redemption
	// that is not ended within 30 seconds counts as ended without an answer.
	Begin(ctx context.Context, name string) (answer string, err error)
	// End ends a redemption. Its answer is kept for a minute. Empty: there is none.
	End(ctx context.Context, name, answer string)
}

// proveOnce is prove, which another replica may be doing, or have done a moment ago. Its
// answer is the session_token, with which this replica asks Stytch about the session. If
// one more step is missing there is no answer: the cookie of the first response leads on.
func (h *Handler) proveOnce(r *http.Request, p *progress, before grimoireauth.Authentication, s signing, work signInFunc, redeemed bool) error {
	shared := h.config.Redemptions
	if shared == nil || s.key == "" || s.repeatable || redeemed || p.redeemed {
		return h.prove(r, p, before, s, work)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	name := keySum(s.key)
	label := "redeemed\n" + name + "\n" + s.attempt.label()
	answer, err := shared.Begin(ctx, name)
	if err != nil {
		h.logInfo(r, "redeemed without the other replicas", &applicationError{"Redemptions", err})
		return h.prove(r, p, before, s, work)
	}
	if answer == "" {
		defer func() { shared.End(context.WithoutCancel(r.Context()), name, answer) }() // also after a panic
		err := h.prove(r, p, before, s, work)
		answer = h.answerOf(p, err, label)
		return err
	}
	opened, _ := h.box.Open(grimoireauth.NewSecret(answer), label)
	greeted, token, ok := strings.Cut(opened.Reveal(), " ")
	if !ok {
		return h.prove(r, p, before, s, work)
	}
	known := s
	known.greeted = greeted == "greeted"
	err = h.prove(r, p, before, known, func(ctx context.Context) (stytchclient.SignedIn, error) {
		return h.client.Sessions.Fetch(ctx, grimoireauth.NewCredentials("", token))
	})
	if errors.Is(err, grimoireauth.ErrSessionEnded) && !p.redeemed {
		return h.prove(r, p, before, s, work) // signed out meanwhile, so the link is used
	}
	return err
}

// answerOf returns what another replica needs to give the same response: nothing unless the
// sign-in is finished, or waits for the account to be confirmed.
func (h *Handler) answerOf(p *progress, err error, label string) string {
	var unexpected *unexpectedAccountError
	switch {
	case !p.redeemed:
		return ""
	case err == nil:
		return h.box.Seal(grimoireauth.NewSecret("greeted "+p.signedIn.Token.Reveal()), label).Reveal()
	case errors.As(err, &unexpected):
		return h.box.Seal(grimoireauth.NewSecret("unknown "+p.signedIn.Token.Reveal()), label).Reveal()
	}
	return ""
}

// prove does the work once and verifies the new credentials. It goes on if the browser
// is gone, since the token is used up, and a second click gets the result.
func (h *Handler) prove(r *http.Request, p *progress, before grimoireauth.Authentication, s signing, work signInFunc) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	if !p.redeemed {
		if err := h.checkClock(ctx, s.revokes); err != nil {
			return err
		}
		signedIn, err := work(ctx)
		if err != nil {
			return err
		}
		p.signedIn, p.redeemed = signedIn, true
	}
	// The guard verifies the credentials from Stytch as it does those of a request.
	proved, err := h.guard.Authenticate(ctx, p.signedIn.Credentials)
	if err != nil && isUndecided(err) {
		return err
	}
	if err != nil {
		h.endSession(ctx, r, p.signedIn.Session, "refused sign-in")
		// Not ErrUnauthenticated: the person cannot correct this.
		return &grimoireauth.Error{Op: "sign in: the new credentials are not accepted here", Err: errNotProven}
	}
	if proved.ID() != p.signedIn.ID() || proved.Session.Member() != p.signedIn.Session.Member() || proved.Organization() != p.signedIn.Organization() {
		h.endSession(ctx, r, p.signedIn.Session, "refused sign-in")
		return &grimoireauth.Error{Op: "sign in: the new credentials prove another session", Err: errNotProven}
	}
	p.signedIn.Authentication = proved
	if s.isUnexpected(p.signedIn.Member.Email) {
		return &unexpectedAccountError{p.signedIn}
	}
	if h.config.OnSignIn != nil && !s.greeted {
		if err := h.config.OnSignIn(ctx, p.signedIn); err != nil {
			own := &applicationError{"OnSignIn", err}
			if own.refuses() {
				h.endSession(ctx, r, p.signedIn.Session, "refused sign-in")
			}
			return own
		}
	}
	// A browser has one session. The earlier one may have been planted or forgotten.
	if !before.IsZero() && before.ID() != p.signedIn.ID() {
		h.endSession(ctx, r, before.Session, "earlier session")
	}
	return nil
}

const (
	defaultLeeway = 5 * time.Second // that of jwtlocal
	// revocationLeeway is how much jwtlocal lets clocks differ when it compares a
	// session_jwt with a revocation.
	revocationLeeway = time.Minute
)

// checkClock returns an error if this machine's clock is known to be off by so much
// that the new session_jwt would be rejected here. Redeeming would then use up a
// one-time link or code for nothing. If the clock cannot be compared, it returns nil.
//
// revokes says that redeeming also revokes earlier sessions of the member. If the clock
// is ahead by more than revocationLeeway, the new session_jwt seems to be older than
// that revocation.
func (h *Handler) checkClock(ctx context.Context, revokes bool) error {
	leeway := h.config.ClockLeeway
	switch {
	case leeway < 0 || h.client == nil:
		return nil
	case leeway == 0:
		leeway = defaultLeeway
	}
	ahead := leeway + jwtLife
	if revokes {
		ahead = revocationLeeway - defaultLeeway // the measured difference is a lower bound
	}
	off, err := h.client.MeasureClock(ctx)
	side := ""
	switch {
	case err != nil:
		return nil
	case off < -leeway: // the session_jwt would not be valid yet
		side = "behind"
	case off > ahead: // the session_jwt would be expired, or older than the revocation
		side = "ahead of"
	default:
		return nil
	}
	return &grimoireauth.Error{
		Op:   fmt.Sprintf("sign in: this server's clock is %v %s Stytch's, so a new session_jwt would be refused; nothing was redeemed", off.Abs().Round(time.Second), side),
		Kind: grimoireauth.ErrUnavailable,
	}
}

// redeem returns the call that redeems a token of its kind.
func (h *Handler) redeem(t callbackToken, a attempt, pending *attempt) signInFunc {
	token, signIn, continued := grimoireauth.NewSecret(t.token), h.client.SignIn, pending.proof()
	switch t.kind {
	case kindLink:
		in := stytchclient.MagicLinkSignIn{Token: token, Class: grimoireauth.ClassID(t.slug)}
		in.Continue = continued
		return h.releaseAfter(ActionSendLink, func(ctx context.Context) (stytchclient.SignedIn, error) { return signIn.WithMagicLink(ctx, in) })
	case kindOAuth:
		in := stytchclient.OAuthSignIn{Token: token, Verifier: a.verifier, Class: grimoireauth.ClassID(a.class)}
		in.Continue = continued
		return func(ctx context.Context) (stytchclient.SignedIn, error) {
			out, err := signIn.WithOAuth(ctx, in)
			return out.SignedIn, err
		}
	case kindSSO:
		in := stytchclient.SSOSignIn{Token: token, Verifier: a.verifier, Class: grimoireauth.ClassID(a.class)}
		in.Continue = continued
		return func(ctx context.Context) (stytchclient.SignedIn, error) { return signIn.WithSSO(ctx, in) }
	case kindDiscovery:
		return h.releaseAfter(ActionSendLink, func(ctx context.Context) (stytchclient.SignedIn, error) {
			return choosing(h.client.Discovery.ByLink(ctx, token, grimoireauth.Secret{}))
		})
	case kindDiscoveryOAuth:
		return func(ctx context.Context) (stytchclient.SignedIn, error) {
			return choosing(h.client.Discovery.ByOAuth(ctx, token, a.verifier))
		}
	case kindImpersonation:
		return func(ctx context.Context) (stytchclient.SignedIn, error) { return signIn.Impersonate(ctx, token) }
	}
	return func(context.Context) (stytchclient.SignedIn, error) {
		return stytchclient.SignedIn{}, &grimoireauth.Error{Op: "sign in: a token of an unknown kind", Kind: grimoireauth.ErrInvalid}
	}
}
