package signin

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// sign does the work of one method, verifies the result, sets the session cookies and
// redirects to the return address. If Stytch requires one more step it continues in
// stepUp, and if the account was not requested, in holdForConfirmation. It returns all
// other errors, and has written nothing then.
func (h *Handler) sign(w http.ResponseWriter, r *http.Request, s signing, work signInFunc) error {
	// The session that the browser had before. A temporary error is ignored.
	before, _ := h.guard.Check(r)
	token, redeemed := h.redeemedBefore(s)
	if redeemed {
		s.attempt.held = grimoireauth.Secret{} // so that drop does not end the session
		work = func(ctx context.Context) (stytchclient.SignedIn, error) {
			return h.client.Sessions.Fetch(ctx, grimoireauth.NewCredentials("", token.Reveal()))
		}
	}
	got, err := h.redemptions.Do(r.Context(), s.key, func(p *progress) (bool, error) {
		err := h.proveOnce(r, p, before, s, work, redeemed)
		if p.redeemed && isUndecided(err) {
			err = &unfinishedError{p.signedIn.Token, err}
		}
		return p.final(err), err
	})
	if err == nil {
		if err := h.guard.SetCookies(w, h.withPublicHost(withoutSession(r, before)), got.signedIn.Authentication); err != nil {
			h.logFault(r, "session cookies not set", err)
			return &grimoireauth.Error{Op: "sign in: set the cookies", Err: errNotProven}
		}
		target := s.attempt.returnTo
		if request, ok := s.requestFor(got.signedIn.Member.Email); ok {
			target = request.returnTo
			h.drop(w, r, request)
		}
		h.drop(w, r, s.attempt)
		h.dropContinued(w, r, s)
		redirect(w, h.destination(target))
		return nil
	}
	if held := h.holding(s, err); !held.held.IsZero() {
		h.keep(w, r, held)
		return err
	}
	if redeemed && errors.Is(err, grimoireauth.ErrSessionEnded) {
		h.drop(w, r, s.attempt)
		// The cause is left out: it would say that the person's proof is not accepted.
		return &grimoireauth.Error{Op: "sign in: the session that waited has ended", Kind: grimoireauth.ErrSignInExpired}
	}
	var unexpected *unexpectedAccountError
	if errors.As(err, &unexpected) {
		return h.holdForConfirmation(w, r, s, unexpected.signedIn)
	}
	if pending, email, ok := pendingAfter(err); ok && !isUndecided(err) {
		h.stepUp(w, r, s, pending, email, err)
		return nil
	}
	if errorType, _ := stytchErrorType(err); errorType == "pkce_did_not_expect_code_verifier" {
		// The sign-in was started without a verifier, so not by this browser.
		return fmt.Errorf("%w: %w", grimoireauth.ErrOtherBrowser, err)
	}
	if s.continues.causes(err) {
		h.drop(w, r, *s.continues)
		return fmt.Errorf("%w: %w", grimoireauth.ErrSignInExpired, err)
	}
	return err
}

// withPublicHost returns the request with the host that the browser used. If a proxy
// does not pass it on, it is that of the BaseURL.
func (h *Handler) withPublicHost(r *http.Request) *http.Request {
	if here, err := url.Parse("//" + r.Host); err == nil && h.guard.CheckCookies(here.Hostname()) == nil {
		return r
	}
	base, err := url.Parse(h.config.BaseURL)
	if err != nil {
		return r
	}
	r = r.WithContext(r.Context())
	r.Host = base.Host
	return r
}

