package stytchclient

import (
	"context"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords/email"
)

const opPasswordReset = "start password reset"

// PasswordReset describes a link by e-mail to set a password with, also a first
// one: Stytch has no other way to set a first password.
type PasswordReset struct {
	// Class and Email say whose. Required.
	Class grimoireauth.ClassID
	Email string
	// RedirectURL is where the link leads, and LoginRedirectURL where the other
	// button of the e-mail does, "log in without password". Both are registered with
	// Stytch. Empty: the project's defaults.
	RedirectURL, LoginRedirectURL string
	// Expires is how long the link works, in whole minutes from 5 minutes to 7 days.
	// Zero: 30 minutes.
	Expires time.Duration
	// Locale is the language of the e-mail: "en", "es", "fr" or "pt-br". Empty: "en".
	Locale string
	// Verifier is as in [OAuthStart].
	Verifier grimoireauth.Secret
}

// StartReset e-mails a link to set a password with. It returns the verifier
// that [NewPassword] wants: keep it for this browser. The link sets no password in
// another one, so the e-mail alone is not enough. Errors: those of
// [SignIn.SendMagicLink], and as there a page that strangers can reach should
// answer all of them alike.
// Source: https://stytch.com/docs/b2b/api/email-reset-start
func (s Passwords) StartReset(ctx context.Context, reset PasswordReset) (verifier grimoireauth.Secret, err error) {
	const op = opPasswordReset
	minutes, fault := linkMinutes(reset.Expires)
	if err := invalid(op, needed("class id", string(reset.Class)), checkEmail(reset.Email), fault, checkLocale(reset.Locale), checkVerifier(reset.Verifier)); err != nil {
		return grimoireauth.Secret{}, err
	}
	if verifier = reset.Verifier; verifier.IsZero() {
		verifier = NewVerifier()
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*email.ResetStartResponse, error) {
		return s.c.api.Passwords.Email.ResetStart(ctx, &email.ResetStartParams{
			OrganizationID:                 string(reset.Class),
			EmailAddress:                   reset.Email,
			ResetPasswordRedirectURL:       reset.RedirectURL,
			LoginRedirectURL:               reset.LoginRedirectURL,
			ResetPasswordExpirationMinutes: int32(minutes),
			CodeChallenge:                  challenge(verifier), // pkce_code_challenge everywhere else
			Locale:                         localeOf[email.ResetStartRequestLocale](reset.Locale),
		})
	})
	if err != nil {
		return grimoireauth.Secret{}, s.c.instead(ctx, reset.Class, err)
	}
	// The answer has no organization, so an archived class shows at the end only.
	if why := barred(organizations.Organization{}, res.Member); why != nil {
		return grimoireauth.Secret{}, &grimoireauth.Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: res.RequestID}
	}
	return verifier, nil
}

// NewPassword ends a password reset.
type NewPassword struct {
	Token    grimoireauth.Secret // the token in the link; required
	Verifier grimoireauth.Secret // what StartReset returned; required
	Password grimoireauth.Secret // the new password; required
	// Class is as in [MagicLinkSignIn].
	Class grimoireauth.ClassID
	SignInOptions
}

// FinishReset sets the password and signs its owner in, which can owe a
// second factor like every sign-in; the password is set then as well. All other
// sessions of the member end: their session_jwts are stale at once in this process,
// and in those that share its revocations. Errors: [grimoireauth.ErrTokenSpent], [grimoireauth.ErrTokenUnknown],
// [grimoireauth.ErrOtherBrowser]; [grimoireauth.ErrWeakPassword], after which the same link can be tried again.
// Source: https://stytch.com/docs/b2b/api/email-reset
func (s Passwords) FinishReset(ctx context.Context, in NewPassword) (SignedIn, error) {
	const op = "finish password reset"
	req, err := s.c.request(op, in.SignInOptions, needed("token of the link", in.Token.Reveal()),
		neededVerifier(in.Verifier), needed("new password", in.Password.Reveal()))
	if err != nil {
		return SignedIn{}, err
	}
	want := expected{meant: in.Class, began: req.began}
	res, err := ask[sessionAnswer](ctx, s.c, op, "/v1/b2b/passwords/email/reset", &email.ResetParams{
		PasswordResetToken:       in.Token.Reveal(),
		Password:                 in.Password.Reveal(),
		CodeVerifier:             in.Verifier.Reveal(), // pkce_code_verifier everywhere else
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		IntermediateSessionToken: req.intermediate,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		Locale:                   localeOf[email.ResetRequestLocale](req.locale),
	}, want)
	if err != nil {
		return SignedIn{}, err
	}
	s.c.passwordSet(ctx, op, res.RequestID, res.Member)
	return s.c.accept(ctx, op, *res, want)
}

// passwordSet notes that a member has a new password: Stytch has ended their other
// sessions, so their session_jwts are refreshed before they count again. It goes by
// what the answer says before anything else is read in it.
func (c *Client) passwordSet(ctx context.Context, op, requestID string, m organizations.Member) {
	if m.MemberID == "" {
		return // the answer is refused in a moment
	}
	if err := c.announce(ctx, op, grimoireauth.Revocation{Member: grimoireauth.MemberID(m.MemberID)}); err != nil {
		c.alarm(ctx, "A password was changed, and old sessions may be accepted elsewhere until their session_jwts expire", err)
	}
	c.record(ctx, grimoireauth.Changed{Op: op, Class: grimoireauth.ClassID(m.OrganizationID), Member: grimoireauth.MemberID(m.MemberID), RequestID: requestID})
}

// passwordMayBeSet is passwordSet for a call that failed. Unless Stytch refused it,
// the password may be new and the other sessions ended.
func (c *Client) passwordMayBeSet(ctx context.Context, op string, who grimoireauth.Person, err error) {
	if !stytchhttp.MayBeDone(err) {
		return
	}
	if err := c.announce(ctx, op, grimoireauth.Revocation{Member: who.Member}); err != nil {
		c.alarm(ctx, "A password may have been changed, and old sessions may be accepted elsewhere until their session_jwts expire", err)
	}
	c.recordUnknown(ctx, grimoireauth.Changed{Op: op, Class: who.Class, Member: who.Member}, err)
}
