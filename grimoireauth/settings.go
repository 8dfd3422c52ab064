package grimoireauth

import (
	"slices"
)

// SignInMethod is a way to sign in, in Stytch's words.
type SignInMethod string

// The ways to sign in. AnyMethod stands for all of them, also for those that
// Stytch adds later.
const (
	AnyMethod       SignInMethod = "any"
	MethodMagicLink SignInMethod = "magic_link"
	MethodEmailCode SignInMethod = "email_otp"
	MethodPassword  SignInMethod = "password"
	MethodSSO       SignInMethod = "sso"
	MethodGoogle    SignInMethod = "google_oauth"
	MethodMicrosoft SignInMethod = "microsoft_oauth"
	MethodSlack     SignInMethod = "slack_oauth"
	MethodGitHub    SignInMethod = "github_oauth"
	MethodHubSpot   SignInMethod = "hubspot_oauth"
)

// SecondFactor is a second factor, in Stytch's words.
type SecondFactor string

// The second factors. AnySecondFactor stands for all of them.
const (
	AnySecondFactor SecondFactor = "any"
	SecondFactorSMS SecondFactor = "sms_otp"
	SecondFactorApp SecondFactor = "totp"
)

// Admission says which people a way to join admits.
type Admission string

// The kinds of admission. The empty Admission is read as the setting's own
// default, which [ClassSettings] states.
const (
	AdmitAll    Admission = "ALL_ALLOWED"
	AdmitListed Admission = "RESTRICTED" // only what the list beside it names
	AdmitNobody Admission = "NOT_ALLOWED"
)

// DomainRole gives a role to every member with a proven e-mail address of a
// domain.
type DomainRole struct {
	Domain string
	Role   Role
	// ID is Stytch's role id. In a change, empty means the one that the role table
	// has for Role.
	ID string
}

// ClassSettings decides who gets into a class, and how. The zero ClassSettings
// is that of a class as stytchclient.Classes.Create makes it: every way to sign in, no
// second factor asked for, and only people who were enrolled or invited.
// Source: https://stytch.com/docs/b2b/guides/organizations/org-auth-settings
type ClassSettings struct {
	// Methods are the ways to sign in that the class allows. Empty, in a new class:
	// AnyMethod.
	Methods []SignInMethod
	// SecondFactorForAll asks everybody for a second factor, not only those who
	// enrolled one. Sessions that are there already stay good.
	SecondFactorForAll bool
	// SecondFactors are those that the class allows. Empty, in a new class:
	// AnySecondFactor.
	SecondFactors []SecondFactor

	// Invitations says which addresses may be invited: AdmitListed means those of
	// Domains. Empty, in a new class: AdmitAll.
	Invitations Admission
	// JoinByEmail says who may join by themselves: AdmitListed means people with an
	// address of Domains. Stytch has no AdmitAll here. Empty: AdmitNobody.
	JoinByEmail Admission
	// Domains are e-mail domains such as "example.edu". Stytch refuses those of
	// public providers.
	Domains []string
	// DomainRoles are the roles that an e-mail domain brings.
	DomainRoles []DomainRole

	// JoinBySSO says whether new people may join by signing in at an identity
	// provider of the class: AdmitListed means through JoinConnections. Empty:
	// AdmitNobody.
	JoinBySSO Admission
	// JoinConnections are Stytch's connection ids. A new class has none.
	JoinConnections []string
	// DefaultConnection is the SSO connection that a sign-in page should offer
	// first. A new class has none.
	DefaultConnection string

	// JoinByTenant says whether new people may join by OAuth from one of Tenants
	// (AdmitListed). Stytch has no AdmitAll here. Empty: AdmitNobody.
	JoinByTenant Admission
	// Tenants are the tenant ids by provider: "slack", "hubspot" or "github".
	Tenants map[string][]string
}

// Allows reports whether the class allows this way to sign in. Members who are
// marked as [Member.Breakglass] may use every way all the same.
func (s ClassSettings) Allows(method SignInMethod) bool {
	return method != AnyMethod && (slices.Contains(s.Methods, AnyMethod) || slices.Contains(s.Methods, method))
}

// AllowsSecondFactor reports whether the class allows this second factor.
func (s ClassSettings) AllowsSecondFactor(factor SecondFactor) bool {
	return factor != AnySecondFactor && (slices.Contains(s.SecondFactors, AnySecondFactor) || slices.Contains(s.SecondFactors, factor))
}
