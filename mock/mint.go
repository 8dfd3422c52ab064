package mock

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// SignInOption changes how [Stytch.SignIn] signs a member in.
type SignInOption func(*minting)

type minting struct {
	jwtAge  time.Duration
	life    time.Duration
	roles   []string
	factors []grimoireauth.Factor
	claims  map[string]any
}

// WithJWTAge makes the session begin this long ago, with a session_jwt from
// then: older than its life, it has expired and is genuine. Factors without a
// time of their own are from then, too.
func WithJWTAge(age time.Duration) SignInOption { return func(m *minting) { m.jwtAge = age } }

// WithDuration makes the session last this long from its beginning. Without it,
// it lasts Stytch's 60 minutes.
func WithDuration(life time.Duration) SignInOption { return func(m *minting) { m.life = life } }

// WithRoles gives the session Stytch roles besides the member's own, as signing
// in through an SSO connection can. They need not be in the RBAC policy.
func WithRoles(ids ...string) SignInOption { return func(m *minting) { m.roles = ids } }

// WithFactors makes these the factors of the session. Without it there is one,
// the magic link.
func WithFactors(factors ...grimoireauth.Factor) SignInOption {
	return func(m *minting) { m.factors = factors }
}

// WithClaims gives the session custom claims.
func WithClaims(claims map[string]any) SignInOption { return func(m *minting) { m.claims = claims } }

// SignIn signs a member in without the endpoints, and returns genuine credentials: the
// session is live and the session_jwt signed. A pending or invited member
// becomes active. The organization's rules about methods and second factors are
// not asked; to meet those, go through the endpoints. It panics if there is no
// such member, or if an option makes no sense.
func (s *Stytch) SignIn(member grimoireauth.MemberID, options ...SignInOption) grimoireauth.Credentials {
	var how minting
	for _, option := range options {
		option(&how)
	}
	var out grimoireauth.Credentials
	s.arrange("SignIn", func(c *core.Request) error {
		m, err := c.KnownMember(string(member))
		if err != nil {
			return err
		}
		if how.life == 0 {
			how.life = core.DefaultSession
		}
		if how.jwtAge < 0 || how.life < 0 || slices.Contains(how.roles, "") {
			return errors.New("a session cannot begin in the future, end before it began, or have a role without an id")
		}
		claims, err := readClaims(how.claims)
		if err != nil {
			return err
		}
		c.Now = c.Now.Add(-how.jwtAge)
		c.VerifyEmail(m)
		c.Activate(m)
		session := c.NewSession(m, factorsOf(c, m, how.factors), how.life)
		session.Granted, session.Claims = slices.Clone(how.roles), claims
		out = grimoireauth.Credentials{
			JWT:          grimoireauth.NewSecret(c.Sign(session, c.Now)),
			Token:        grimoireauth.NewSecret(session.Token),
			NamedSession: grimoireauth.SessionID(session.ID),
		}
		return nil
	})
	return out
}

// Stale returns credentials of the same session with a genuine session_jwt that
// was issued an hour ago and has expired; with a JWTLife of an hour or more, one
// that expired a minute ago. A session that is younger is made to have begun
// then; when it ends stays the same. It panics if the session is not live: for one
// that is over there is [Stytch.Expired].
func (s *Stytch) Stale(credentials grimoireauth.Credentials) grimoireauth.Credentials {
	var out grimoireauth.Credentials
	s.arrange("Stale", func(c *core.Request) error {
		session, err := sessionOfCredentials(c, credentials)
		if err != nil {
			return err
		}
		issued := c.Now.Add(-max(time.Hour, s.core.JWTLife()+time.Minute))
		if session.StartedAt.After(issued) {
			session.StartedAt = issued
		}
		then := *session
		then.LastAccessedAt = issued
		then.Factors = slices.Clone(session.Factors)
		for i := range then.Factors {
			if then.Factors[i].Last.After(issued) {
				then.Factors[i].Last = issued
			}
		}
		out = grimoireauth.Credentials{
			JWT:          grimoireauth.NewSecret(c.Sign(&then, issued)),
			Token:        grimoireauth.NewSecret(session.Token),
			NamedSession: grimoireauth.SessionID(session.ID),
		}
		return nil
	})
	return out
}

// EndSession ends the session of the credentials, as revoking it does. It panics
// if the session is not live.
func (s *Stytch) EndSession(credentials grimoireauth.Credentials) {
	s.arrange("EndSession", func(c *core.Request) error {
		ended, err := sessionOfCredentials(c, credentials)
		if err != nil {
			return err
		}
		c.State.EndSession(ended)
		return nil
	})
}

// sessionOfCredentials finds the session by the token, or else by the JWT.
func sessionOfCredentials(c *core.Request, credentials grimoireauth.Credentials) (*state.Session, error) {
	if !credentials.Token.IsZero() {
		return c.SessionOf(credentials.Token.Reveal(), "")
	}
	return c.SessionOf("", credentials.JWT.Reveal())
}

func readClaims(claims map[string]any) (map[string]json.RawMessage, error) {
	encoded, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("the claims are no JSON: %w", err)
	}
	var custom wire.CustomClaims
	if err := json.Unmarshal(encoded, &custom); err != nil {
		return nil, fmt.Errorf("the claims are no JSON object: %w", err)
	}
	return custom.MergedInto(nil)
}
