package state

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Factor is one proof that a member gave when signing in.
// Source: https://stytch.com/docs/b2b/api/session-object
type Factor struct {
	Kind       string             `json:"type"`
	Delivery   string             `json:"delivery_method"`
	Last       time.Time          `json:"last_authenticated_at"`
	CreatedAt  time.Time          `json:"created_at"`
	UpdatedAt  time.Time          `json:"updated_at"`
	DetailName string             `json:"detail_name,omitempty"` // such as email_factor; empty for a factor without one
	Detail     map[string]string  `json:"detail,omitempty"`
	Unproven   bool               `json:"unproven,omitempty"`           // it does not prove the address that it names
	OAuth      *OAuthRegistration `json:"oauth_registration,omitempty"` // to be noted on the member when the sign-in is finished
	SSO        *SSORegistration   `json:"sso_registration,omitempty"`   // the same
}

// SecondaryFactors are the types that count only beside a first factor.
var SecondaryFactors = map[string]bool{"otp": true, "totp": true, "recovery_codes": true}

func (f Factor) json() map[string]any {
	order := "PRIMARY"
	if SecondaryFactors[f.Kind] {
		order = "SECONDARY"
	}
	out := map[string]any{
		"type":                  f.Kind,
		"delivery_method":       f.Delivery,
		"last_authenticated_at": wire.Timestamp(f.Last),
		"created_at":            wire.Timestamp(f.CreatedAt),
		"updated_at":            wire.Timestamp(f.UpdatedAt),
		"sequence_order":        order,
	}
	if f.DetailName != "" {
		out[f.DetailName] = f.Detail
	}
	return out
}

// Claim is the factor in a session_jwt, where times have whole seconds.
func (f Factor) Claim() map[string]any {
	out := map[string]any{
		"type":                  f.Kind,
		"delivery_method":       f.Delivery,
		"last_authenticated_at": wire.ClaimTime(f.Last),
	}
	if f.DetailName != "" {
		out[f.DetailName] = f.Detail
	}
	return out
}

// ProvesEmail reports whether one of the factors proves the address.
func ProvesEmail(factors []Factor) bool {
	return slices.ContainsFunc(factors, func(f Factor) bool {
		return f.Kind == "magic_link" || f.Kind == "email_otp" || (f.Kind == "oauth" && !f.Unproven)
	})
}

// MovedTo is the factor as the member of another organization has it: the same
// address has an id of its own there.
func (f Factor) MovedTo(m *Member) Factor {
	if f.Detail["email_id"] != "" {
		f.Detail = maps.Clone(f.Detail)
		f.Detail["email_id"] = m.EmailID
	}
	return f
}

// sameAs reports whether both are the same proof at different times.
func (f Factor) sameAs(other Factor) bool {
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

// WithFactor returns the factors with a new proof: a proof that was given before
// is renewed, another one is appended.
func WithFactor(factors []Factor, proof Factor) []Factor {
	out := make([]Factor, 0, len(factors)+1)
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

// Method returns the factor's name among allowed_auth_methods.
func (f Factor) Method() string {
	if provider, ok := strings.CutPrefix(f.Delivery, "oauth_"); ok && f.Kind == "oauth" {
		return strings.TrimPrefix(provider, "exchange_") + "_oauth"
	}
	return f.Kind
}
