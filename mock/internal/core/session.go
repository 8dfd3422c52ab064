package core

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

type aheadKey struct{}

// WithAhead returns a context for requests by whose clock Stytch's is ahead by this much.
func WithAhead(ctx context.Context, by time.Duration) context.Context {
	return context.WithValue(ctx, aheadKey{}, by)
}

// AheadOf returns by how much Stytch's clock is ahead for the caller of a request.
func AheadOf(ctx context.Context) time.Duration {
	ahead, _ := ctx.Value(aheadKey{}).(time.Duration)
	return ahead
}

// DateHeader is the header Date of a response.
func DateHeader(ahead time.Duration) string {
	return time.Now().Add(ahead).UTC().Format(http.TimeFormat)
}

// ClockTime is the time by Stytch's clock as the caller sees it.
func (c *Request) ClockTime() time.Time { return c.Now.Add(c.ahead) }

// AsSeen returns the session as the caller sees its dates.
func (c *Request) AsSeen(s *state.Session) *state.Session {
	if c.ahead == 0 {
		return s
	}
	seen := *s
	seen.StartedAt, seen.LastAccessedAt, seen.ExpiresAt = s.StartedAt.Add(c.ahead), s.LastAccessedAt.Add(c.ahead), s.ExpiresAt.Add(c.ahead)
	seen.Factors = make([]state.Factor, len(s.Factors))
	for i, f := range s.Factors {
		f.Last, f.CreatedAt, f.UpdatedAt = f.Last.Add(c.ahead), f.CreatedAt.Add(c.ahead), f.UpdatedAt.Add(c.ahead)
		seen.Factors[i] = f
	}
	return &seen
}

// Redate moves the dates of a session_jwt. It is false for a token that no published key
// has signed.
func (c *Request) Redate(jwt string, by time.Duration) (string, bool) {
	rawClaims, key, ok := c.verify(jwt)
	if !ok {
		return "", false
	}
	var claims map[string]any
	numbers := json.NewDecoder(bytes.NewReader(rawClaims))
	numbers.UseNumber() // custom claims keep the text that was sent
	if numbers.Decode(&claims) != nil {
		return "", false
	}
	for _, name := range []string{"iat", "nbf", "exp"} {
		if n, ok := claims[name].(json.Number); ok {
			at, err := n.Int64()
			if err != nil {
				return "", false
			}
			claims[name] = at + int64(by/time.Second)
		}
	}
	if session, ok := claims[claimSession].(map[string]any); ok {
		redateFields(session, by)
		factors, _ := session["authentication_factors"].([]any)
		for _, f := range factors {
			if f, ok := f.(map[string]any); ok {
				redateFields(f, by)
			}
		}
	}
	return signClaims(claims, *key), true
}

// redateFields moves the dates of an object in the claims, whose names end in _at.
func redateFields(object map[string]any, by time.Duration) {
	for name, value := range object {
		text, _ := value.(string)
		if at, err := time.Parse(time.RFC3339, text); err == nil && strings.HasSuffix(name, "_at") {
			object[name] = wire.ClaimTime(at.Add(by.Truncate(time.Second)))
		}
	}
}

// The bounds of session_duration_minutes, and what applies without it.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
const (
	minSessionMinutes = 5
	maxSessionMinutes = 527040
	DefaultSession    = time.Hour
)

// NewSession starts a session.
func (c *Request) NewSession(m *state.Member, factors []state.Factor, life time.Duration) *state.Session {
	if life == 0 {
		life = DefaultSession
	}
	s := &state.Session{
		ID:             c.NewID("member-session"),
		Token:          c.NewSessionToken(),
		MemberID:       m.ID,
		StartedAt:      c.Now,
		LastAccessedAt: c.Now,
		ExpiresAt:      c.Now.Add(life),
		Factors:        factors,
	}
	c.State.AddSession(s)
	return s
}

// Alive returns the session, or an error if it has expired or is nil.
func (c *Request) Alive(s *state.Session) (*state.Session, error) {
	if s == nil || !c.Now.Before(s.ExpiresAt) {
		return nil, wire.Error("session_not_found")
	}
	return s, nil
}

// SessionOf returns the live session of a token or a JWT: exactly one of them.
// A JWT may have expired; that is how it is refreshed.
func (c *Request) SessionOf(token, jwt string) (*state.Session, error) {
	switch {
	case token != "" && jwt != "":
		return nil, wire.Error("too_many_session_arguments")
	case token != "":
		if !WellFormed(token) {
			return nil, wire.Error("invalid_session_token")
		}
		return c.Alive(c.State.SessionByToken(token))
	case jwt != "":
		return c.sessionOfJWT(jwt)
	}
	return nil, wire.Error("no_session_arguments")
}

// SessionLife reads session_duration_minutes; zero means that it is absent.
func SessionLife(minutes *int) (time.Duration, error) {
	switch {
	case minutes == nil:
		return 0, nil
	case *minutes < minSessionMinutes || *minutes > maxSessionMinutes:
		return 0, wire.Error("invalid_session_duration_minutes")
	}
	return time.Duration(*minutes) * time.Minute, nil
}

// ExchangeSessionResponse is the response of calls that end in a session of a chosen
// organization: that of a sign-in without the organization's id beside the organization.
type ExchangeSessionResponse struct {
	SignInResponse
	OrganizationID *string `json:"organization_id,omitempty"` // hides the one of SignInResponse
}

// exchangeable are the OAuth providers whose factors have a form for another
// organization.
// Source: the delivery methods of https://stytch.com/docs/b2b/api/session-object
var exchangeable = []string{"google", "hubspot", "slack", "github"}

// Transferable are the factors of a session that count in another organization.
// Only a first factor can carry a sign-in there.
func (c *Request) Transferable(old *state.Session, m *state.Member) []state.Factor {
	if m.ID == old.MemberID {
		return old.Factors
	}
	var first, second []state.Factor
	for _, f := range old.Factors {
		switch {
		case f.Kind == "magic_link" && wire.SameEmail(f.Detail["email_address"], m.Email):
			moved := f
			moved.Detail = map[string]string{"email_id": m.EmailID, "email_address": m.Email}
			first = append(first, moved)
		case f.Kind == "oauth" && c.State.Member(old.MemberID).Verified && slices.Contains(exchangeable, strings.TrimSuffix(f.Method(), "_oauth")):
			// It names no address, so it goes with one that the member has proven: an
			// address that a member has just been given proves nothing elsewhere. The
			// provider's tokens stay behind.
			provider := strings.TrimSuffix(f.Method(), "_oauth")
			moved := f
			moved.OAuth = nil
			moved.Delivery, moved.DetailName = "oauth_exchange_"+provider, provider+"_oauth_exchange_factor"
			moved.Detail = map[string]string{"email_id": m.EmailID}
			first = append(first, moved)
		case f.Kind == "otp" && c.State.Member(old.MemberID).PhoneVerified && m.PhoneVerified && m.Phone == c.State.Member(old.MemberID).Phone:
			moved := f
			moved.Detail = map[string]string{"phone_id": m.PhoneID, "phone_number": m.Phone}
			second = append(second, moved)
		}
	}
	if len(first) == 0 {
		return nil
	}
	return append(first, second...)
}
