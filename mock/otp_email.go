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
	if !org.settings.permitsMethod(methodEmailOTP, m) {
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
	if m.status == statusActive {
		k = login
	}
	k.member, k.email, k.emailID = m, m.email, m.emailID
	c.sendCode(emailPurpose(org, m.email), "email", m.email, k)
	return &loginOrSignupAnswer{MemberID: m.id, MemberCreated: created, Member: m.json(), Organization: org.json()}, nil
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
	return &code{kind: kind, expiresAt: c.now.Add(time.Duration(life) * time.Minute)}, nil
}

func emailPurpose(org *organization, email string) string {
	return "email " + org.id + " " + foldEmail(email)
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
	a, err := c.begin(k.member, in.signInRequest)
	if err != nil {
		return nil, err
	}
	k.spent = true
	if k.kind == "email_update" {
		if err := c.completeEmailUpdate(k.member, k.email, k.emailID); err != nil {
			return nil, err
		}
	}
	c.prove(k.member)
	k.member.failures = 0
	signedIn, err := c.finish(a, c.emailOTPFactor(k.emailID, k.email))
	if err != nil {
		return nil, err
	}
	return &emailOTPAnswer{signInAnswer: signedIn, MethodID: k.emailID}, nil
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
	k.email, k.emailID = in.EmailAddress, c.s.newID("email")
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
	k.spent = true
	out := c.answerDiscovery(&intermediate{email: k.email, factors: []factor{c.emailOTPFactor(k.emailID, k.email)}})
	return &out, nil
}
