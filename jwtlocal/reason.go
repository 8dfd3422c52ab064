package jwtlocal

import "strconv"

// Reason says why a token did not pass. It goes to [Stats], to the observer and
// to the log at debug, never to whoever presented the token: telling them which
// check failed would help only the wrong ones. The zero Reason is no reason: the
// token passed.
type Reason uint8

// The closed set of reasons. The first group means that the token is bad.
const (
	_                    Reason = iota
	ReasonTooLong               // longer than any genuine token
	ReasonMalformed             // not three strict base64url segments
	ReasonHeader                // a header that Stytch does not write
	ReasonAlgorithm             // an algorithm other than RS256
	ReasonUnknownKey            // signed by a key that the project does not publish
	ReasonSignature             // the signature does not match
	ReasonClaims                // claims missing, repeated, disguised or of the wrong kind
	ReasonIssuer                // issued by or for somebody else
	ReasonAudience              // made for another project
	ReasonSubject               // no member id of this environment
	ReasonSession               // no session id of this environment
	ReasonOrganization          // no organization id of this environment
	ReasonOtherToken            // a token of another kind, such as an access token
	ReasonLifetime              // times that contradict each other, or a life of over an hour
	ReasonNotYet                // unknown: genuine and dated in the future, so this machine's clock is behind
	ReasonSessionEnded          // a cutoff says that the session is over
	ReasonExpired               // stale: past its own or its session's end
	ReasonTooOld                // stale: older than Config.MaxAge
	ReasonCutOff                // stale: issued before a cutoff of its member or class
	ReasonRetiredKey            // stale: signed by a key that is no longer published
	ReasonNoKeys                // unknown: the key set could not be had
	ReasonCutoffsUnknown        // unknown: the cutoffs could not be read
	reasonCount
)

var reasonNames = [reasonCount]string{
	"none", "too_long", "malformed", "header", "algorithm", "unknown_key", "signature", "claims",
	"issuer", "audience", "subject", "session", "organization", "other_token", "lifetime", "not_yet",
	"session_ended", "expired", "too_old", "cut_off", "retired_key", "no_keys", "cutoffs_unknown",
}

// String returns the reason in snake case, fit for a metric's label.
func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return "reason(" + strconv.Itoa(int(r)) + ")"
}

// MarshalText writes the same word, also for keys of a JSON object.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
