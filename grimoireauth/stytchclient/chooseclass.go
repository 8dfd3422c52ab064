package stytchclient

import (
	"context"
	"errors"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/discovery/intermediatesessions"
)

// ChosenClass is one of the classes of a [Discovered].
type ChosenClass struct {
	// Class is the one they chose. Required.
	Class grimoireauth.ClassID
	// Intermediate is that of the Discovered. Required.
	Intermediate grimoireauth.Intermediate
	SessionOptions
	// Locale is as in [SignInOptions].
	Locale string
}

// ChooseClass goes on to a class with what was proven without one. It accepts an
// invitation, and joins a class that admits the person's address. Errors:
// [grimoireauth.ErrNotInvited] if the class does not know them and does not admit them;
// [grimoireauth.ErrUnauthenticated] if what they proved counts in another class only, as a
// password or its identity provider does: let them sign in to this one.
// Source: https://stytch.com/docs/b2b/api/exchange-intermediate-session
func (s Discovery) ChooseClass(ctx context.Context, in ChosenClass) (SignedIn, error) {
	const op = "choose class"
	req, err := s.c.request(op, SignInOptions{SessionOptions: in.SessionOptions, Continue: in.Intermediate, Locale: in.Locale},
		classFault(in.Class))
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/discovery/intermediate_sessions/exchange", &intermediatesessions.ExchangeParams{
		IntermediateSessionToken: req.intermediate,
		OrganizationID:           string(in.Class),
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		Locale:                   localeOf[intermediatesessions.ExchangeRequestLocale](req.locale),
	}, expected{class: in.Class, began: req.began})
}

// CreatedClass is a class that a person makes for themselves while they sign in.
type CreatedClass struct {
	// Intermediate is that of the Discovered. Required.
	Intermediate grimoireauth.Intermediate
	NewClass
	SessionOptions
}

// CreateClass makes a class and signs its maker in to it, as its administrator
// (stytch_admin, by default a coordinator). A page that offers it to everybody who
// can read e-mail lets everybody be a coordinator: offer it to known people only. What
// is proven has to prove the address: after GitHub, Slack or HubSpot it is not
// enough, the class is made all the same, and the error is a [*StepUpError]. Other
// errors: those of [Classes.Create].
// Source: https://stytch.com/docs/b2b/api/create-organization-via-discovery
func (s Discovery) CreateClass(ctx context.Context, in CreatedClass) (SignedIn, error) {
	const op = "create class by discovery"
	fields, fault := s.c.fieldsOf(in.change())
	req, err := s.c.request(op, SignInOptions{SessionOptions: in.SessionOptions, Continue: in.Intermediate}, fault)
	if err != nil {
		return SignedIn{}, err
	}
	fields["intermediate_session_token"] = req.intermediate
	if req.minutes != 0 {
		fields["session_duration_minutes"] = req.minutes
	}
	if len(req.claims) > 0 {
		fields["session_custom_claims"] = req.claims
	}
	audit := grimoireauth.Changed{Op: op}
	res, err := ask[sessionAnswer](ctx, s.c, op, "/v1/b2b/discovery/organizations/create", fields, expected{})
	if err != nil {
		s.c.recordUnknown(ctx, audit, err)
		return SignedIn{}, err
	}
	signedIn, err := s.c.accept(ctx, op, *res, expected{began: req.began})
	made := signedIn.Class
	var stepUp *StepUpError
	if errors.As(err, &stepUp) {
		made = stepUp.Class
	}
	if made.ID != "" {
		audit.Class, audit.RequestID, audit.Fields = made.ID, res.RequestID, difference(nil, classAudit(made))
		audit.By = signedIn.Member.Member
		s.c.record(ctx, audit)
	}
	return signedIn, err
}
