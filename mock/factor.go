package mock

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// factor is one proof that a member gave when signing in.
// Source: https://stytch.com/docs/b2b/api/session-object
type factor struct {
	Kind       string             `json:"type"`
	Delivery   string             `json:"delivery_method"`
	Last       time.Time          `json:"last_authenticated_at"`
	CreatedAt  time.Time          `json:"created_at"`
	UpdatedAt  time.Time          `json:"updated_at"`
	DetailName string             `json:"detail_name,omitempty"` // such as email_factor; empty for a factor without one
	Detail     map[string]string  `json:"detail,omitempty"`
	Unproven   bool               `json:"unproven,omitempty"`           // it does not prove the address that it names
	OAuth      *oauthRegistration `json:"oauth_registration,omitempty"` // to be noted on the member when the sign-in is finished
	SSO        *ssoRegistration   `json:"sso_registration,omitempty"`   // the same
}

// secondaryFactors are the types that prove nobody without a first factor.
var secondaryFactors = map[string]bool{"otp": true, "totp": true, "recovery_codes": true}

func (f factor) json() map[string]any {
	order := "PRIMARY"
	if secondaryFactors[f.Kind] {
		order = "SECONDARY"
	}
	out := map[string]any{
		"type":                  f.Kind,
		"delivery_method":       f.Delivery,
		"last_authenticated_at": moment(f.Last),
		"created_at":            moment(f.CreatedAt),
		"updated_at":            moment(f.UpdatedAt),
		"sequence_order":        order,
	}
	if f.DetailName != "" {
		out[f.DetailName] = f.Detail
	}
	return out
}

// claim is the factor in a session_jwt, where times have whole seconds.
func (f factor) claim() map[string]any {
	out := map[string]any{
		"type":                  f.Kind,
		"delivery_method":       f.Delivery,
		"last_authenticated_at": claimTime(f.Last),
	}
	if f.DetailName != "" {
		out[f.DetailName] = f.Detail
	}
	return out
}

// newFactor is a proof given now. Details come as name and value in turn.
func (c *call) newFactor(kind, delivery, detailName string, detail ...string) factor {
	f := factor{Kind: kind, Delivery: delivery, Last: c.now, CreatedAt: c.now, UpdatedAt: c.now, DetailName: detailName}
	if detailName != "" {
		f.Detail = make(map[string]string)
		for i := 0; i+1 < len(detail); i += 2 {
			f.Detail[detail[i]] = detail[i+1]
		}
	}
	return f
}

func (c *call) magicLinkFactor(emailID, email string) factor {
	return c.newFactor("magic_link", "email", "email_factor", "email_id", emailID, "email_address", email)
}

func (c *call) emailOTPFactor(emailID, email string) factor {
	return c.newFactor("email_otp", "email", "email_factor", "email_id", emailID, "email_address", email)
}

// provesEmail reports whether one of the factors proves the address.
func provesEmail(factors []factor) bool {
	return slices.ContainsFunc(factors, func(f factor) bool {
		return f.Kind == "magic_link" || f.Kind == "email_otp" || (f.Kind == "oauth" && !f.Unproven)
	})
}

// movedTo is the factor as the member of another organization has it: the same
// address has an id of its own there.
func (f factor) movedTo(m *member) factor {
	if f.Detail["email_id"] != "" {
		f.Detail = maps.Clone(f.Detail)
		f.Detail["email_id"] = m.EmailID
	}
	return f
}

// sameAs reports whether both are the same proof at different times.
func (f factor) sameAs(other factor) bool {
	if f.Kind != other.Kind || f.Delivery != other.Delivery || f.DetailName != other.DetailName || len(f.Detail) != len(other.Detail) {
		return false
	}
	for name, value := range f.Detail {
		if other.Detail[name] != value {
			return false
		}
	}
	return true
}

// withFactor returns the factors with a new proof: a proof that was given before
// is renewed, another one is appended.
func withFactor(factors []factor, proof factor) []factor {
	out := make([]factor, 0, len(factors)+1)
	renewed := false
	for _, f := range factors {
		if f.sameAs(proof) {
			f.Last, f.UpdatedAt, renewed = proof.Last, proof.UpdatedAt, true
		}
		out = append(out, f)
	}
	if !renewed {
		out = append(out, proof)
	}
	return out
}

// method returns the factor's name among allowed_auth_methods.
func (f factor) method() string {
	if provider, ok := strings.CutPrefix(f.Delivery, "oauth_"); ok && f.Kind == "oauth" {
		return strings.TrimPrefix(provider, "exchange_") + "_oauth"
	}
	return f.Kind
}
