package grimoireauth

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"
)

// Session is what a verified session_jwt, or an answer of Stytch, attests: who
// is signed in to which organization, how, and until when. It holds no secret
// and no name or e-mail address, since a session_jwt carries none.
//
// A Session is immutable, as cheap to copy as a pointer, and safe for
// concurrent use; its accessors hand out copies, so that no handler can change
// what the next request sees. The zero Session belongs to nobody: its accessors
// return zero values.
//
// Source: https://stytch.com/docs/b2b/api/session-object
type Session struct{ s *SessionFields }

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
	CustomClaims     json.RawMessage // a JSON object of the claims that are not Stytch's own; empty if none
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
	fields.Roles = slices.Clone(fields.Roles)
	fields.Factors = slices.Clone(fields.Factors)
	fields.CustomClaims = slices.Clone(fields.CustomClaims)
	return Session{s: &fields}, nil
}

var noSession SessionFields

func (s Session) fields() *SessionFields {
	if s.s == nil {
		return &noSession
	}
	return s.s
}

// IsZero reports whether this is the Session of nobody.
func (s Session) IsZero() bool { return s.s == nil }

// ID returns Stytch's member_session_id.
func (s Session) ID() SessionID { return s.fields().ID }

// Member returns who is signed in.
func (s Session) Member() MemberID { return s.fields().Member }

// Organization returns the Stytch organization that the session belongs to.
func (s Session) Organization() OrganizationID { return s.fields().Organization }

// OrganizationSlug returns the organization's slug when the session was
// attested. A slug can change hands: show it, never decide by it.
func (s Session) OrganizationSlug() string { return s.fields().OrganizationSlug }

// Roles returns the Stytch role ids in force for this session. They can differ
// from the member's: Stytch grants roles that come from an SSO connection only
// to sessions signed in through it.
func (s Session) Roles() []string { return slices.Clone(s.fields().Roles) }

// HasRole reports whether the session carries exactly this Stytch role id.
func (s Session) HasRole(id string) bool { return slices.Contains(s.fields().Roles, id) }

// Factors returns how the member signed in.
func (s Session) Factors() []Factor { return slices.Clone(s.fields().Factors) }

// factorImpersonated is the type of the factor that an administrator leaves who
// signs in as somebody else at Stytch's dashboard.
const factorImpersonated = "impersonated"

// Impersonated reports whether not the member signed in but an administrator in
// their name, through Stytch's dashboard. Such a session may look at what the
// member sees; whether it may hand in an essay is for the application to say.
// Source: https://stytch.com/docs/b2b/api/authenticate-impersonation-token
func (s Session) Impersonated() bool {
	return slices.ContainsFunc(s.fields().Factors, func(f Factor) bool { return f.Type == factorImpersonated })
}

// StartedAt returns when the session began; zero if unknown.
func (s Session) StartedAt() time.Time { return s.fields().StartedAt }

// LastAccessedAt returns when Stytch last saw the session before attesting it;
// zero if unknown.
func (s Session) LastAccessedAt() time.Time { return s.fields().LastAccessedAt }

// ExpiresAt returns when the session ends; zero if the source did not say. The
// session_jwt that attests it ends much earlier, five minutes after its issue.
func (s Session) ExpiresAt() time.Time { return s.fields().ExpiresAt }

// CustomClaims decodes the session's custom claims into v, a pointer to a struct
// or a map, as [json.Unmarshal] does. It decodes on demand, and leaves v alone
// if there are none. Numbers keep their digits where v holds a [json.Number] or
// a [json.RawMessage].
func (s Session) CustomClaims(v any) error {
	raw := s.fields().CustomClaims
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, v)
}

// LogValue shows the three ids. It implements [slog.LogValuer].
func (s Session) LogValue() slog.Value {
	f := s.fields()
	return slog.GroupValue(
		slog.String("session", string(f.ID)),
		slog.String("member", string(f.Member)),
		slog.String("organization", string(f.Organization)),
	)
}

// String shows the session id only.
func (s Session) String() string { return "session " + string(s.fields().ID) }
