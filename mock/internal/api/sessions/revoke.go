package sessions

import (
	"cmp"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// liveSessions returns the member's live sessions, oldest first.
func liveSessions(c *core.Request, m *state.Member) []*state.Session {
	var out []*state.Session
	for _, s := range c.State.SessionsOf(m) {
		if _, err := c.Alive(s); err == nil {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *state.Session) int {
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

// Revoke ends one session, or all of a member's. A session_jwt of an
// ended session passes local checks until it expires. What Stytch answers about
// a session that is gone already is not published; here it is not found.
// Source: https://stytch.com/docs/b2b/api/revoke-session
func Revoke(c *core.Request, in revokeSessionsRequest) (*wire.StatusOnly, error) {
	selectors := 0
	for _, selector := range []string{in.MemberSessionID, in.SessionToken, in.SessionJWT, in.MemberID} {
		if selector != "" {
			selectors++
		}
	}
	switch {
	case selectors == 0:
		return nil, wire.Error("no_session_revoke_arguments")
	case selectors > 1:
		return nil, wire.Error("too_many_session_revoke_arguments")
	}
	if in.MemberID != "" {
		return new(wire.StatusOnly), revokeMember(c, in.MemberID)
	}
	// One session, named in one of three ways. A JWT may have expired: the
	// holder of an old one may still sign out.
	var s *state.Session
	var err error
	switch {
	case in.MemberSessionID == "":
		s, err = c.SessionOf(in.SessionToken, in.SessionJWT)
	case !strings.HasPrefix(in.MemberSessionID, "member-session-") && !strings.HasPrefix(in.MemberSessionID, "session-"):
		err = wire.Error("invalid_session_id")
	default:
		s, err = c.Alive(c.State.Sessions[in.MemberSessionID])
	}
	if err != nil {
		return nil, err
	}
	if err := c.Permit(c.State.Org(c.State.Member(s.MemberID).OrganizationID), c.State.Member(s.MemberID), "revoke-sessions"); err != nil {
		return nil, err
	}
	c.State.EndSession(s)
	return new(wire.StatusOnly), nil
}

// revokeMember ends all sessions of a member. There is no organization in the
// request, so an external id, which is unique in its organization only, does not
// identify a member.
func revokeMember(c *core.Request, id string) error {
	m := c.State.Member(id)
	if m == nil || m.Status == state.StatusDeleted {
		return wire.Error("member_not_found")
	}
	if err := c.Permit(c.State.Org(m.OrganizationID), m, "revoke-sessions"); err != nil {
		return err
	}
	c.State.EndSessions(m, nil)
	return nil
}