// withoutSession returns the request without the session that was there before. That
// session has ended, and SetCookies would end it a second time.
func withoutSession(r *http.Request, before grimoireauth.Authentication) *http.Request {
	if before.IsZero() {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Del("Cookie")
	r.Header.Del("Authorization")
	return r
}

// dropContinued deletes the attempt whose pending sign-in was finished, if it is
// another one.
func (h *Handler) dropContinued(w http.ResponseWriter, r *http.Request, s signing) {
	if s.continues != nil && s.continues.id != s.attempt.id {
		h.drop(w, r, *s.continues)
	}
}

// holdForConfirmation keeps a finished sign-in until the person confirms the account.
// The session_token waits in the cookie of the attempt, so that any replica can continue.
// The session ends if the answer is no, or if the answer comes too late.
func (h *Handler) holdForConfirmation(w http.ResponseWriter, r *http.Request, s signing, signedIn stytchclient.SignedIn) error {
	a := s.attempt
	a.requested, a.verifier, a.token, a.pending = "", grimoireauth.Secret{}, callbackToken{}, pendingSignIn{}
	a.class, a.email, a.account = string(signedIn.Class.ID), s.requestedEmail(), signedIn.Member.Email
	if slug := signedIn.Class.Slug; slug != "" && slugOK(slug) {
		a.class = slug
	}
	a = h.hold(a, "", signedIn.Token).lasting(heldLife)
	if _, ok := h.attemptOf(a.id, attemptCodec.Encode(a.fitted()), time.Now()); !ok {
		h.endSession(context.WithoutCancel(r.Context()), r, signedIn.Session, "a sign-in that cannot be kept")
		return &grimoireauth.Error{Op: "sign in: keep it for a confirmation", Err: errNotProven}
	}
	h.logInfo(r, "a link was for an account that was not asked for", nil)
	redirect(w, h.next(h.keep(w, r, a)))
	return nil
}

// unfinishedError is a temporary error after a token or code was redeemed: the
// application's OnSignIn has failed, or the new credentials could not be verified.
type unfinishedError struct {
	token grimoireauth.Secret // the session_token
	err   error
}

func (e *unfinishedError) Error() string { return e.err.Error() }

func (e *unfinishedError) Unwrap() error { return e.err }

// holding returns the attempt with the session_token of an [unfinishedError], so that the
// next try goes on from there, on any replica. It returns no held token after any other
// error.
func (h *Handler) holding(s signing, err error) attempt {
	var unfinished *unfinishedError
	if !errors.As(err, &unfinished) || s.key == "" || s.repeatable {
		return attempt{}
	}
	return h.hold(s.attempt, s.key, unfinished.token)
}

// redeemedBefore returns the session_token that an earlier try has left in the attempt, if
// it was the same try: with the same token or code, and the same class or password.
func (h *Handler) redeemedBefore(s signing) (grimoireauth.Secret, bool) {
	token, sum, ok := h.heldBy(s.attempt)
	if !ok || s.key == "" || sum != keySum(s.key) {
		return grimoireauth.Secret{}, false
	}
	return token, true
}

// hold puts a session_token into the cookie of an attempt, for the key of its signing or,
// while the account has to be confirmed, for no key. It is sealed, since the session does
// not count before the sign-in is finished: the browser could otherwise leave OnSignIn
// out.
func (h *Handler) hold(a attempt, key string, token grimoireauth.Secret) attempt {
	a.held = h.box.Seal(grimoireauth.NewSecret(keySum(key)+token.Reveal()), a.label())
	return a
}

// heldBy returns the session_token that waits in an attempt, and the sum of its key. A
// rotation of the project secret makes it unreadable, and the sign-in begins again.
func (h *Handler) heldBy(a attempt) (token grimoireauth.Secret, sum string, ok bool) {
	opened, ok := h.box.Open(a.held, a.label())
	text := opened.Reveal()
	if !ok || len(text) <= sumSize {
		return grimoireauth.Secret{}, "", false
	}
	return grimoireauth.NewSecret(text[sumSize:]), text[:sumSize], true
}

// label binds what is sealed to one attempt of one browser.
func (a attempt) label() string { return a.id + "\n" + a.nonce }

const sumSize = 22 // of keySum: 128 bits in base64url

// keySum stands for the key of a signing, which is secret.
func keySum(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// stepUp keeps the pending sign-in and redirects to the missing step.
func (h *Handler) stepUp(w http.ResponseWriter, r *http.Request, s signing, pending pendingSignIn, email string, cause error) {
	// Stytch returns the same token again while the sign-in goes on.
	if earlier := s.attempt.pending; earlier.step != "" && earlier.intermediate.Token.Equal(pending.intermediate.Token) {
		pending.discovered = pending.discovered || earlier.discovered
	}
	a, nameless := s.attempt, false
	if request, ok := s.requestFor(email); ok {
		a.returnTo = request.returnTo
		h.drop(w, r, request)
	} else if s.isUnexpected(email) {
		nameless = email == "" // there is no account to confirm
		a.account, a.email = email, s.requestedEmail()
	}
	h.dropContinued(w, r, s)
	a, ok := h.keepPending(w, r, a, pending)
	if !ok || nameless {
		h.logFault(r, "a pending sign-in of a form that is not known", cause)
		h.drop(w, r, s.attempt)
		h.offer(w, r, http.StatusInternalServerError, Page{Class: string(pending.class), ClassName: pending.className, Notice: "You could not be signed in. Please begin again here."})
		return
	}
	h.logInfo(r, "sign-in not finished yet", cause)
	redirect(w, h.next(a))
}

// keepPending puts a pending sign-in into its attempt, which expires with it. It
// returns false if the cookie could not be read again.
func (h *Handler) keepPending(w http.ResponseWriter, r *http.Request, a attempt, pending pendingSignIn) (attempt, bool) {
	now := time.Now()
	if latest := now.Add(intermediateLife); pending.intermediate.ExpiresAt.After(latest) {
		pending.intermediate.ExpiresAt = latest
	}
	a.requested, a.verifier, a.token = "", grimoireauth.Secret{}, callbackToken{}
	a.pending, a.until = pending.fitted(), pending.intermediate.ExpiresAt.Unix()
	switch {
	case pending.slug != "":
		a.class = a.pending.slug
	case pending.class != "":
		a.class = string(pending.class)
	}
	if read, ok := h.attemptOf(a.id, attemptCodec.Encode(a.fitted()), now); !ok || !read.isPending(now) {
		return attempt{}, false
	}
	return h.keep(w, r, a), true
}
