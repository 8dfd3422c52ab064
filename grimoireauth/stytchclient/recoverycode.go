package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/recoverycodes"
)

// WithRecoveryCode completes a second factor by a recovery code, for a member who has
// lost the authenticator app. Each code works once. Errors: [grimoireauth.ErrWrongCode];
// [grimoireauth.ErrNotFound] if the member has no app with such codes;
// [grimoireauth.ErrLocked]; [grimoireauth.ErrSignInExpired] or [grimoireauth.ErrSessionEnded].
// Source: https://stytch.com/docs/b2b/api/recovery-codes-recover
func (f SecondFactors) WithRecoveryCode(ctx context.Context, who FactorOwner, in FactorCode) (SignedIn, error) {
	const op = "use recovery code"
	req, err := f.request(op, who, in)
	if err != nil {
		return SignedIn{}, err
	}
	return f.c.authenticate(ctx, op, "/v1/b2b/recovery_codes/recover", &recoverycodes.RecoverParams{
		OrganizationID:           string(who.Person.Class),
		MemberID:                 string(who.Person.Member),
		RecoveryCode:             in.Code.Reveal(),
		IntermediateSessionToken: req.intermediate,
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
	}, expected{class: who.Person.Class, whose: who.Person.Member, completes: true})
}

// RecoveryCodes returns the codes that are left to the member of a live session. Stytch
// answers the project and checks no session, and each code is as good as the app. So this
// call takes a verified session and no [FactorOwner], the parts of which need not belong
// together. Show the codes only after a second factor that was given just now.
// Errors: [grimoireauth.ErrNotFound] without an app; [grimoireauth.ErrInvalid] for the zero
// Authentication.
// Source: https://stytch.com/docs/b2b/api/recovery-codes-get
func (f SecondFactors) RecoveryCodes(ctx context.Context, of grimoireauth.Authentication) ([]grimoireauth.Secret, error) {
	const op = "list recovery codes"
	who := OwnerOf(of).Person
	if err := invalid(op, classFault(who.Class), memberFault(who.Member)); err != nil {
		return nil, err
	}
	res, err := call(ctx, f.c, op, func(ctx context.Context) (*recoverycodes.GetResponse, error) {
		return f.c.api.RecoveryCodes.Get(ctx, &recoverycodes.GetParams{
			OrganizationID: string(who.Class), MemberID: string(who.Member),
		})
	})
	if err != nil {
		return nil, err
	}
	if res.MemberID != string(who.Member) {
		return nil, incomplete(op, res.RequestID, "is about another member")
	}
	return secrets(res.RecoveryCodes), nil
}

// RotateRecoveryCodes replaces the codes of the member of a live session by new ones, when
// another person may know the old ones or they are used up. As with
// [SecondFactors.RecoveryCodes], a second factor should come just before, and the errors are
// the same.
// Source: https://stytch.com/docs/b2b/api/recovery-codes-rotate
func (f SecondFactors) RotateRecoveryCodes(ctx context.Context, of grimoireauth.Authentication) ([]grimoireauth.Secret, error) {
	const op = "rotate recovery codes"
	who := OwnerOf(of).Person
	if err := invalid(op, classFault(who.Class), memberFault(who.Member)); err != nil {
		return nil, err
	}
	audit := grimoireauth.Changed{Op: op, Class: who.Class, Member: who.Member}
	res, err := call(ctx, f.c, op, func(ctx context.Context) (*recoverycodes.RotateResponse, error) {
		return f.c.api.RecoveryCodes.Rotate(ctx, &recoverycodes.RotateParams{
			OrganizationID: string(who.Class), MemberID: string(who.Member),
		})
	})
	if err != nil {
		f.c.recordUnknown(ctx, audit, err)
		return nil, err
	}
	switch {
	case res.MemberID != string(who.Member):
		return nil, incomplete(op, res.RequestID, "is about another member")
	case len(res.RecoveryCodes) == 0:
		return nil, incomplete(op, res.RequestID, "has no recovery codes")
	}
	audit.RequestID = res.RequestID
	f.c.record(ctx, audit)
	return secrets(res.RecoveryCodes), nil
}
