package affiliation

import (
	"encoding/json"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Why a value of an affiliation counts, or does not.
const (
	whyNoClaim       = "the session has no such claim"
	whyMalformed     = "the claim is neither a text nor a list of texts"
	whyUnknown       = "this value grants nothing"
	whyOtherHome     = "it was said by another institution"
	whyNoHome        = "it does not say which institution says so"
	whyHomesDisagree = "the home institution of the session is another one"
	whySaid          = "said by the home institution"
)

// derive returns the highest role that the session's affiliation grants, and why.
func (a Rule) derive(session grimoireauth.Session) (grimoireauth.Role, []grimoireauth.RoleReason) {
	// A map, because encoding/json would take "EDUPERSON" for a field "eduperson".
	var claims map[string]json.RawMessage
	if session.CustomClaims(&claims) != nil {
		return grimoireauth.RoleNone, []grimoireauth.RoleReason{{Source: sourceAffiliation, Why: whyMalformed}}
	}
	raw, ok := claims[a.Claim]
	if !ok {
		// The commonest reason why a lecturer is no instructor, so it is said.
		return grimoireauth.RoleNone, []grimoireauth.RoleReason{{Source: sourceAffiliation, Why: whyNoClaim}}
	}
	values, ok := affiliationValues(raw)
	if !ok {
		return grimoireauth.RoleNone, []grimoireauth.RoleReason{{Source: sourceAffiliation, Why: whyMalformed}}
	}
	home := a.homeOf(claims)
	highest, reasons := grimoireauth.RoleNone, make([]grimoireauth.RoleReason, 0, len(values))
	for _, value := range values {
		role, why := a.grantOf(value, home)
		granted := why == whySaid
		if granted {
			highest = max(highest, role)
		}
		reasons = append(reasons, grimoireauth.RoleReason{Source: sourceAffiliation, Value: value, Role: role, Granted: granted, Why: why})
	}
	return highest, reasons
}

// home is what the session says about the home institution.
type home uint8

const (
	homeUnsaid home = iota
	homeSame
	homeOther // also: several, or malformed
)

func (a Rule) homeOf(claims map[string]json.RawMessage) home {
	raw, ok := claims[a.HomeClaim]
	if a.HomeClaim == "" || !ok || string(raw) == "null" {
		return homeUnsaid
	}
	// schacHomeOrganization has one value. Of several, none is believed.
	if values, ok := affiliationValues(raw); ok && len(values) == 1 && values[0] == lowerASCII(a.Home) {
		return homeSame
	}
	return homeOther
}

// grantOf returns what a value would grant, and whether it does: if the reason is
// whySaid.
func (a Rule) grantOf(value string, home home) (grimoireauth.Role, string) {
	name, scope, scoped := strings.Cut(value, "@")
	role, known := a.Grants[name]
	switch {
	case !known:
		return grimoireauth.RoleNone, whyUnknown
	case home == homeOther:
		return role, whyHomesDisagree
	case !scoped && home != homeSame:
		return role, whyNoHome
	case scoped && scope != lowerASCII(a.Home): // a second @ is part of the scope, and no domain
		return role, whyOtherHome
	}
	return role, whySaid
}

// affiliationValues reads a list of texts, or one text; in both, a semicolon
// separates values. Values are trimmed and in lower case. It returns false for
// anything else: half a list is not believed.
func affiliationValues(raw json.RawMessage) ([]string, bool) {
	var list []*string // pointers, so that null is not taken for an empty text
	var one *string
	switch {
	case json.Unmarshal(raw, &one) == nil && one != nil:
		list = []*string{one}
	case json.Unmarshal(raw, &list) != nil || list == nil:
		return nil, false
	}
	var values []string
	for _, text := range list {
		if text == nil {
			return nil, false
		}
		for value := range strings.SplitSeq(*text, ";") {
			if value = lowerASCII(strings.TrimSpace(value)); value != "" {
				values = append(values, value)
			}
		}
	}
	return values, true
}

// lowerASCII leaves other letters alone: the Kelvin sign must not become a k.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
