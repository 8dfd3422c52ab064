package mock

import "slices"

// recoverRequest is POST /v1/b2b/recovery_codes/recover.
type recoverRequest struct {
	mfaSignInRequest
	RecoveryCode string `json:"recovery_code"`
}

// recoverAnswer is its answer.
type recoverAnswer struct {
	mfaAnswer
	RecoveryCodesRemaining int `json:"recovery_codes_remaining"`
}

// recoverMember takes a recovery code as a second factor, once.
// Source: https://stytch.com/docs/b2b/api/recovery-codes-recover
func recoverMember(c *call, in recoverRequest) (*recoverAnswer, error) {
	a, err := c.beginMFA(in.mfaSignInRequest)
	if err != nil {
		return nil, err
	}
	m := a.member
	switch {
	case !m.hasTOTP():
		return nil, refuse("no_active_recovery_code_backed_factor")
	case codeForm.MatchString(in.RecoveryCode):
		return nil, refuse("totp_code_used_as_recovery_code")
	case in.RecoveryCode == "":
		return nil, refuse("invalid_recovery_code")
	}
	n := slices.IndexFunc(m.TOTP.Recovery, func(left string) bool { return same(left, in.RecoveryCode) })
	if n < 0 {
		return nil, c.failed(m, refuse("unable_to_authenticate_recovery_code"))
	}
	m.TOTP.Recovery = slices.Delete(slices.Clone(m.TOTP.Recovery), n, n+1)
	out, err := c.finishMFA(a, c.newFactor("recovery_codes", "recovery_code", "recovery_code_factor", "totp_recovery_code_id", m.TOTP.ID))
	if err != nil {
		return nil, err
	}
	return &recoverAnswer{mfaAnswer: out, RecoveryCodesRemaining: len(m.TOTP.Recovery)}, nil
}

// recoveryAnswer is the answer of the calls that return recovery codes.
type recoveryAnswer struct {
	memberAnswer
	RecoveryCodes []string `json:"recovery_codes"`
}

// getRecoveryCodes returns the codes that are left.
// Source: https://stytch.com/docs/b2b/api/get-recovery-codes
func getRecoveryCodes(c *call) (stamped, error) {
	_, m, err := c.namedMember()
	switch {
	case err != nil:
		return nil, err
	case !m.hasTOTP():
		return nil, refuse("recovery_codes_not_found")
	}
	return &recoveryAnswer{memberAnswer: *c.answerMember(m), RecoveryCodes: append([]string{}, m.TOTP.Recovery...)}, nil
}

// rotateRecoveryCodes replaces all codes.
// Source: https://stytch.com/docs/b2b/api/rotate-recovery-codes
func rotateRecoveryCodes(c *call, in mfaRequest) (*recoveryAnswer, error) {
	m, err := c.subject(in)
	switch {
	case err != nil:
		return nil, err
	case !m.hasTOTP():
		return nil, refuse("recovery_codes_not_found")
	}
	m.TOTP.Recovery = c.newRecoveryCodes()
	return &recoveryAnswer{memberAnswer: *c.answerMember(m), RecoveryCodes: slices.Clone(m.TOTP.Recovery)}, nil
}
