package grimoireauth

import (
	"context"
	"time"
)

// Observe receives what happens inside the module: one hook for metrics, logs
// and audit. It is called in the course of the request, so it must be quick and
// safe for concurrent use. A nil Observe is not called.
type Observe func(ctx context.Context, event Event)

// Event is one of the types below, a closed set. Events carry ids, counts and
// fixed words only: never a token, a name or an address.
type Event interface{ event() }

// KeysFetched: the key set was asked for, with what outcome. Err is nil if the
// answer was taken over.
type KeysFetched struct {
	Keys int // usable keys in the answer
	Took time.Duration
	Err  error
}

// TokenVerified: a session_jwt passed, without anybody being asked.
type TokenVerified struct {
	Session SessionID
	Member  MemberID
	Cached  bool // it had been verified before, so there was no RSA operation
}

// TokenRefused: a session_jwt was refused, for a reason from a closed list
// ([jwtlocal.Reason]).
//
// [jwtlocal.Reason]: https://pkg.go.dev/github.com/promptgrimoire/auth/jwtlocal#Reason
type TokenRefused struct{ Reason string }

// SessionRefreshed: a stale session_jwt was exchanged for a fresh one.
type SessionRefreshed struct {
	Session SessionID
	Member  MemberID
	Took    time.Duration
}

// RefreshShared: a request got, or waits for, the outcome of a refresh that
// another request began.
type RefreshShared struct {
	Session SessionID // empty if only a session_token was presented
}

// RefreshFailed: Stytch could not, or would not, refresh. Err matches one of the
// sentinels.
type RefreshFailed struct {
	Session SessionID // empty if only a session_token was presented
	Err     error
}

// RefreshWithheld: Stytch was not asked, because asking failed a moment ago or
// too much is being asked already. The request was answered as unavailable.
type RefreshWithheld struct {
	Session SessionID // empty if only a session_token was presented
	Wait    time.Duration
}

// OutageGraceUsed: a genuine session_jwt that has expired was accepted, because
// Stytch cannot be reached and the operator allows it for a while.
type OutageGraceUsed struct {
	Session SessionID
	Member  MemberID
}

// OperatorAlarm: something that only the operator can put right, such as a wrong
// project secret. Users are told that the service is unavailable or, where genuine
// session_jwts are rejected, to sign in. One is sent for each problem in a minute, by each
// Client and each Verifier.
type OperatorAlarm struct {
	Problem string // a fixed sentence that says what to do
	Err     error  // of the last time
	Count   int    // how often it was met since the last alarm about it, this time included
	// ClockError is how far this machine's clock is off at least, by the worst
	// measurement since the last alarm, with the sign of stytchclient.Client.ClockError. Zero: the
	// alarm is about something else.
	ClockError time.Duration
}

// OutageBegan: Stytch does not answer, so calls are not made from now on; from time to
// time one asks whether it is back. Its context is not that of a request.
type OutageBegan struct{ Outage Outage }

// OutageEnded: calls are made again, for the Reason that it says. Its context is not that
// of a request.
type OutageEnded struct {
	Outage Outage
	Took   time.Duration
	Reason OutageEnd
}

// Changed: a class, a roster or sessions were changed. There is one for each
// change that Stytch confirmed, and one for each whose answer was lost; none for
// what was refused or was so already.
type Changed struct {
	Op      string    // what was done, in the words that errors use: "set role"
	By      MemberID  // who is signed in in the context; empty: the program itself
	Session SessionID // of By
	// Impersonated says that By was an administrator at Stytch's dashboard who acted in
	// their name: see [Session.Impersonated].
	Impersonated bool
	Class        ClassID
	Member       MemberID  // who was changed; empty for a change of the class itself
	Target       SessionID // the session that was ended; empty for everything else
	// Fields are what became different, in the order of the type's fields.
	Fields []FieldChange
	// RequestID is Stytch's request_id of the call that made the change.
	RequestID string
	// Err is nil if Stytch confirmed the change. Otherwise it is not known whether it
	// was made.
	Err error
}

// FieldChange is one field of a change. Before and After are fixed words, ids or
// domains; both are empty for a field that can name a person, such as an address.
type FieldChange struct {
	Field         string
	Before, After string
}

// StepDone: a call that consists of many calls, such as one for each class, has done one of
// its steps. Events of one call come one at a time, in the order of Done.
type StepDone struct {
	Op     string  // the call, in the words that errors use: "revoke sessions everywhere"
	Class  ClassID // the class that the step was about; empty if it was not found
	Done   int     // how many steps are done, this one and those that failed included
	Failed int     // how many of them failed
	Total  int     // how many there are; the last event has a smaller Done if some were left out
	Err    error   // why this step failed, or nil
}

// WebhookReceived: a webhook of Stytch's was verified, and says what was changed there,
// through whichever program. One that is sent again after an error is received again.
type WebhookReceived struct {
	Message string // Svix's id of the message; each attempt to deliver it has the same
	Event   string // Stytch's event_id; empty if there was none
	// Source, Object and Action are Stytch's words in lower case, such as "dashboard",
	// "member" and "update". Empty: something else than a plain word.
	Source, Object, Action string
	ID                     string         // of the object, such as a connection's
	Member                 MemberID       // who was changed; empty if the object is not a member
	Class                  OrganizationID // to which the object belongs; empty if Stytch does not say, as of what was deleted
	Delay                  time.Duration  // from Stytch's event to its arrival, by two clocks
	Revoked                bool           // whether it was a revocation, which is in force
	// Err says that the revocation failed. Stytch sends the webhook again.
	Err error
}

// WebhookRefused: a webhook had no effect, for a reason from a closed list
// ([webhook.Reason]). Strangers can cause most of them.
//
// [webhook.Reason]: https://pkg.go.dev/github.com/promptgrimoire/auth/middleware/webhook#Reason
type WebhookRefused struct{ Reason string }

// SilenceBegan: this process has heard nothing for longer than Bound of the store by which
// processes share revocations. From now on each session needs Stytch's confirmation. Its
// context is not that of a request.
type SilenceBegan struct{ Bound time.Duration }

// SilenceEnded: every revocation is known again. Its context is not that of a request.
type SilenceEnded struct{ Took time.Duration }

// RevocationsLost: the store by which processes share revocations has lost some, and this
// process publishes again what it knows. Its context is not that of a request.
type RevocationsLost struct {
	Republished int // how many revocations
}

func (Changed) event()          {}
func (KeysFetched) event()      {}
func (TokenVerified) event()    {}
func (TokenRefused) event()     {}
func (SessionRefreshed) event() {}
func (RefreshShared) event()    {}
func (RefreshFailed) event()    {}
func (RefreshWithheld) event()  {}
func (OutageGraceUsed) event()  {}
func (OperatorAlarm) event()    {}
func (OutageBegan) event()      {}
func (OutageEnded) event()      {}
func (StepDone) event()         {}
func (SilenceBegan) event()     {}
func (SilenceEnded) event()     {}
func (RevocationsLost) event()  {}
func (WebhookReceived) event()  {}
func (WebhookRefused) event()   {}
