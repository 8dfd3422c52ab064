package mock

import (
	"cmp"
	"slices"
	"strings"
)

// liveSessions returns the member's live sessions, oldest first.
func (c *call) liveSessions(m *member) []*session {
	var out []*session
	for _, s := range c.db.Sessions {
		if _, err := c.alive(s); err == nil && s.MemberID == m.ID {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *session) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), strings.Compare(a.ID, b.ID))
	})
	return out
}

// revokeSessionsRequest is POST /v1/b2b/sessions/revoke.
type revokeSessionsRequest struct {
	MemberSessionID string `json:"member_session_id"`
	SessionToken    string `json:"session_token"`
	SessionJWT      string `json:"session_jwt"`
	MemberID        string `json:"member_id"`
}

// revokeSessions ends one session, or all of a member's. A session_jwt of an
// ended session passes local checks until it expires. What Stytch answers about
// a session that is gone already is not published; here it is not found.
// Source: https://stytch.com/docs/b2b/api/revoke-session
func revokeSessions(c *call, in revokeSessionsRequest) (*statusOnly, error) {
	selectors := 0
	for _, selector := range []string{in.MemberSessionID, in.SessionToken, in.SessionJWT, in.MemberID} {
		if selector != "" {
			selectors++
		}
	}
	switch {
	case selectors == 0:
		return nil, refuse("no_session_revoke_arguments")
	case selectors > 1:
		return nil, refuse("too_many_session_revoke_arguments")
	}
	if in.MemberID != "" {
		return new(statusOnly), c.revokeMember(in.MemberID)
	}
	// One session, named in one of three ways. A JWT may have expired: whoever has
	// an old one may still sign out.
	var s *session
	var err error
	switch {
	case in.MemberSessionID == "":
		s, err = c.sessionOf(in.SessionToken, in.SessionJWT)
	case !strings.HasPrefix(in.MemberSessionID, "member-session-") && !strings.HasPrefix(in.MemberSessionID, "session-"):
		err = refuse("invalid_session_id")
	default:
		s, err = c.alive(c.db.Sessions[in.MemberSessionID])
	}
	if err != nil {
		return nil, err
	}
	if err := c.permit(c.db.org(c.db.member(s.MemberID).OrganizationID), c.db.member(s.MemberID), "revoke-sessions"); err != nil {
		return nil, err
	}
	c.db.endSessions(func(other *session) bool { return other == s })
	return new(statusOnly), nil
}

// revokeMember ends all sessions of a member. There is no organization in the
// request, so an external id, which is unique in its organization only, does not
// say who is meant.
func (c *call) revokeMember(id string) error {
	m := c.db.member(id)
	if m == nil || m.Status == statusDeleted {
		return refuse("member_not_found")
	}
	if err := c.permit(c.db.org(m.OrganizationID), m, "revoke-sessions"); err != nil {
		return err
	}
	c.db.endSessions(func(s *session) bool { return s.MemberID == m.ID })
	return nil
}
