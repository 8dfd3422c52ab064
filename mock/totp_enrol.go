package mock

import (
	"slices"
	"strings"
	"time"
)

// createTOTPRequest is POST /v1/b2b/totp.
type createTOTPRequest struct {
	mfaRequest
	ExpirationMinutes *int `json:"expiration_minutes"`
}

// totpAnswer is its answer.
type totpAnswer struct {
	memberAnswer
	TOTPRegistrationID string   `json:"totp_registration_id"`
	Secret             string   `json:"secret"`
	QRCode             string   `json:"qr_code"`
	RecoveryCodes      []string `json:"recovery_codes"`
}

// createTOTP enrols an authenticator app; the first right code confirms it.
// While one waits for that, there is no second one, which is the stricter
// reading of the name of an error type.
// Source: https://stytch.com/docs/b2b/api/create-totp
func createTOTP(c *call, in createTOTPRequest) (*totpAnswer, error) {
	m, err := c.subject(in.mfaRequest)
	if err != nil {
		return nil, err
	}
	minutes := 60
	if in.ExpirationMinutes != nil {
		if minutes = *in.ExpirationMinutes; minutes < 5 || minutes > 1440 {
			return nil, refuseField("invalid_expiration", "expiration_minutes should be between 5 and 1440")
		}
	}
	if err := c.mayEnrol(m, in.mfaRequest); err != nil {
		return nil, err
	}
	switch {
	case !c.db.org(m.OrganizationID).Settings.permitsMFA("totp", m):
		return nil, refuse("operation_restricted_by_organization_mfa_methods")
	case m.hasTOTP():
		return nil, refuse("active_totp_exists")
	case m.TOTP != nil && c.now.Before(m.TOTP.ExpiresAt):
		return nil, refuse("pending_totp_exists")
	}
	secret := c.random.bytes("totp-secret", 20)
	picture := qrCode(c.keyURI(m, secret))
	m.TOTP = &totp{
		ID:        c.newID("member-totp"),
		Secret:    secret,
		CreatedAt: c.now,
		ExpiresAt: c.now.Add(time.Duration(minutes) * time.Minute),
		Recovery:  c.newRecoveryCodes(),
	}
	m.UpdatedAt = c.now
	return &totpAnswer{
		memberAnswer:       *c.answerMember(m),
		TOTPRegistrationID: m.TOTP.ID,
		Secret:             secretEncoding.EncodeToString(m.TOTP.Secret),
		QRCode:             picture,
		RecoveryCodes:      slices.Clone(m.TOTP.Recovery),
	}, nil
}

// authenticateTOTPRequest is POST /v1/b2b/totp/authenticate.
type authenticateTOTPRequest struct {
	mfaSignInRequest
	enrolment
	Code string `json:"code"`
}

// authenticateTOTP takes a code as a second factor. The first one confirms the
// app and makes it the member's default.
// Source: https://stytch.com/docs/b2b/api/authenticate-totp
func authenticateTOTP(c *call, in authenticateTOTPRequest) (*mfaAnswer, error) {
	a, err := c.beginMFA(in.mfaSignInRequest)
	if err != nil {
		return nil, err
	}
	m := a.member
	if err := in.check(); err != nil {
		return nil, err
	}
	switch {
	case !c.db.org(m.OrganizationID).Settings.permitsMFA("totp", m):
		return nil, refuse("operation_restricted_by_organization_mfa_methods")
	case m.TOTP == nil:
		return nil, refuse("totp_not_found")
	case slices.Contains(m.TOTP.Recovery, in.Code):
		return nil, refuse("recovery_code_used_as_totp_code")
	case !codeForm.MatchString(in.Code):
		return nil, refuse("invalid_totp_code")
	case !m.TOTP.Confirmed && !c.now.Before(m.TOTP.ExpiresAt):
		return nil, refuse("expired_totp")
	}
	if err := m.TOTP.use(in.Code, c.now); err != nil {
		return nil, c.failed(m, err)
	}
	if !m.TOTP.Confirmed {
		m.TOTP.Confirmed = true
		in.SetDefaultMFA = true
	}
	m.UpdatedAt = c.now
	c.enrol(m, in.enrolment, "totp")
	out, err := c.finishMFA(a, c.newFactor("totp", "authenticator_app", "authenticator_app_factor", "totp_id", m.TOTP.ID))
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// migrateTOTPRequest is POST /v1/b2b/totp/migrate.
type migrateTOTPRequest struct {
	OrganizationID string   `json:"organization_id"`
	MemberID       string   `json:"member_id"`
	Secret         string   `json:"secret"`
	RecoveryCodes  []string `json:"recovery_codes"`
}

// migratedTOTPAnswer is its answer.
type migratedTOTPAnswer struct {
	memberAnswer
	TOTPRegistrationID string   `json:"totp_registration_id"`
	RecoveryCodes      []string `json:"recovery_codes"`
}

// migrateTOTP takes over an authenticator app that was enrolled elsewhere.
// Source: https://stytch.com/docs/b2b/api/migrate-totp
func migrateTOTP(c *call, in migrateTOTPRequest) (*migratedTOTPAnswer, error) {
	m, err := c.subject(mfaRequest{OrganizationID: in.OrganizationID, MemberID: in.MemberID})
	if err != nil {
		return nil, err
	}
	secret, err := secretEncoding.DecodeString(strings.TrimRight(strings.ToUpper(in.Secret), "="))
	switch {
	case err != nil || len(secret) < 10:
		return nil, refuseField("invalid_argument", "secret should be base32")
	case m.hasTOTP():
		return nil, refuse("active_totp_exists")
	case len(in.RecoveryCodes) == 0:
		return nil, refuseField("invalid_argument", "recovery_codes is missing")
	}
	m.TOTP = &totp{ID: c.newID("member-totp"), Secret: secret, Confirmed: true, CreatedAt: c.now, Recovery: slices.Clone(in.RecoveryCodes)}
	m.UpdatedAt = c.now
	if m.DefaultMFA == "" {
		m.DefaultMFA = "totp"
	}
	return &migratedTOTPAnswer{memberAnswer: *c.answerMember(m), TOTPRegistrationID: m.TOTP.ID, RecoveryCodes: slices.Clone(m.TOTP.Recovery)}, nil
}
