package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/recoverycodes"
)

// ResumeWithRecoveryCode finishes a sign-in with a recovery code of somebody who
// has lost their authenticator app. Each code works once. Errors: [grimoireauth.ErrWrongCode];
// [grimoireauth.ErrNotFound] if the member has no app with such codes; [grimoireauth.ErrLocked],
// [grimoireauth.ErrSignInExpired].
// Source: https://stytch.com/docs/b2b/api/recovery-codes-recover
func (s SignIn) ResumeWithRecoveryCode(ctx context.Context, unfinished Unfinished, in FactorCode) (SignedIn, error) {
	return s.c.secondFactors().withRecoveryCode(ctx, unfinished.owner(), in)
}

// AddFactorRecoveryCode adds a recovery code to a live session. Errors: as
// [SignIn.ResumeWithRecoveryCode], and [grimoireauth.ErrSessionEnded].
func (s Sessions) AddFactorRecoveryCode(ctx context.Context, to grimoireauth.Authentication, in FactorCode) (SignedIn, error) {
	return s.c.secondFactors().withRecoveryCode(ctx, ownerOf(to), in)
}

func (f secondFactors) withRecoveryCode(ctx context.Context, who owner, in FactorCode) (SignedIn, error) {
	const op = "use recovery code"
	req, err := f.request(op, who, in)
	if err != nil {
		return SignedIn{}, err
	}
	return f.c.authenticate(ctx, op, "/v1/b2b/recovery_codes/recover", &recoverycodes.RecoverParams{
		OrganizationID:           string(who.person.Class),
		MemberID:                 string(who.person.Member),
		RecoveryCode:             in.Code.Reveal(),
		IntermediateSessionToken: req.intermediate,
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
	}, expected{class: who.person.Class, whose: who.person.Member, completes: true})
}

// RecoveryCodes returns the codes that are left to somebody who is signed in. Stytch
// answers this to the project, whoever asks, and each code is as good as their app:
// show them only after a second factor that was given just now. Errors:
// [grimoireauth.ErrNotFound] without an app.
// Source: https://stytch.com/docs/b2b/api/recovery-codes-get
func (s Sessions) RecoveryCodes(ctx context.Context, of grimoireauth.Authentication) ([]grimoireauth.Secret, error) {
	const op = "list recovery codes"
	who := ownerOf(of)
	if err := invalid(op, who.faults()...); err != nil {
		return nil, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*recoverycodes.GetResponse, error) {
		return s.c.api.RecoveryCodes.Get(ctx, &recoverycodes.GetParams{
			OrganizationID: string(who.person.Class), MemberID: string(who.person.Member),
		})
	})
	if err != nil {
		return nil, err
	}
	if res.MemberID != string(who.person.Member) {
		return nil, incomplete(op, res.RequestID, "is about another member")
	}
	return secrets(res.RecoveryCodes), nil
}

// RotateRecoveryCodes replaces the codes of somebody who is signed in by new ones:
// the old ones were seen, or are used up. As with [Sessions.RecoveryCodes], a second
// factor should come just before. Errors: [grimoireauth.ErrNotFound] without an app.
// Source: https://stytch.com/docs/b2b/api/recovery-codes-rotate
func (s Sessions) RotateRecoveryCodes(ctx context.Context, of grimoireauth.Authentication) ([]grimoireauth.Secret, error) {
	const op = "rotate recovery codes"
	who := ownerOf(of)
	if err := invalid(op, who.faults()...); err != nil {
		return nil, err
	}
	audit := grimoireauth.Changed{Op: op, Class: who.person.Class, Member: who.person.Member}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*recoverycodes.RotateResponse, error) {
		return s.c.api.RecoveryCodes.Rotate(ctx, &recoverycodes.RotateParams{
			OrganizationID: string(who.person.Class), MemberID: string(who.person.Member),
		})
	})
	if err != nil {
		s.c.recordUnknown(ctx, audit, err)
		return nil, err
	}
	switch {
	case res.MemberID != string(who.person.Member):
		return nil, incomplete(op, res.RequestID, "is about another member")
	case len(res.RecoveryCodes) == 0:
		return nil, incomplete(op, res.RequestID, "has no recovery codes")
	}
	audit.RequestID = res.RequestID
	s.c.record(ctx, audit)
	return secrets(res.RecoveryCodes), nil
}
