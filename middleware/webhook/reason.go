package webhook

// Reason says why a webhook was refused. It goes to the observer and to the log. The sender
// does not get it: it would help a forger to know which check failed.
type Reason uint8

// The closed set of reasons.
const (
	_               Reason = iota
	ReasonMethod           // not POST
	ReasonMediaType        // not JSON
	ReasonUnsigned         // no id, no timestamp or no signature
	ReasonHeaders          // repeated, contradicting or malformed headers
	ReasonTime             // signed too long ago, or in the future
	ReasonBody             // the body is too large, or did not arrive
	ReasonSignature        // no signature by one of the secrets
	ReasonReplayed         // handled before, so the answer is 204; it has no effect
	ReasonPending          // another request handles it at the moment
	ReasonMalformed        // signed, and not an event of Stytch's
	ReasonProject          // signed, and about another project
	reasonCount
)

var reasonNames = [reasonCount]string{
	"none", "method", "media type", "unsigned", "headers", "time", "body", "signature", "replayed", "pending", "malformed", "project",
}

// String returns the reason in a word or two.
func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return "unknown"
}
