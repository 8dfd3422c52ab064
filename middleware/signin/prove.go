package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// signing is what one call of sign belongs to.
type signing struct {
	attempt attempt
	// asked are the attempts of this browser that asked for the e-mail. The account
	// has to be that of one of their addresses. None: the link is unasked, or the
	// browser is bound to its sign-in in another way.
	requests []attempt
	// unasked says that this browser has not asked for the link, so that every account
	// is a question.
	unrequested bool
	// half is a pending sign-in that this one is to finish. Nil: none.
	continues *attempt
	// key brings double submissions together, so that the work is done once; it holds
	// a secret of this browser. Empty: every call is its own.
	key string
	// cuts says that what is redeemed also ends the member's sessions, by a cutoff.
	revokes bool
}

// askedBy returns the attempt that asked for an e-mail to this address.
func (s signing) requestFor(email string) (attempt, bool) {
	for _, a := range s.requests {
		if sameAddress(a.email, email) {
			return a, true
		}
	}
	return attempt{}, false
}

// surprises reports whether the account is not one that was asked for.
func (s signing) isUnexpected(email string) bool {
	_, expected := s.requestFor(email)
	return !expected && (s.unrequested || len(s.requests) > 0)
}

// askedFor is the address to name beside an account that surprises, "" if the link was
// not asked for here.
func (s signing) requestedEmail() string {
	if len(s.requests) == 0 {
		return ""
	}
	return s.requests[0].email
}

// errNotProven is no case of ErrInvalid, which is about what somebody typed in, nor
// of any other sentinel: only the operator can do something about it.
var errNotProven = errors.New("what Stytch answered signs nobody in here")

// surprisingAccountError is a sign-in for another address than the one that this
// browser asked for, or by a link that it did not ask for: a link that a person who
// wants to be mistaken for the reader may have sent (login CSRF). The link is used up
// by then, since it does not say for which address it is.
type unexpectedAccountError struct{ signedIn grimoireauth.SignedIn }

func (*unexpectedAccountError) Error() string {
	return "the account is not the one that was asked for"
}

// progress is how far a sign-in has come.
type progress struct {
	redeemed bool // the token or code has been spent on signedIn
	signedIn grimoireauth.SignedIn
}

// final reports whether trying again could bring nothing else: what works once has
// been used, or was wrong, which Stytch would count twice. Another "no", such as that
// of a class to which somebody is about to be added, is asked for anew.
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

// prove does the work once and proves what came back. The browser may be gone by
// now, on to its second click; the work goes on, since a token is spent by it.
func (h *Handler) prove(r *http.Request, p *progress, before grimoireauth.Authentication, s signing, work func(context.Context) (grimoireauth.SignedIn, error)) error {
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
	// What Stytch answered has to pass like any other credentials before a
	// browser gets them.
	proved, err := h.guard.Authenticate(ctx, p.signedIn.Credentials)
	if err != nil && isUndecided(err) {
		return err
	}
	if err != nil {
		h.endSession(ctx, r, p.signedIn.Session, "refused sign-in")
		// Not "not signed in": this is nothing that the person could put right.
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
	if h.config.OnSignIn != nil {
		if err := h.config.OnSignIn(ctx, p.signedIn); err != nil {
			own := &applicationError{"OnSignIn", err}
			if own.refuses() {
				h.endSession(ctx, r, p.signedIn.Session, "refused sign-in")
			}
			return own
		}
	}
	// One browser, one session: a planted or forgotten one ends here.
	if !before.IsZero() && before.ID() != p.signedIn.ID() {
		h.endSession(ctx, r, before.Session, "earlier session")
	}
	return nil
}

const (
	defaultLeeway = 5 * time.Second // that of jwtlocal
	// cutoffLeeway is the minute by which jwtlocal lets clocks differ when it compares a
	// session_jwt with a cutoff.
	revocationLeeway = time.Minute
)

// checkClock returns why nothing can be redeemed at the moment: this machine's clock is
// known to be off by so much that the new session_jwt would be refused here. Then a
// one-time link or code would be spent for nothing. A clock that cannot be compared is
// no reason to stop.
//
// cuts says that redeeming raises a cutoff of the member. By a clock that is ahead by more
// than cutoffLeeway the new session_jwt seems to have been issued before that cutoff.
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
		ahead = revocationLeeway - defaultLeeway // what is measured is a lower bound
	}
	off, err := h.client.MeasureClock(ctx)
	side := ""
	switch {
	case err != nil:
		return nil
	case off < -leeway: // valid only from a moment that has not come here
		side = "behind"
	case off > ahead: // over before it arrives, or older than the cutoff
		side = "ahead of"
	default:
		return nil
	}
	return &grimoireauth.Error{
		Op:   fmt.Sprintf("sign in: this server's clock is %v %s Stytch's, so a new session_jwt would be refused; nothing was redeemed", off.Abs().Round(time.Second), side),
		Kind: grimoireauth.ErrUnavailable,
	}
}

// use returns the call that uses a token of its kind up.
func (h *Handler) redeem(t callbackToken, a attempt, pending *attempt) func(context.Context) (grimoireauth.SignedIn, error) {
	token, signIn, goesOn := grimoireauth.NewSecret(t.token), h.client.SignIn, pending.proof()
	switch t.kind {
	case kindLink:
		in := grimoireauth.MagicLinkSignIn{Token: token, Class: grimoireauth.ClassID(t.slug)}
		in.Continue = goesOn
		return h.releaseAfter(ActionSendLink, func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.WithMagicLink(ctx, in) })
	case kindOAuth:
		in := grimoireauth.OAuthSignIn{Token: token, Verifier: a.verifier, Class: grimoireauth.ClassID(a.class)}
		in.Continue = goesOn
		return func(ctx context.Context) (grimoireauth.SignedIn, error) {
			out, err := signIn.WithOAuth(ctx, in)
			return out.SignedIn, err
		}
	case kindSSO:
		in := grimoireauth.SSOSignIn{Token: token, Verifier: a.verifier, Class: grimoireauth.ClassID(a.class)}
		in.Continue = goesOn
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.WithSSO(ctx, in) }
	case kindDiscovery:
		in := grimoireauth.DiscoveryToken{Token: token}
		return h.releaseAfter(ActionSendLink, func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.DiscoverByLink(ctx, in) })
	case kindDiscoveryOAuth:
		in := grimoireauth.DiscoveryToken{Token: token, Verifier: a.verifier}
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.DiscoverByOAuth(ctx, in) }
	case kindImpersonation:
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.Impersonate(ctx, token) }
	}
	return func(context.Context) (grimoireauth.SignedIn, error) {
		return grimoireauth.SignedIn{}, &grimoireauth.Error{Op: "sign in: a token of an unknown kind", Kind: grimoireauth.ErrInvalid}
	}
}
