package mock

import (
	"strings"
	"time"
)

// factor is one proof that a member gave when signing in.
// Source: https://stytch.com/docs/b2b/api/session-object
type factor struct {
	kind, delivery       string
	last                 time.Time // last_authenticated_at
	createdAt, updatedAt time.Time
	detailName           string // such as email_factor; empty for a factor without one
	detail               map[string]string
}

// secondaryFactors are the types that prove nobody without a first factor.
var secondaryFactors = map[string]bool{"otp": true, "totp": true, "recovery_codes": true}

func (f factor) json() map[string]any {
	order := "PRIMARY"
	if secondaryFactors[f.kind] {
		order = "SECONDARY"
	}
	out := map[string]any{
		"type":                  f.kind,
		"delivery_method":       f.delivery,
		"last_authenticated_at": moment(f.last),
		"created_at":            moment(f.createdAt),
		"updated_at":            moment(f.updatedAt),
		"sequence_order":        order,
	}
	if f.detailName != "" {
		out[f.detailName] = f.detail
	}
	return out
}

// claim is the factor in a session_jwt, where times have whole seconds.
func (f factor) claim() map[string]any {
	out := map[string]any{
		"type":                  f.kind,
		"delivery_method":       f.delivery,
		"last_authenticated_at": claimTime(f.last),
	}
	if f.detailName != "" {
		out[f.detailName] = f.detail
	}
	return out
}

// magicLinkFactor is the proof that a link by e-mail gives. It names the address
// that the link went to, not the one that the member has by now.
func (c *call) magicLinkFactor(emailID, email string) factor {
	return factor{
		kind: "magic_link", delivery: "email",
		last: c.now, createdAt: c.now, updatedAt: c.now,
		detailName: "email_factor",
		detail:     map[string]string{"email_id": emailID, "email_address": email},
	}
}

// sameAs reports whether both are the same proof at different times.
func (f factor) sameAs(other factor) bool {
	if f.kind != other.kind || f.delivery != other.delivery || f.detailName != other.detailName || len(f.detail) != len(other.detail) {
		return false
	}
	for name, value := range f.detail {
		if other.detail[name] != value {
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
			f.last, f.updatedAt, renewed = proof.last, proof.updatedAt, true
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
	if provider, ok := strings.CutPrefix(f.delivery, "oauth_"); ok && f.kind == "oauth" {
		return strings.TrimPrefix(provider, "exchange_") + "_oauth"
	}
	return f.kind
}
