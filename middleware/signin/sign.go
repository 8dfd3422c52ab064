package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// signing is what one call of sign belongs to.
type signing struct {
	attempt attempt
	// asked are the attempts of this browser that asked for the e-mail. The account
	// has to be that of one of their addresses. None: the link is unasked, or the
	// browser is bound to its sign-in in another way.
	asked []attempt
	// unasked says that this browser has not asked for the link, so that every account
	// is a question.
	unasked bool
	// half is a pending sign-in that this one is to finish. Nil: none.
	half *attempt
	// key brings double submissions together, so that the work is done once; it holds
	// a secret of this browser. Empty: every call is its own.
	key string
	// cuts says that what is redeemed also ends the member's sessions, by a cutoff.
	cuts bool
}

// askedBy returns the attempt that asked for an e-mail to this address.
func (s signing) askedBy(email string) (attempt, bool) {
	for _, a := range s.asked {
		if sameAddress(a.email, email) {
			return a, true
		}
	}
	return attempt{}, false
}

// surprises reports whether the account is not one that was asked for.
func (s signing) surprises(email string) bool {
	_, expected := s.askedBy(email)
	return !expected && (s.unasked || len(s.asked) > 0)
}

// askedFor is the address to name beside an account that surprises, "" if the link was
// not asked for here.
func (s signing) askedFor() string {
	if len(s.asked) == 0 {
		return ""
	}
	return s.asked[0].email
}

// sign runs one way to sign in to its end: it proves what work returns, sets the
// session cookies and redirects to where the attempt leads. A pending sign-in goes on
// at stepUp, and one for an account that was not asked for at hold. What else
// happened is returned, and nothing has been written then.
func (h *Handler) sign(w http.ResponseWriter, r *http.Request, s signing, work func(context.Context) (grimoireauth.SignedIn, error)) error {
	// Who was signed in here before. Also an outage is no reason to stop.
	before, _ := h.guard.Check(r)
	got, err := h.redemptions.run(r.Context(), s.key, func(p *progress) (bool, error) {
		err := h.prove(r, p, before, s, work)
		return p.final(err), err
	})
	if err == nil {
		if err := h.guard.SetCookies(w, h.addressed(alone(r, before)), got.signedIn.Authentication); err != nil {
			h.fault(r, "session cookies not set", err)
			return &grimoireauth.Error{Op: "sign in: set the cookies", Err: errNotProven}
		}
		target := s.attempt.returnTo
		if asked, ok := s.askedBy(got.signedIn.Member.Email); ok {
			target = asked.returnTo
			h.drop(w, r, asked)
		}
		h.drop(w, r, s.attempt)
		h.dropHalf(w, r, s)
		redirect(w, h.target(target))
		return nil
	}
	var surprise *surprisingAccountError
	if errors.As(err, &surprise) {
		return h.hold(w, r, s, surprise.signedIn)
	}
	var stepUp *grimoireauth.StepUpError
	if errors.As(err, &stepUp) && !unknown(err) {
		h.stepUp(w, r, s, stepUp)
		return nil
	}
	if errorType, _ := answered(err); errorType == "pkce_did_not_expect_code_verifier" {
		// Begun without a verifier, so not by this browser, which has sent its own.
		return fmt.Errorf("%w: %w", grimoireauth.ErrOtherBrowser, err)
	}
	if s.half.doesNotFit(err) {
		h.drop(w, r, *s.half)
		return fmt.Errorf("%w: %w", grimoireauth.ErrSignInExpired, err)
	}
	return err
}

// alone returns the request without the session that was there before, which has
// ended by now: SetCookies would end it a second time.
func alone(r *http.Request, before grimoireauth.Authentication) *http.Request {
	if before.IsZero() {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Del("Cookie")
	r.Header.Del("Authorization")
	return r
}

// dropHalf forgets the pending sign-in that has been finished, if it is another
// attempt than the one that finished it.
func (h *Handler) dropHalf(w http.ResponseWriter, r *http.Request, s signing) {
	if s.half != nil && s.half.id != s.attempt.id {
		h.drop(w, r, *s.half)
	}
}

// errNotProven is no case of ErrInvalid, which is about what somebody typed in, nor
// of any other sentinel: only the operator can do something about it.
var errNotProven = errors.New("what Stytch answered signs nobody in here")

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
	case unknown(err):
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
		if err := h.checkClock(ctx, s.cuts); err != nil {
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
	if err != nil && unknown(err) {
		return err
	}
	if err != nil {
		h.end(ctx, r, p.signedIn.Session, "refused sign-in")
		// Not "not signed in": this is nothing that the person could put right.
		return &grimoireauth.Error{Op: "sign in: the new credentials are not accepted here", Err: errNotProven}
	}
	if proved.ID() != p.signedIn.ID() || proved.Session.Member() != p.signedIn.Session.Member() || proved.Organization() != p.signedIn.Organization() {
		h.end(ctx, r, p.signedIn.Session, "refused sign-in")
		return &grimoireauth.Error{Op: "sign in: the new credentials prove another session", Err: errNotProven}
	}
	p.signedIn.Authentication = proved
	if s.surprises(p.signedIn.Member.Email) {
		return &surprisingAccountError{p.signedIn}
	}
	if h.config.OnSignIn != nil {
		if err := h.config.OnSignIn(ctx, p.signedIn); err != nil {
			own := &applicationError{"OnSignIn", err}
			if own.refuses() {
				h.end(ctx, r, p.signedIn.Session, "refused sign-in")
			}
			return own
		}
	}
	// One browser, one session: a planted or forgotten one ends here.
	if !before.IsZero() && before.ID() != p.signedIn.ID() {
		h.end(ctx, r, before.Session, "earlier session")
	}
	return nil
}

// end revokes a session that nobody shall use any more. If that fails it lives
// on at Stytch without a cookie; that is worth a line, not a failed sign-in.
func (h *Handler) end(ctx context.Context, r *http.Request, session grimoireauth.Session, why string) {
	// It is due whatever share the client address has left.
	ctx = grimoireauth.ContextWithClientAddress(ctx, netip.Addr{})
	if err := h.revoke(ctx, session); err != nil {
		h.note(r, "session not revoked: "+why, err)
	}
}
