package stytchclient

import (
	"context"
	"net/url"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/totps"
)

// AppEnrollment is what a member needs to set an authenticator app up. All of it is
// secret and shown once: with it the member's codes can be made.
type AppEnrollment struct {
	// Secret is the key that the app asks for when it cannot scan: base32.
	Secret grimoireauth.Secret
	// URI is the same for a QR code: otpauth://totp/… in the Key Uri Format that
	// authenticator apps read. Draw it on the server or in the page, and never send
	// it to a QR service of another provider.
	URI grimoireauth.Secret
	// RecoveryCodes do instead of the app, each once. The member should print them.
	RecoveryCodes []grimoireauth.Secret
}

// EnrollApp begins to enroll an authenticator app. It works once a code of the app was
// right: [SecondFactors.WithAppCode], within an hour. Errors: [grimoireauth.ErrConflict] if
// the member has an app, or began to enroll one; [grimoireauth.ErrMethodNotAllowed];
// [grimoireauth.ErrSignInExpired] or [grimoireauth.ErrSessionEnded].
// Source: https://stytch.com/docs/b2b/api/create-totp
func (f SecondFactors) EnrollApp(ctx context.Context, who FactorOwner) (AppEnrollment, error) {
	const op = "enroll authenticator app"
	req, err := f.c.request(op, SignInOptions{Continue: who.Proof}, who.faults()...)
	if err != nil {
		return AppEnrollment{}, err
	}
	res, err := call(ctx, f.c, op, func(ctx context.Context) (*totps.CreateResponse, error) {
		return f.c.api.TOTPs.Create(ctx, &totps.CreateParams{
			OrganizationID:           string(who.Person.Class),
			MemberID:                 string(who.Person.Member),
			IntermediateSessionToken: req.intermediate,
			SessionToken:             req.token,
			SessionJWT:               req.jwt,
		})
	})
	if err != nil {
		return AppEnrollment{}, f.c.instead(ctx, who.Person.Class, err)
	}
	switch {
	case res.Secret == "":
		return AppEnrollment{}, incomplete(op, res.RequestID, "has no secret")
	case res.MemberID != string(who.Person.Member), res.Organization.OrganizationID != string(who.Person.Class):
		return AppEnrollment{}, incomplete(op, res.RequestID, "is about another member")
	case len(res.RecoveryCodes) == 0:
		return AppEnrollment{}, incomplete(op, res.RequestID, "has no recovery codes")
	}
	return AppEnrollment{
		Secret:        grimoireauth.NewSecret(res.Secret),
		URI:           grimoireauth.NewSecret(provisioningURI(res.Organization.OrganizationName, res.Member.EmailAddress, res.Secret)),
		RecoveryCodes: secrets(res.RecoveryCodes),
	}, nil
}

// provisioningURI is the Key Uri Format of authenticator apps. The rest of it,
// SHA-1, six digits and thirty seconds, are its defaults and Stytch's values.
// Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func provisioningURI(issuer, account, secret string) string {
	label := account
	// A colon separates the two, so neither can hold one.
	issuer = strings.TrimSpace(strings.ReplaceAll(issuer, ":", " "))
	if issuer != "" {
		label = issuer + ":" + account
	}
	query := "secret=" + url.QueryEscape(secret)
	if issuer != "" {
		// Apps take a plus for a plus, so a space has to be %20.
		query += "&issuer=" + strings.ReplaceAll(url.QueryEscape(issuer), "+", "%20")
	}
	return "otpauth://totp/" + url.PathEscape(label) + "?" + query
}

// WithAppCode checks a code of an authenticator app. The first right code confirms the app.
// Errors: [grimoireauth.ErrWrongCode]; [grimoireauth.ErrTokenSpent] for a code that was
// used, or an enrollment that was not confirmed in time; [grimoireauth.ErrNotFound] without
// an app; [grimoireauth.ErrLocked]; [grimoireauth.ErrSignInExpired] or
// [grimoireauth.ErrSessionEnded].
// Source: https://stytch.com/docs/b2b/api/authenticate-totp
func (f SecondFactors) WithAppCode(ctx context.Context, who FactorOwner, in FactorCode) (SignedIn, error) {
	const op = "check authenticator app"
	req, err := f.request(op, who, in)
	if err != nil {
		return SignedIn{}, err
	}
	return f.c.authenticate(ctx, op, "/v1/b2b/totp/authenticate", &totps.AuthenticateParams{
		OrganizationID:           string(who.Person.Class),
		MemberID:                 string(who.Person.Member),
		Code:                     typedCode(in.Code),
		IntermediateSessionToken: req.intermediate,
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		SetMFAEnrollment:         in.enrollment(),
		SetDefaultMFA:            in.MakeDefault,
	}, expected{class: who.Person.Class, whose: who.Person.Member, completes: true})
}

func secrets(values []string) []grimoireauth.Secret {
	out := make([]grimoireauth.Secret, len(values))
	for i, value := range values {
		out[i] = grimoireauth.NewSecret(value)
	}
	return out
}
