package grimoireauth

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"
)

// Session is what a verified session_jwt, or an answer of Stytch, attests: who
// is signed in to which organization, how, and until when. It holds no secret
// and no name or e-mail address, since a session_jwt carries none.
//
// A Session is immutable, as cheap to copy as a pointer, and safe for
// concurrent use; its accessors hand out copies, so that no handler can change
// what the next request sees. The zero Session is no session: its accessors
// return zero values.
//
// Source: https://stytch.com/docs/b2b/api/session-object
type Session struct{ s *session }

// SessionFields is what a [Session] is made of.
type SessionFields struct {
	ID               SessionID      // required
	Member           MemberID       // required
	Organization     OrganizationID // required
	OrganizationSlug string
	Roles            []string // Stytch role ids in force for this session
	Factors          []Factor
	StartedAt        time.Time
	LastAccessedAt   time.Time
	ExpiresAt        time.Time       // end of the session, not of a session_jwt
	EndsBy           time.Time       // the latest moment that ExpiresAt can still be moved to; zero if unknown
	CustomClaims     json.RawMessage // a JSON object of the claims that are not Stytch's own; empty if none
}

// session is what a Session points to. Thousands of them are kept, so its times have
// the eight bytes that they need.
type session struct {
	id                                 SessionID
	member                             MemberID
	organization                       OrganizationID
	slug                               string
	roles                              []string
	factors                            []Factor
	claims                             json.RawMessage
	started, accessed, expires, endsBy instant
}

// instant is a time in Unix nanoseconds; zero: none. Times that those cannot hold, after
// the year 2262 or before 1678, become the last or the first that they can.
type instant int64

func instantOf(t time.Time) instant {
	switch {
	case t.IsZero():
		return 0
	case t.Year() >= 2262:
		return math.MaxInt64
	case t.Year() <= 1678:
		return math.MinInt64
	}
	return instant(t.UnixNano())
}

func (i instant) time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(i)).UTC()
}

// Factor is one proof that was given when signing in, under Stytch's names
// (https://stytch.com/docs/b2b/api/session-object).
type Factor struct {
	Type                string    // "magic_link", "otp", "totp", "sso", …
	DeliveryMethod      string    // "email", "sms", "authenticator_app", "sso_saml", …
	LastAuthenticatedAt time.Time // zero if the source did not say: treat it as long ago
}

// NewSession returns a Session with a copy of these fields. It attests nothing
// by itself: only hand it what a signature or an answer of Stytch has proved.
// Its error says which of the required ids are blank.
func NewSession(fields SessionFields) (Session, error) {
	var faults []error
	if fields.ID == "" {
		faults = append(faults, errors.New("session without an id"))
	}
	if fields.Member == "" {
		faults = append(faults, errors.New("session without a member id"))
	}
	if fields.Organization == "" {
		faults = append(faults, errors.New("session without an organization id"))
	}
	if err := errors.Join(faults...); err != nil {
		return Session{}, err
	}
	return Session{s: &session{
		id:           fields.ID,
		member:       fields.Member,
		organization: fields.Organization,
		slug:         fields.OrganizationSlug,
		roles:        slices.Clone(fields.Roles),
		factors:      slices.Clone(fields.Factors),
		claims:       slices.Clone(fields.CustomClaims),
		started:      instantOf(fields.StartedAt),
		accessed:     instantOf(fields.LastAccessedAt),
		expires:      instantOf(fields.ExpiresAt),
		endsBy:       instantOf(fields.EndsBy),
	}}, nil
}

var noSession session

func (s Session) fields() *session {
	if s.s == nil {
		return &noSession
	}
	return s.s
}

// IsZero reports whether this is the zero Session.
func (s Session) IsZero() bool { return s.s == nil }

// ID returns Stytch's member_session_id.
func (s Session) ID() SessionID { return s.fields().id }

// Member returns who is signed in.
func (s Session) Member() MemberID { return s.fields().member }

// Organization returns the Stytch organization that the session belongs to.
func (s Session) Organization() OrganizationID { return s.fields().organization }

// OrganizationSlug returns the organization's slug when the session was
// attested. A slug can change hands: show it, never decide by it.
func (s Session) OrganizationSlug() string { return s.fields().slug }

// Roles returns the Stytch role ids in force for this session. They can differ
// from the member's: Stytch grants roles that come from an SSO connection only
// to sessions signed in through it.
func (s Session) Roles() []string { return slices.Clone(s.fields().roles) }

// HasRole reports whether the session carries exactly this Stytch role id.
func (s Session) HasRole(id string) bool { return slices.Contains(s.fields().roles, id) }

// Factors returns how the member signed in.
func (s Session) Factors() []Factor { return slices.Clone(s.fields().factors) }

// factorImpersonated is the type of the factor of an administrator who signs in as a
// member at Stytch's dashboard.
const factorImpersonated = "impersonated"

// Impersonated reports whether an administrator signed in as the member, through
// Stytch's dashboard. Such a session may look at what the member sees; the
// application decides whether it may hand in an essay.
// Source: https://stytch.com/docs/b2b/api/authenticate-impersonation-token
func (s Session) Impersonated() bool {
	return slices.ContainsFunc(s.fields().factors, func(f Factor) bool { return f.Type == factorImpersonated })
}

// StartedAt returns when the session began; zero if unknown.
func (s Session) StartedAt() time.Time { return s.fields().started.time() }

// LastAccessedAt returns when Stytch last saw the session before attesting it;
// zero if unknown.
func (s Session) LastAccessedAt() time.Time { return s.fields().accessed.time() }

// ExpiresAt returns when the session ends; zero if the source did not say. The
// session_jwt that attests it ends much earlier, five minutes after its issue.
func (s Session) ExpiresAt() time.Time { return s.fields().expires.time() }

// EndsBy returns the latest time to which ExpiresAt can be extended, so that a cookie
// with the session_token need not last longer. A [jwtlocal.Verifier] with a
// SlidingSession sets it. Zero: unknown; the session may still be extended at Stytch.
//
// [jwtlocal.Verifier]: https://pkg.go.dev/github.com/promptgrimoire/auth/jwtlocal#Verifier
func (s Session) EndsBy() time.Time { return s.fields().endsBy.time() }

// CustomClaims decodes the session's custom claims into v, a pointer to a struct
// or a map, as [json.Unmarshal] does. It decodes on demand, and leaves v alone
// if there are none. Numbers keep their digits where v holds a [json.Number] or
// a [json.RawMessage].
func (s Session) CustomClaims(v any) error {
	raw := s.fields().claims
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, v)
}

// LogValue shows the three ids. It implements [slog.LogValuer].
func (s Session) LogValue() slog.Value {
	f := s.fields()
	return slog.GroupValue(
		slog.String("session", string(f.id)),
		slog.String("member", string(f.member)),
		slog.String("organization", string(f.organization)),
	)
}

// String shows the session id only.
func (s Session) String() string { return "session " + string(s.fields().id) }
