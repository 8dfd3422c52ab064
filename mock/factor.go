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
	kind, delivery       string
	last                 time.Time // last_authenticated_at
	createdAt, updatedAt time.Time
	detailName           string // such as email_factor; empty for a factor without one
	detail               map[string]string
	unproven             bool               // it does not prove the address that it names
	oauth                *oauthRegistration // to be noted on the member when the sign-in is finished
	sso                  *ssoRegistration   // the same
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

// newFactor is a proof given now. Details come as name and value in turn.
func (c *call) newFactor(kind, delivery, detailName string, detail ...string) factor {
	f := factor{kind: kind, delivery: delivery, last: c.now, createdAt: c.now, updatedAt: c.now, detailName: detailName}
	if detailName != "" {
		f.detail = make(map[string]string)
		for i := 0; i+1 < len(detail); i += 2 {
			f.detail[detail[i]] = detail[i+1]
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
		return f.kind == "magic_link" || f.kind == "email_otp" || (f.kind == "oauth" && !f.unproven)
	})
}

// movedTo is the factor as the member of another organization has it: the same
// address has an id of its own there.
func (f factor) movedTo(m *member) factor {
	if f.detail["email_id"] != "" {
		f.detail = maps.Clone(f.detail)
		f.detail["email_id"] = m.emailID
	}
	return f
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
