package stytchclient

import (
	"cmp"
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

// sessionAnswer is what the answers of the calls that can end in a session have in common.
// Fields that an answer of a call does not have stay zero.
type sessionAnswer struct {
	RequestID     string                     `json:"request_id"`
	Authenticated bool                       `json:"member_authenticated"`
	MemberID      string                     `json:"member_id"`
	Organization  organizations.Organization `json:"organization"`
	Member        organizations.Member       `json:"member"`
	Session       *sessions.MemberSession    `json:"member_session"`
	Token         string                     `json:"session_token"`
	JWT           string                     `json:"session_jwt"`
	Intermediate  string                     `json:"intermediate_session_token"`
	Primary       *sessions.PrimaryRequired  `json:"primary_required"`
	MFA           *mfa.MfaRequired           `json:"mfa_required"`
}

// expected is what such an answer has to agree with. Its zero fields ask for nothing.
type expected struct {
	class grimoireauth.ClassID      // that was asked for by any of its names: another one is no answer
	id    grimoireauth.ClassID      // likewise, by its id
	meant grimoireauth.ClassID      // that a one-time token should be for: another one is refused
	whose grimoireauth.MemberID     // that was asked for: another one is no answer
	began grimoireauth.Intermediate // the pending sign-in that goes on

	completes bool // the answer has no member_authenticated: the call finishes a sign-in or fails
	password  bool // the call checks a password: see callWithPassword
}

// authenticate makes a call that can end in a session, and reads its answer.
func (c *Client) authenticate(ctx context.Context, op, path string, params any, want expected) (SignedIn, error) {
	res, err := ask[sessionAnswer](ctx, c, op, path, params, want)
	if err != nil {
		return SignedIn{}, err
	}
	return c.accept(ctx, op, *res, want)
}

// ask makes the call. A refusal of the method names those that the class allows.
func ask[Answer any](ctx context.Context, c *Client, op, path string, params any, want expected) (*Answer, error) {
	do := call[Answer]
	if want.password {
		do = callWithPassword[Answer]
	}
	res, err := do(ctx, c, op, func(ctx context.Context) (*Answer, error) {
		return send[Answer](ctx, c, http.MethodPost, path, params)
	})
	if err != nil {
		return nil, c.instead(ctx, cmp.Or(want.class, want.meant), err)
	}
	return res, nil
}

// accept turns an answer into a SignedIn. It is the one place where the answer to a
// sign-in becomes a session, and it needs all of: member_authenticated, both
// tokens, a session, and ids that are there and agree. A pending sign-in
// answers 200 as well, with empty tokens, so the status alone would let people in
// without their second factor.
//
// Stytch does not know that a class is archived or a member suspended. Then the
// session is there, but its credentials are not returned; it is ended as well, so
// that the member's list of sessions shows none that they cannot use. The same is
// done with a session for another class than the sign-in was meant for.
func (c *Client) accept(ctx context.Context, op string, res sessionAnswer, want expected) (SignedIn, error) {
	class, err := c.classOf(op, res.RequestID, "", res.Organization)
	if err != nil {
		return SignedIn{}, err
	}
	member, err := c.memberOf(op, res.RequestID, class.ID, res.Member)
	if err != nil {
		return SignedIn{}, err
	}
	switch {
	case res.MemberID != string(member.Member):
		return SignedIn{}, incomplete(op, res.RequestID, "names two members")
	case want.class != "" && !named(want.class, res.Organization), want.id != "" && want.id != class.ID:
		return SignedIn{}, incomplete(op, res.RequestID, "is about another organization")
	case want.whose != "" && want.whose != member.Member:
		return SignedIn{}, incomplete(op, res.RequestID, "is about another member")
	}
	authenticated := res.Authenticated || want.completes
	why := barred(res.Organization, res.Member)
	if want.meant != "" && !named(want.meant, res.Organization) {
		why = grimoireauth.ErrOtherClass
	}
	if why != nil && !authenticated {
		return SignedIn{}, &grimoireauth.Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: res.RequestID}
	}
	if !authenticated {
		return SignedIn{}, stepUp(op, res, want.began, member, class)
	}
	if res.Primary != nil || res.MFA != nil {
		return SignedIn{}, incomplete(op, res.RequestID, "says that the sign-in is finished and what it lacks")
	}
	authentication, err := authenticationOf(op, res.RequestID, res.Session, res.Token, res.JWT)
	if err != nil {
		return SignedIn{}, err
	}
	if authentication.Session.Member() != member.Member || string(authentication.Organization()) != string(class.ID) {
		return SignedIn{}, incomplete(op, res.RequestID, "has a session of another member")
	}
	if why != nil {
		if err := c.Sessions.Revoke(ctx, authentication.Session); err != nil {
			c.alarm(ctx, "A sign-in was refused and its session could not be ended: its credentials were not handed out, and it ends by itself", err)
		}
		return SignedIn{}, &grimoireauth.Error{Op: op, Kind: why, Status: http.StatusOK, RequestID: res.RequestID}
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
