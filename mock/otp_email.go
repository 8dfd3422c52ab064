package mock

import (
	"slices"
	"time"
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
	OrganizationID          string  `json:"organization_id"`
	EmailAddress            string  `json:"email_address"`
	Locale                  *string `json:"locale"`
	LoginExpirationMinutes  *int    `json:"login_expiration_minutes"`
	SignupExpirationMinutes *int    `json:"signup_expiration_minutes"`
}

// sendEmailOTP is loginOrSignup with a code instead of a link.
// Source: https://stytch.com/docs/b2b/api/send-otp-email
func sendEmailOTP(c *call, in sendEmailOTPRequest) (*loginOrSignupAnswer, error) {
	org, err := c.organizationForMail(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	login, err := c.draftCode("login", in.LoginExpirationMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	signup, err := c.draftCode("signup", in.SignupExpirationMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	m := c.memberByEmail(org, in.EmailAddress)
	if !org.Settings.permitsMethod(methodEmailOTP, m) {
		return nil, refuse("operation_restricted_by_organization_auth_methods")
	}
	if err := c.limitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	created := m == nil
	if created {
		if m, err = c.provision(org, in.EmailAddress); err != nil {
			return nil, err
		}
	}
	k := signup
	if m.Status == statusActive {
		k = login
	}
	k.MemberID, k.Email, k.EmailID = m.ID, m.Email, m.EmailID
	c.sendCode(emailPurpose(org, m.Email), "email", m.Email, k)
	return &loginOrSignupAnswer{MemberID: m.ID, MemberCreated: created, Member: c.db.memberJSON(m), Organization: org.json()}, nil
}

// draftCode is a code that lacks only whom it is for.
func (c *call) draftCode(kind string, minutes *int, locale *string) (*code, error) {
	life := defaultCodeMinutes
	if minutes != nil {
		if *minutes < minCodeMinutes || *minutes > maxCodeMinutes {
			return nil, refuse("invalid_expiration_otp")
		}
		life = *minutes
	}
	if locale != nil && !slices.Contains(emailLocales, *locale) {
		return nil, refuse("invalid_locale")
	}
	return &code{Kind: kind, ExpiresAt: c.now.Add(time.Duration(life) * time.Minute)}, nil
}

func emailPurpose(org *organization, email string) string {
	return "email " + org.ID + " " + foldEmail(email)
}

// authenticateEmailOTPRequest is POST /v1/b2b/otps/email/authenticate.
type authenticateEmailOTPRequest struct {
	OrganizationID string `json:"organization_id"`
	EmailAddress   string `json:"email_address"`
	Code           string `json:"code"`
	signInRequest
}

// emailOTPAnswer is its answer.
type emailOTPAnswer struct {
	signInAnswer
	MethodID string `json:"method_id"`
}

// authenticateEmailOTP uses up a code and signs its reader in.
// Source: https://stytch.com/docs/b2b/api/authenticate-otp-email
func authenticateEmailOTP(c *call, in authenticateEmailOTPRequest) (*emailOTPAnswer, error) {
	org, err := c.organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	owner := c.memberByEmail(org, in.EmailAddress)
	if err := c.unlocked(owner); err != nil {
		return nil, err
	}
	k, err := c.redeemCode(emailPurpose(org, in.EmailAddress), in.Code)
	if err != nil {
		return nil, c.failed(owner, err)
	}
	a, err := c.begin(c.db.member(k.MemberID), in.signInRequest)
	if err != nil {
		return nil, err
	}
	k.Spent = true
	if k.Kind == "email_update" {
		if err := c.completeEmailUpdate(c.db.member(k.MemberID), k.Email, k.EmailID); err != nil {
			return nil, err
		}
	}
	c.prove(c.db.member(k.MemberID))
	c.db.member(k.MemberID).Failures = 0
	signedIn, err := c.finish(a, c.emailOTPFactor(k.EmailID, k.Email))
	if err != nil {
		return nil, err
	}
	return &emailOTPAnswer{signInAnswer: signedIn, MethodID: k.EmailID}, nil
}

// sendDiscoveryOTPRequest is POST /v1/b2b/otps/email/discovery/send.
type sendDiscoveryOTPRequest struct {
	EmailAddress               string  `json:"email_address"`
	Locale                     *string `json:"locale"`
	DiscoveryExpirationMinutes *int    `json:"discovery_expiration_minutes"`
}

// sendDiscoveryOTP is sendDiscovery with a code.
// Source: https://stytch.com/docs/b2b/api/send-discovery-otp-email
func sendDiscoveryOTP(c *call, in sendDiscoveryOTPRequest) (*statusOnly, error) {
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	k, err := c.draftCode("discovery", in.DiscoveryExpirationMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := c.limitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	k.Email, k.EmailID = in.EmailAddress, c.newID("email")
	c.sendCode("discovery "+foldEmail(in.EmailAddress), "email", in.EmailAddress, k)
	return new(statusOnly), nil
}

// authenticateDiscoveryOTPRequest is POST /v1/b2b/otps/email/discovery/authenticate.
type authenticateDiscoveryOTPRequest struct {
	EmailAddress string `json:"email_address"`
	Code         string `json:"code"`
}

// authenticateDiscoveryOTP uses up a code that belongs to no organization.
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-otp
func authenticateDiscoveryOTP(c *call, in authenticateDiscoveryOTPRequest) (*discoveryAnswer, error) {
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	k, err := c.redeemCode("discovery "+foldEmail(in.EmailAddress), in.Code)
	if err != nil {
		return nil, err
	}
	k.Spent = true
	out := c.answerDiscovery(&intermediate{Email: k.Email, Factors: []factor{c.emailOTPFactor(k.EmailID, k.Email)}})
	return &out, nil
}
