package mock

import (
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
)

// Revoked returns credentials of a session that has been revoked. The
// session_jwt has not expired: it passes a check that does not ask Stytch. It
// panics if there is no such member.
func (s *Stytch) Revoked(member grimoireauth.MemberID) grimoireauth.Credentials {
	credentials := s.SignIn(member)
	s.EndSession(credentials)
	return credentials
}

// Expired returns credentials of a session that is over, with a genuine
// session_jwt that has expired, too: there is nothing left to refresh. It panics
// if there is no such member.
func (s *Stytch) Expired(member grimoireauth.MemberID) grimoireauth.Credentials {
	return s.SignIn(member, WithJWTAge(core.DefaultSession+time.Minute))
}

// Skewed returns live credentials whose session_jwt was issued by a clock that is
// ahead by this much or, if negative, behind. It is genuine, and the only kind
// here that can be dated in the future. It panics if there is no such member.
func (s *Stytch) Skewed(member grimoireauth.MemberID, ahead time.Duration) grimoireauth.Credentials {
	credentials := s.SignIn(member)
	s.resign("Skewed", &credentials, func(c *core.Request, session *state.Session) string {
		skewed := *session
		skewed.StartedAt, skewed.LastAccessedAt = session.StartedAt.Add(ahead), session.LastAccessedAt.Add(ahead)
		return c.Sign(&skewed, c.Now.Add(ahead))
	})
	return credentials
}

// Forged returns credentials made up by an attacker who knows everything but the
// secrets: the session_jwt speaks of a live session of the member and names the
// project's key, and another key has signed it; the token is of the right form.
// It panics if there is no such member.
func (s *Stytch) Forged(member grimoireauth.MemberID) grimoireauth.Credentials {
	credentials := s.SignIn(member)
	s.resign("Forged", &credentials, func(c *core.Request, session *state.Session) string {
		c.EnsureKey()
		return c.SignWith(session, c.Now, core.PublishedKey{SigningKey: s.core.KeyNumber(core.ForgerKey), Kid: c.Keys[0].Kid})
	})
	credentials.Token = grimoireauth.NewSecret(s.core.NewSessionToken())
	return credentials
}

// resign replaces the session_jwt.
func (s *Stytch) resign(what string, credentials *grimoireauth.Credentials, sign func(*core.Request, *state.Session) string) {
	s.arrange(what, func(c *core.Request) error {
		session, err := sessionOfCredentials(c, *credentials)
		if err != nil {
			return errors.New("the member has no session") // it was begun a moment ago
		}
		credentials.JWT = grimoireauth.NewSecret(sign(c, session))
		return nil
	})
}
