// Package otps answers /v1/b2b/otps.
package otps

import (
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// methodEmailOTP is the name of codes by e-mail among allowed_auth_methods.
const methodEmailOTP = "email_otp"

// How long codes by e-mail work, in minutes.
const (
	minCodeMinutes     = 2
	maxCodeMinutes     = 15
	defaultCodeMinutes = 10
)

// sendEmailOTPRequest is POST /v1/b2b/otps/email/login_or_signup.
type sendEmailOTPRequest struct {
	OrganizationID          string               `json:"organization_id"`
	EmailAddress            string               `json:"email_address"`
	Locale                  *string              `json:"locale"`
	LoginExpirationMinutes  *int                 `json:"login_expiration_minutes"`
	SignupExpirationMinutes *int                 `json:"signup_expiration_minutes"`
	LoginTemplateID         wire.Ignored[string] `json:"login_template_id"`
	SignupTemplateID        wire.Ignored[string] `json:"signup_template_id"`
}

// SendEmail is LoginOrSignup with a code instead of a link.
// Source: https://stytch.com/docs/b2b/api/send-otp-email
func SendEmail(c *core.Request, in sendEmailOTPRequest) (*core.LoginOrSignupResponse, error) {
	org, err := c.OrganizationForMail(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	login, err := draftCode(c, "login", in.LoginExpirationMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	signup, err := draftCode(c, "signup", in.SignupExpirationMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	m := c.MemberByEmail(org, in.EmailAddress)
	if !state.PermitsMethod(org.Settings, methodEmailOTP, m) {
		return nil, wire.Error("operation_restricted_by_organization_auth_methods")
	}
	if err := c.LimitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	created := m == nil
	if created {
		if m, err = c.Provision(org, in.EmailAddress); err != nil {
			return nil, err
		}
	}
	k := signup
	if m.Status == state.StatusActive {
		k = login
	}
	k.MemberID, k.Email, k.EmailID = m.ID, m.Email, m.EmailID
	c.SendCode(core.EmailPurpose(org, m.Email), "email", m.Email, k)
	return &core.LoginOrSignupResponse{MemberID: m.ID, MemberCreated: created, Member: c.State.MemberJSON(m), Organization: org.JSON()}, nil
}

// draftCode returns a code without its value and its member.
func draftCode(c *core.Request, kind string, minutes *int, locale *string) (*state.Code, error) {
	life := defaultCodeMinutes
	if minutes != nil {
		if *minutes < minCodeMinutes || *minutes > maxCodeMinutes {
			return nil, wire.Error("invalid_expiration_otp")
		}
		life = *minutes
	}
	if locale != nil && !slices.Contains(core.EmailLocales, *locale) {
		return nil, wire.Error("invalid_locale")
	}
	return &state.Code{Kind: kind, ExpiresAt: c.Now.Add(time.Duration(life) * time.Minute)}, nil
}

// authenticateEmailOTPRequest is POST /v1/b2b/otps/email/authenticate.
type authenticateEmailOTPRequest struct {
	OrganizationID string `json:"organization_id"`
	EmailAddress   string `json:"email_address"`
	Code           string `json:"code"`
	core.SignInRequest
}

// emailOTPResponse is its response.
type emailOTPResponse struct {
	core.SignInResponse
	MethodID string `json:"method_id"`
}

// AuthenticateEmail uses up a code and signs its reader in.
// Source: https://stytch.com/docs/b2b/api/authenticate-otp-email
func AuthenticateEmail(c *core.Request, in authenticateEmailOTPRequest) (*emailOTPResponse, error) {
	org, err := c.Organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	owner := c.MemberByEmail(org, in.EmailAddress)
	if err := c.CheckLock(owner); err != nil {
		return nil, err
	}
	k, err := c.RedeemCode(core.EmailPurpose(org, in.EmailAddress), in.Code)
	if err != nil {
		return nil, c.CountFailure(owner, err)
	}
	a, err := c.Begin(c.State.Member(k.MemberID), in.SignInRequest)
	if err != nil {
		return nil, err
	}
	k.Spent = true
	if k.Kind == "email_update" {
		if err := c.CompleteEmailUpdate(c.State.Member(k.MemberID), k.Email, k.EmailID); err != nil {
			return nil, err
		}
	}
	c.VerifyEmail(c.State.Member(k.MemberID))
	c.State.Member(k.MemberID).Failures = 0
	signedIn, err := c.Finish(a, c.EmailOTPFactor(k.EmailID, k.Email))
	if err != nil {
		return nil, err
	}
	return &emailOTPResponse{SignInResponse: signedIn, MethodID: k.EmailID}, nil
}

// sendDiscoveryOTPRequest is POST /v1/b2b/otps/email/discovery/send.
type sendDiscoveryOTPRequest struct {
	EmailAddress               string               `json:"email_address"`
	Locale                     *string              `json:"locale"`
	DiscoveryExpirationMinutes *int                 `json:"discovery_expiration_minutes"`
	LoginTemplateID            wire.Ignored[string] `json:"login_template_id"`
}

// SendDiscovery is SendDiscovery with a code.
// Source: https://stytch.com/docs/b2b/api/send-discovery-otp-email
func SendDiscovery(c *core.Request, in sendDiscoveryOTPRequest) (*wire.StatusOnly, error) {
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	k, err := draftCode(c, "discovery", in.DiscoveryExpirationMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := c.LimitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	k.Email, k.EmailID = in.EmailAddress, c.NewID("email")
	c.SendCode("discovery "+wire.FoldEmail(in.EmailAddress), "email", in.EmailAddress, k)
	return new(wire.StatusOnly), nil
}

// authenticateDiscoveryOTPRequest is POST /v1/b2b/otps/email/discovery/authenticate.
type authenticateDiscoveryOTPRequest struct {
	EmailAddress string `json:"email_address"`
	Code         string `json:"code"`
}

// AuthenticateDiscovery uses up a code that belongs to no organization.
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-otp
func AuthenticateDiscovery(c *core.Request, in authenticateDiscoveryOTPRequest) (*core.DiscoveryResponse, error) {
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	k, err := c.RedeemCode("discovery "+wire.FoldEmail(in.EmailAddress), in.Code)
	if err != nil {
		return nil, err
	}
	k.Spent = true
	out := c.AnswerDiscovery(&state.Intermediate{Email: k.Email, Factors: []state.Factor{c.EmailOTPFactor(k.EmailID, k.Email)}})
	return &out, nil
}
