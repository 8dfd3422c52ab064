package stytchclient

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/mfa"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

// outcome is what the answers of Stytch's authenticate calls have in common.
type outcome struct {
	requestID     string
	authenticated bool // member_authenticated, or true for the calls whose answer has no such field
	memberID      string
	organization  organizations.Organization
	member        organizations.Member
	session       *sessions.MemberSession
	token, jwt    string
	intermediate  string
	primary       *sessions.PrimaryRequired
	mfa           *mfa.MfaRequired

	// What the answer has to agree with; empty where nothing was said.
	class grimoireauth.ClassID      // that was asked for: another one is no answer
	meant grimoireauth.ClassID      // that a one-time token should be for: another one is refused
	whose grimoireauth.MemberID     // likewise
	began grimoireauth.Intermediate // the unfinished sign-in that goes on
}

// accept turns an outcome into a SignedIn. It is the one place where an answer
// of Stytch becomes a session, and it needs all of: member_authenticated, both
// tokens, a session, and ids that are there and agree. An unfinished sign-in
// answers 200 as well, with empty tokens; whoever looks at the status only lets
// people in without their second factor.
//
// Stytch does not know that a class is archived or a member suspended. Then the
// session is there, but nobody ever gets its credentials; it is ended as well, so
// that the member's list of sessions shows none that they cannot use. The same is
// done with a session for another class than the sign-in was meant for.
func (c *Client) accept(ctx context.Context, op string, o outcome) (SignedIn, error) {
	class, err := c.classOf(op, o.requestID, "", o.organization)
	if err != nil {
		return SignedIn{}, err
	}
	member, err := c.memberOf(op, o.requestID, class.ID, o.member)
	if err != nil {
		return SignedIn{}, err
	}
	switch {
	case o.memberID != string(member.Member):
		return SignedIn{}, incomplete(op, o.requestID, "names two members")
	case o.class != "" && !named(o.class, o.organization):
		return SignedIn{}, incomplete(op, o.requestID, "is about another organization")
	case o.whose != "" && o.whose != member.Member:
		return SignedIn{}, incomplete(op, o.requestID, "is about another member")
	}
	why := barred(o.organization, o.member)
	if o.meant != "" && !named(o.meant, o.organization) {
		why = grimoireauth.ErrOtherClass
	}
	if why != nil && !o.authenticated {
		return SignedIn{}, &grimoireauth.Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: o.requestID}
	}
	if !o.authenticated {
		return SignedIn{}, stepUp(op, o, member, class)
	}
	if o.primary != nil || o.mfa != nil {
		return SignedIn{}, incomplete(op, o.requestID, "says that the sign-in is finished and what it lacks")
	}
	authentication, err := authenticationOf(op, o.requestID, o.session, o.token, o.jwt)
	if err != nil {
		return SignedIn{}, err
	}
	if authentication.Session.Member() != member.Member || string(authentication.Organization()) != string(class.ID) {
		return SignedIn{}, incomplete(op, o.requestID, "has a session of somebody else")
	}
	if why != nil {
		if err := c.Sessions.Revoke(ctx, authentication.Session); err != nil {
			c.alarm(ctx, "A sign-in was refused and its session could not be ended: nobody has its credentials, it ends by itself", err)
		}
		return SignedIn{}, &grimoireauth.Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: o.requestID}
	}
	if from, ok := asker.From(ctx); ok {
		c.sources.Prove(from.Address)
	}
	return SignedIn{Authentication: authentication, Member: member, Class: class}, nil
}

// authenticationOf reads a session and the credentials that prove it.
func authenticationOf(op, requestID string, s *sessions.MemberSession, token, jwt string) (grimoireauth.Authentication, error) {
	switch {
	case s == nil:
		return grimoireauth.Authentication{}, incomplete(op, requestID, "has no session")
	case token == "":
		return grimoireauth.Authentication{}, incomplete(op, requestID, "has no session_token")
	case jwt == "":
		return grimoireauth.Authentication{}, incomplete(op, requestID, "has no session_jwt")
	case s.ExpiresAt == nil:
		return grimoireauth.Authentication{}, incomplete(op, requestID, "has a session without an end")
	}
	session, err := sessionOf(s)
	if err != nil {
		return grimoireauth.Authentication{}, incomplete(op, requestID, "has a "+err.Error())
	}
	return grimoireauth.Authentication{
		Session:     session,
		Credentials: grimoireauth.Credentials{JWT: grimoireauth.NewSecret(jwt), Token: grimoireauth.NewSecret(token), NamedSession: session.ID()},
		Source:      grimoireauth.SourceRemote,
	}, nil
}

func sessionOf(s *sessions.MemberSession) (grimoireauth.Session, error) {
	factors := make([]grimoireauth.Factor, len(s.AuthenticationFactors))
	for i, f := range s.AuthenticationFactors {
		factors[i] = grimoireauth.Factor{
			Type:                string(f.Type),
			DeliveryMethod:      string(f.DeliveryMethod),
			LastAuthenticatedAt: timeOf(f.LastAuthenticatedAt),
		}
	}
	var claims json.RawMessage
	if len(s.CustomClaims) > 0 {
		var err error
		if claims, err = json.Marshal(s.CustomClaims); err != nil {
			return grimoireauth.Session{}, err
		}
	}
	return grimoireauth.NewSession(grimoireauth.SessionFields{
		ID:               grimoireauth.SessionID(s.MemberSessionID),
		Member:           grimoireauth.MemberID(s.MemberID),
		Organization:     grimoireauth.OrganizationID(s.OrganizationID),
		OrganizationSlug: s.OrganizationSlug,
		Roles:            s.Roles,
		Factors:          factors,
		StartedAt:        timeOf(s.StartedAt),
		LastAccessedAt:   timeOf(s.LastAccessedAt),
		ExpiresAt:        timeOf(s.ExpiresAt),
		CustomClaims:     claims,
	})
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
