package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// sign runs one way to sign in to its end: it proves what work returns, sets the
// session cookies and redirects to target. An unfinished sign-in goes on at stepUp.
// What else happened is returned, and nothing has been written then.
//
// The key brings double submissions together, so that work runs once; it must hold
// a secret of this browser. Empty: every call is its own.
func (h *Handler) sign(w http.ResponseWriter, r *http.Request, key, target string, work func(context.Context) (grimoireauth.SignedIn, error)) error {
	// Who was signed in here before. Also an outage is no reason to stop.
	before, _ := h.guard.Check(r)
	got, err := h.attempts.run(r.Context(), key, func(p *progress) (bool, error) {
		err := h.prove(r, p, before, work)
		return p.final(err), err
	})
	if err == nil {
		if err := h.guard.SetCookies(w, r, got.signedIn.Authentication); err != nil {
			h.fault(r, "session cookies not set", err)
			return &grimoireauth.Error{Op: "sign in: set the cookies", Err: errNotProven}
		}
		h.forgetSignIn(w, r)
		redirect(w, target)
		return nil
	}
	var unfinished *grimoireauth.StepUpError
	if errors.As(err, &unfinished) && !unknown(err) {
		// What began it is used up. Where it leads has to last until the end.
		h.forgetSignIn(w, r)
		h.lead(w, r, target)
		h.stepUp(w, r, unfinished)
		return nil
	}
	if errorType, _ := answered(err); errorType == "pkce_did_not_expect_code_verifier" {
		// Begun without a verifier, so not by this browser, which has sent its own.
		return fmt.Errorf("%w: %w", grimoireauth.ErrOtherBrowser, err)
	}
	if h.doesNotFit(r, err) {
		h.abandon(w)
		return fmt.Errorf("%w: %w", grimoireauth.ErrSignInExpired, err)
	}
	return err
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
func (h *Handler) prove(r *http.Request, p *progress, before grimoireauth.Authentication, work func(context.Context) (grimoireauth.SignedIn, error)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), attemptTime)
	defer cancel()
	if !p.redeemed {
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
	if err := h.revoke(ctx, session); err != nil {
		h.note(r, "session not revoked: "+why, err)
	}
}
