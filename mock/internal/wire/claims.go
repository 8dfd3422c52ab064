package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// CustomClaims are session_custom_claims. Values keep the text that was sent.
type CustomClaims map[string]json.RawMessage

// maxClaimsBytes bounds a session's custom claims together.
// Source: https://stytch.com/docs/b2b/guides/sessions/custom-claims
const maxClaimsBytes = 4 << 10

// reservedClaims cannot be custom. Stytch's SDKs say that they are ignored; its
// list of errors has one for them, which is the stricter reading.
var reservedClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

// MergedInto returns the session's claims with the new ones: a key replaces its
// value, null deletes it.
func (cc CustomClaims) MergedInto(old map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	if len(cc) == 0 {
		return old, nil
	}
	out := maps.Clone(old)
	if out == nil {
		out = make(map[string]json.RawMessage)
	}
	for _, name := range slices.Sorted(maps.Keys(cc)) { // the first fault is always the same one
		value := cc[name]
		switch {
		case slices.Contains(reservedClaims, name):
			return nil, FieldError("reserved_claims_in_custom_claims", name)
		case strings.HasPrefix(name, "https://stytch.com/"):
			return nil, FieldError("stytch_claims_in_custom_claims", name)
		case string(value) == "null":
			delete(out, name)
		case !representable(value):
			return nil, FieldError("unable_to_represent_custom_claims_json", name)
		default:
			out[name] = value
		}
	}
	encoded, err := json.Marshal(out)
	if err != nil || len(encoded) > maxClaimsBytes {
		return nil, Error("custom_claims_too_large")
	}
	return out, nil
}

// representable reports whether a value can be read back by those who decode
// JSON as usual: a number beyond every float64 cannot.
func representable(value json.RawMessage) bool {
	var v any
	return json.Unmarshal(value, &v) == nil
}
