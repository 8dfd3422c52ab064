package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords/existingpassword"
	passwordsession "github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords/session"
)

// PasswordChange is a new password from a member who knows the old one.
type PasswordChange struct {
	Class grimoireauth.ClassID // required
	Email string               // required
	Old   grimoireauth.Secret  // required
	New   grimoireauth.Secret  // required
	// SessionOptions are for the new session; every old one ends.
	SessionOptions
	// Locale is as in [SignInOptions].
	Locale string
}

// Change sets a new password and signs its owner in anew. All sessions that
// the member had end, as with [Passwords.FinishReset]. Errors:
// [grimoireauth.ErrWrongPassword] for the old one, as with [SignIn.WithPassword];
// [grimoireauth.ErrWeakPassword] for the new one; [grimoireauth.ErrLocked].
// Source: https://stytch.com/docs/b2b/api/existing-password-reset
func (s Passwords) Change(ctx context.Context, in PasswordChange) (SignedIn, error) {
	const op = "change password"
	req, err := s.c.request(op, SignInOptions{SessionOptions: in.SessionOptions, Locale: in.Locale},
		needed("class id", string(in.Class)), checkEmail(in.Email),
		needed("old password", in.Old.Reveal()), needed("new password", in.New.Reveal()))
	if err != nil {
		return SignedIn{}, err
	}
	want := expected{class: in.Class, password: true}
	res, err := ask[sessionAnswer](ctx, s.c, op, "/v1/b2b/passwords/existing_password/reset", &existingpassword.ResetParams{
		OrganizationID:         string(in.Class),
		EmailAddress:           in.Email,
		ExistingPassword:       in.Old.Reveal(),
		NewPassword:            in.New.Reveal(),
		SessionDurationMinutes: req.minutes,
		SessionCustomClaims:    req.claims,
		Locale:                 localeOf[existingpassword.ResetRequestLocale](req.locale),
	}, want)
	if err != nil {
		return SignedIn{}, err
	}
	s.c.passwordSet(ctx, op, res.RequestID, res.Member)
	return s.c.accept(ctx, op, *res, want)
}

// Set gives a person who has just signed in a password, also a first one. Their other sessions end; this one goes on. Errors: [grimoireauth.ErrNotRecent] if no factor of
// the session is younger than five minutes, [grimoireauth.ErrWeakPassword], [grimoireauth.ErrSessionEnded].
// Source: https://stytch.com/docs/b2b/api/session-reset
func (s Passwords) Set(ctx context.Context, of grimoireauth.Authentication, password grimoireauth.Secret, options SessionOptions) (SignedIn, error) {
	const op = "set password"
	who := OwnerOf(of)
	req, err := s.c.request(op, SignInOptions{SessionOptions: options, Continue: who.Proof},
		append(who.faults(), needed("new password", password.Reveal()))...)
	if err != nil {
		return SignedIn{}, err
	}
	want := expected{class: who.Person.Class, whose: who.Person.Member}
	res, err := ask[sessionAnswer](ctx, s.c, op, "/v1/b2b/passwords/session/reset", &passwordsession.ResetParams{
		OrganizationID:         string(who.Person.Class),
		Password:               password.Reveal(),
		SessionToken:           req.token,
		SessionJWT:             req.jwt,
		SessionDurationMinutes: req.minutes,
		SessionCustomClaims:    req.claims,
	}, want)
	if err != nil {
		s.c.passwordMayBeSet(ctx, op, who.Person, err)
		return SignedIn{}, err
	}
	s.c.passwordSet(ctx, op, res.RequestID, res.Member)
	return s.c.accept(ctx, op, *res, want)
}
