package stytchclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// SessionOptions are what every call that ends in a session can be told about it.
// The zero SessionOptions are right nearly always.
type SessionOptions struct {
	// Duration is how long the session lasts from now, in whole minutes from 5
	// minutes to 366 days. Zero: [Config.SessionDuration]; and for a session that is
	// there already: its end stays as it is.
	Duration time.Duration
	// CustomClaims are kept with the session and stand in each of its session_jwts:
	// up to 4 KB of JSON. A nil value deletes a claim of a session that is there
	// already. Names that JWTs or Stytch use themselves are refused. They can be read
	// by every holder of the session_jwt, so they are no place for secrets.
	CustomClaims map[string]any
}

// SignInOptions are what every way to sign in can be told besides. The zero
// SignInOptions begin a new session.
type SignInOptions struct {
	SessionOptions
	// Continue is what the person has proven already: the [StepUpError.Intermediate]
	// that this answers, or the Credentials of a live session that this adds a factor
	// to. A session of another member is ignored by Stytch, which then begins a new
	// one. Nil: nothing.
	Continue grimoireauth.Proof
	// Locale is the language of an SMS that Stytch sends at once if the member has a
	// phone as their second factor: "en", "es", "fr", "pt-br", "de-DE", … Empty: "en".
	Locale string
}

// request is SignInOptions as Stytch's calls take them.
type request struct {
	proofFields
	minutes int32
	claims  map[string]any
	locale  string
	// began is the pending sign-in that goes on, if one does.
	began grimoireauth.Intermediate
}

// request checks the options, and reports what is wrong with them together with
// the other faults of the call.
func (c *Client) request(op string, o SignInOptions, faults ...error) (request, error) {
	out := request{minutes: c.minutes, claims: o.CustomClaims, locale: o.Locale}
	out.began, _ = o.Continue.(grimoireauth.Intermediate)
	if _, live := o.Continue.(grimoireauth.Credentials); live {
		// Sent with a live session, a duration moves its end. Nothing does that
		// silently.
		out.minutes = 0
	}
	if o.Duration != 0 {
		out.minutes = int32(o.Duration / time.Minute)
	}
	faults = append(faults, checkDuration("Duration", o.Duration), checkClaims(o.CustomClaims), checkSMSLocale(o.Locale))
	if err := invalid(op, faults...); err != nil {
		return request{}, err
	}
	var err error
	out.proofFields, err = proofFieldsOf(op, o.Continue)
	return out, err
}

// checkDuration checks a session's length before it is sent. Zero leaves it out.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
func checkDuration(field string, d time.Duration) error {
	if d != 0 && (d < minSessionDuration || d > maxSessionDuration || d%time.Minute != 0) {
		return fmt.Errorf("%s %v is not a whole number of minutes from 5 to 527040", field, d)
	}
	return nil
}

// maxClaims is how much JSON Stytch keeps with a session.
const maxClaims = 4 << 10

// reservedClaims are the claims of RFC 7519, section 4.1. Stytch's own are URLs
// under its name.
var reservedClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

const stytchClaims = "https://stytch.com/"

// checkClaims refuses before sending what Stytch would refuse, or would leave out
// without a word. Names are compared without case: a reader of the JWT may not
// tell "Sub" from "sub".
// Source: https://stytch.com/docs/b2b/guides/sessions/custom-claims
func checkClaims(claims map[string]any) error {
	var faults []error
	for name := range claims {
		if lower := strings.ToLower(name); slices.Contains(reservedClaims, lower) || strings.HasPrefix(lower, stytchClaims) {
			faults = append(faults, fmt.Errorf("CustomClaims has %.60q, which is not for custom claims", name))
		}
		if name == "" {
			faults = append(faults, errors.New("CustomClaims has a claim without a name"))
		}
	}
	if len(claims) > 0 {
		switch encoded, err := json.Marshal(claims); {
		case err != nil:
			// The error of encoding/json can quote the value.
			faults = append(faults, errors.New("CustomClaims cannot be written as JSON"))
		case len(encoded) > maxClaims:
			faults = append(faults, fmt.Errorf("CustomClaims has %d bytes, Stytch keeps %d", len(encoded), maxClaims))
		}
	}
	return errors.Join(faults...)
}

// smsLocales are the languages of SMS.
// Source: https://stytch.com/docs/b2b/api/otp-sms-send
var smsLocales = []string{
	"", "en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES",
	"ja", "ru", "nl", "pl", "tr", "fa", "vi", "cs",
}

func checkSMSLocale(locale string) error {
	if !slices.Contains(smsLocales, locale) {
		return fmt.Errorf("Locale %.20q is not one that Stytch has: %s", locale, strings.Join(smsLocales[1:], ", "))
	}
	return nil
}

// localeOf is a locale as the SDK takes it, which has one type for each call.
func localeOf[T ~string](locale string) *T {
	if locale == "" {
		return nil
	}
	out := T(locale)
	return &out
}
