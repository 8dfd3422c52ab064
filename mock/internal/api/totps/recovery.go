package totps

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// recoverRequest is POST /v1/b2b/recovery_codes/recover.
type recoverRequest struct {
	core.MFASignInRequest
	RecoveryCode string `json:"recovery_code"`
}

// recoverResponse is its response.
type recoverResponse struct {
	core.MFAResponse
	RecoveryCodesRemaining int `json:"recovery_codes_remaining"`
}

// Recover takes a recovery code as a second factor, once.
// Source: https://stytch.com/docs/b2b/api/recovery-codes-recover
func Recover(c *core.Request, in recoverRequest) (*recoverResponse, error) {
	a, err := c.BeginMFA(in.MFASignInRequest)
	if err != nil {
		return nil, err
	}
	m := a.Member
	switch {
	case !m.HasTOTP():
		return nil, wire.Error("no_active_recovery_code_backed_factor")
	case core.CodeForm.MatchString(in.RecoveryCode):
		return nil, wire.Error("totp_code_used_as_recovery_code")
	case in.RecoveryCode == "":
		return nil, wire.Error("invalid_recovery_code")
	}
	n := slices.IndexFunc(m.TOTP.Recovery, func(left string) bool { return state.Same(left, in.RecoveryCode) })
	if n < 0 {
		return nil, c.CountFailure(m, wire.Error("unable_to_authenticate_recovery_code"))
	}
	m.TOTP.Recovery = slices.Delete(slices.Clone(m.TOTP.Recovery), n, n+1)
	out, err := c.FinishMFA(a, c.NewFactor("recovery_codes", "recovery_code", "recovery_code_factor", "totp_recovery_code_id", m.TOTP.ID))
	if err != nil {
		return nil, err
	}
	return &recoverResponse{MFAResponse: out, RecoveryCodesRemaining: len(m.TOTP.Recovery)}, nil
}

// recoveryResponse is the response of the calls that return recovery codes.
type recoveryResponse struct {
	core.MemberResponse
	RecoveryCodes []string `json:"recovery_codes"`
}

// RecoveryCodes returns the codes that are left.
// Source: https://stytch.com/docs/b2b/api/get-recovery-codes
func RecoveryCodes(c *core.Request) (wire.Success, error) {
	_, m, err := c.NamedMember()
	switch {
	case err != nil:
		return nil, err
	case !m.HasTOTP():
		return nil, wire.Error("recovery_codes_not_found")
	}
	return &recoveryResponse{MemberResponse: *c.MemberResponseOf(m), RecoveryCodes: append([]string{}, m.TOTP.Recovery...)}, nil
}

// RotateRecoveryCodes replaces all codes.
// Source: https://stytch.com/docs/b2b/api/rotate-recovery-codes
func RotateRecoveryCodes(c *core.Request, in core.MFARequest) (*recoveryResponse, error) {
	m, err := c.Subject(in)
	switch {
	case err != nil:
		return nil, err
	case !m.HasTOTP():
		return nil, wire.Error("recovery_codes_not_found")
	}
	m.TOTP.Recovery = c.NewRecoveryCodes()
	return &recoveryResponse{MemberResponse: *c.MemberResponseOf(m), RecoveryCodes: slices.Clone(m.TOTP.Recovery)}, nil
}
