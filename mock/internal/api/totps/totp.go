// Package totps answers /v1/b2b/totp and /v1/b2b/recovery_codes.
package totps

import (
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

var secretEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// createTOTPRequest is POST /v1/b2b/totp.
type createTOTPRequest struct {
	core.MFARequest
	ExpirationMinutes *int `json:"expiration_minutes"`
}

// totpResponse is its response.
type totpResponse struct {
	core.MemberResponse
	TOTPRegistrationID string   `json:"totp_registration_id"`
	Secret             string   `json:"secret"`
	QRCode             string   `json:"qr_code"`
	RecoveryCodes      []string `json:"recovery_codes"`
}

// Create enrols an authenticator app; the first right code confirms it.
// A member with an unconfirmed app cannot enroll a second one, which is the stricter
// reading of the name of an error type.
// Source: https://stytch.com/docs/b2b/api/create-totp
func Create(c *core.Request, in createTOTPRequest) (*totpResponse, error) {
	m, err := c.Subject(in.MFARequest)
	if err != nil {
		return nil, err
	}
	minutes := 60
	if in.ExpirationMinutes != nil {
		if minutes = *in.ExpirationMinutes; minutes < 5 || minutes > 1440 {
			return nil, wire.FieldError("invalid_expiration", "expiration_minutes should be between 5 and 1440")
		}
	}
	if err := c.CheckEnroll(m, in.MFARequest); err != nil {
		return nil, err
	}
	switch {
	case !state.PermitsMFA(c.State.Org(m.OrganizationID).Settings, "totp", m):
		return nil, wire.Error("operation_restricted_by_organization_mfa_methods")
	case m.HasTOTP():
		return nil, wire.Error("active_totp_exists")
	case m.TOTP != nil && c.Now.Before(m.TOTP.ExpiresAt):
		return nil, wire.Error("pending_totp_exists")
	}
	secret := c.Random.Bytes("totp-secret", 20)
	picture := qrCode(keyURI(c, m, secret))
	m.TOTP = &state.TOTP{
		ID:        c.NewID("member-totp"),
		Secret:    secret,
		CreatedAt: c.Now,
		ExpiresAt: c.Now.Add(time.Duration(minutes) * time.Minute),
		Recovery:  c.NewRecoveryCodes(),
	}
	c.MemberChanged(m)
	return &totpResponse{
		MemberResponse:     *c.MemberResponseOf(m),
		TOTPRegistrationID: m.TOTP.ID,
		Secret:             secretEncoding.EncodeToString(m.TOTP.Secret),
		QRCode:             picture,
		RecoveryCodes:      slices.Clone(m.TOTP.Recovery),
	}, nil
}

// authenticateTOTPRequest is POST /v1/b2b/totp/authenticate.
type authenticateTOTPRequest struct {
	core.MFASignInRequest
	core.Enrollment
	Code string `json:"code"`
}

// Authenticate takes a code as a second factor. The first one confirms the
// app and makes it the member's default.
// Source: https://stytch.com/docs/b2b/api/authenticate-totp
func Authenticate(c *core.Request, in authenticateTOTPRequest) (*core.MFAResponse, error) {
	a, err := c.BeginMFA(in.MFASignInRequest)
	if err != nil {
		return nil, err
	}
	m := a.Member
	if err := in.Check(); err != nil {
		return nil, err
	}
	switch {
	case !state.PermitsMFA(c.State.Org(m.OrganizationID).Settings, "totp", m):
		return nil, wire.Error("operation_restricted_by_organization_mfa_methods")
	case m.TOTP == nil:
		return nil, wire.Error("totp_not_found")
	case slices.Contains(m.TOTP.Recovery, in.Code):
		return nil, wire.Error("recovery_code_used_as_totp_code")
	case !core.CodeForm.MatchString(in.Code):
		return nil, wire.Error("invalid_totp_code")
	case !m.TOTP.Confirmed && !c.Now.Before(m.TOTP.ExpiresAt):
		return nil, wire.Error("expired_totp")
	}
	if err := m.TOTP.Use(in.Code, c.Now); err != nil {
		return nil, c.CountFailure(m, err)
	}
	if !m.TOTP.Confirmed {
		m.TOTP.Confirmed = true
		in.SetDefaultMFA = true
	}
	c.MemberChanged(m)
	c.Enroll(m, in.Enrollment, "totp")
	out, err := c.FinishMFA(a, c.NewFactor("totp", "authenticator_app", "authenticator_app_factor", "totp_id", m.TOTP.ID))
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

// migratedTOTPResponse is its response.
type migratedTOTPResponse struct {
	core.MemberResponse
	TOTPRegistrationID string   `json:"totp_registration_id"`
	RecoveryCodes      []string `json:"recovery_codes"`
}

// Migrate takes over an authenticator app that was enrolled elsewhere.
// Source: https://stytch.com/docs/b2b/api/migrate-totp
func Migrate(c *core.Request, in migrateTOTPRequest) (*migratedTOTPResponse, error) {
	m, err := c.Subject(core.MFARequest{OrganizationID: in.OrganizationID, MemberID: in.MemberID})
	if err != nil {
		return nil, err
	}
	if err := core.CheckActive(m); err != nil {
		return nil, err
	}
	secret, err := secretEncoding.DecodeString(strings.TrimRight(strings.ToUpper(in.Secret), "="))
	switch {
	case err != nil || len(secret) < 10:
		return nil, wire.FieldError("invalid_argument", "secret should be base32")
	case m.HasTOTP():
		return nil, wire.Error("active_totp_exists")
	case len(in.RecoveryCodes) == 0:
		return nil, wire.FieldError("invalid_argument", "recovery_codes is missing")
	}
	m.TOTP = &state.TOTP{ID: c.NewID("member-totp"), Secret: secret, Confirmed: true, CreatedAt: c.Now, Recovery: slices.Clone(in.RecoveryCodes)}
	c.MemberChanged(m)
	if m.DefaultMFA == "" {
		m.DefaultMFA = "totp"
	}
	return &migratedTOTPResponse{MemberResponse: *c.MemberResponseOf(m), TOTPRegistrationID: m.TOTP.ID, RecoveryCodes: slices.Clone(m.TOTP.Recovery)}, nil
}
