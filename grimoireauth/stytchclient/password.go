package stytchclient

import (
	"context"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords"
	passworddiscovery "github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords/discovery"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/rbac"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"
)

// PasswordSignIn is an address and a password that were typed in.
type PasswordSignIn struct {
	Class    grimoireauth.ClassID // required
	Email    string               // required
	Password grimoireauth.Secret  // required
	SignInOptions
}

// WithPassword signs a member in with their password. Errors: [grimoireauth.ErrWrongPassword],
// also for an address that the class does not know or that has no password, so
// that the answer does not tell who is in the class; [grimoireauth.ErrPasswordMustChange];
// [grimoireauth.ErrLocked].
//
// Stytch answers a wrong password in the very words in which it answers a wrong
// project secret. Each time it does, the client asks it for something that any good
// project secret gets; if that is refused as well, the operator is told by an
// [grimoireauth.OperatorAlarm] and the error is [grimoireauth.ErrUnavailable]. So a wrong password costs two
// calls, and that of an unknown address as many.
// Source: https://stytch.com/docs/b2b/api/authenticate-password
func (s SignIn) WithPassword(ctx context.Context, in PasswordSignIn) (SignedIn, error) {
	const op = "sign in with password"
	req, err := s.c.request(op, in.SignInOptions,
		needed("class id", string(in.Class)), checkEmail(in.Email), needed("password", in.Password.Reveal()))
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/passwords/authenticate", &passwords.AuthenticateParams{
		OrganizationID:           string(in.Class),
		EmailAddress:             in.Email,
		Password:                 in.Password.Reveal(),
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		IntermediateSessionToken: req.intermediate,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		Locale:                   localeOf[passwords.AuthenticateRequestLocale](req.locale),
	}, expected{class: in.Class, began: req.began, password: true})
}

// ByPassword begins a discovery with a password, in projects whose passwords belong to
// addresses and not to classes. Errors: those of [SignIn.WithPassword].
// Source: https://stytch.com/docs/b2b/api/passwords-discovery-authenticate
func (s Discovery) ByPassword(ctx context.Context, email string, password grimoireauth.Secret) (Discovered, error) {
	const op = "discover by password"
	if err := invalid(op, checkEmail(email), needed("password", password.Reveal())); err != nil {
		return Discovered{}, err
	}
	return s.begin(ctx, op, "/v1/b2b/passwords/discovery/authenticate", &passworddiscovery.AuthenticateParams{
		EmailAddress: email, Password: password.Reveal(),
	}, expected{password: true})
}

// wrongPassword are the ways in which Stytch says that an address and a password
// do not belong together. The first of them can also mean the project's secret.
var wrongPassword = map[string]bool{
	"unauthorized_credentials":              true,
	"password_does_not_match":               true,
	"member_not_found":                      true,
	"member_does_not_exist_in_organization": true,
	"member_password_not_found":             true,
	"password_not_found":                    true,
	"no_user_password":                      true,
}

// callWithPassword is call for the endpoints that check a password.
func callWithPassword[Answer any](ctx context.Context, c *Client, op string, do func(context.Context) (*Answer, error)) (*Answer, error) {
	ctx, got := stytchhttp.WithAnswer(ctx)
	out, err := do(ctx)
	if err == nil {
		return out, nil
	}
	var fromStytch stytcherror.Error
	if !errors.As(err, &fromStytch) || !wrongPassword[string(fromStytch.ErrorType)] {
		return nil, c.failure(ctx, op, err, got)
	}
	// Also for those that leave no doubt: an unknown address must not be answered in
	// half the time of a wrong password.
	if _, projectErr := call(ctx, c, op, func(ctx context.Context) (*rbac.PolicyResponse, error) {
		return c.api.RBAC.Policy(ctx, &rbac.PolicyParams{})
	}); projectErr != nil {
		return nil, unsure(projectErr)
	}
	return nil, &grimoireauth.Error{
		Op: op, Kind: grimoireauth.ErrWrongPassword, Status: fromStytch.StatusCode, Type: string(fromStytch.ErrorType),
		RequestID: fromStytch.RequestID, RetryAfter: got.RetryAfter, Err: stytchhttp.Refusal(err, fromStytch),
	}
}

// unsure is what remains of a sign-in when it could not be found out what the
// refusal meant: it says nothing about the password.
func unsure(err error) error {
	var e *grimoireauth.Error
	if errors.As(err, &e) && e.Status != http.StatusTooManyRequests {
		e.Kind = grimoireauth.ErrUnavailable
	}
	return err
}
