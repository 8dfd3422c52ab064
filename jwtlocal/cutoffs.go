package jwtlocal

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Cutoffs tells what has been cut off. [MemoryCutoffs] is one; another one may
// share cutoffs between the replicas of a service.
//
// An implementation keeps a cutoff for as long as a session_jwt that was issued before it
// can count: an hour, and a minute for clocks, besides Config.OutageGrace. With a cutoff
// that was forgotten earlier an outage lets in whom it has put out. Of two cutoffs of one
// member or class it keeps the later one. If it has to forget for want of room, it returns
// the time of that as StaleUntil for everyone from then on.
type Cutoffs interface {
	// Standing returns what is known about a session, its member and its class. It
	// is called for every request, so it must answer from memory and be safe for
	// concurrent use. An error means that it could not find out; no token is
	// accepted then.
	Standing(ctx context.Context, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (Standing, error)
}

// Standing is what cutoffs say about one session. The zero Standing: nothing.
type Standing struct {
	// Ended: the session is over for good. No time is compared.
	Ended bool
	// StaleUntil: every session_jwt issued until then, and a minute longer since
	// Stytch's clock and ours differ, is stale, because its member or class was cut
	// off. Only one that this process obtained by a refresh which began when the
	// cutoff was known already is not. The zero time: none is.
	StaleUntil time.Time
	// Raised tells two cutoffs of the member or class apart, whatever their times:
	// it is greater after the later one. A reader that cannot tell leaves it zero;
	// StaleUntil alone then says whether there is a new one.
	Raised uint64
}

// cutoffLeeway is how far Stytch's clock and ours may be apart. Unlike
// Config.Leeway it costs nothing to be generous here: a token that is taken for
// older than it is gets refreshed once, and one that is taken for younger would let
// somebody in who was put out.
const cutoffLeeway = maxLeeway

// covers reports whether a token issued at this Unix second is stale by s.
func (s Standing) covers(issued int64) bool {
	return !s.StaleUntil.IsZero() && !time.Unix(issued, 0).After(s.StaleUntil.Add(cutoffLeeway))
}

// standing asks all that know about cutoffs: Stytch's own answers, and
// Config.Cutoffs.
func (v *Verifier) standing(ctx context.Context, session grimoireauth.Session) (Standing, error) {
	// Looking into the session is left until it is needed: at a hit it is the only
	// thing that would have to come from far away in memory.
	if v.gone.raised.Load() != 0 && v.gone.ended(session.ID()) {
		return Standing{Ended: true}, nil
	}
	if v.config.Cutoffs == nil {
		return v.forgotten(Standing{}), nil
	}
	if memory, ok := v.config.Cutoffs.(*MemoryCutoffs); ok && memory.raised.Load() == 0 {
		return v.forgotten(Standing{}), nil
	}
	s, err := v.config.Cutoffs.Standing(ctx, session.ID(), session.Member(), session.Organization())
	return v.forgotten(s), err
}

// forgotten lets the ends of sessions count that Stytch told of and that there was no
// room for. It is asked after them: see MemoryCutoffs.Standing. Their number says
// nothing beside that of other cutoffs.
func (v *Verifier) forgotten(s Standing) Standing {
	if floor := v.gone.floor.Load(); floor != nil && floor.at.After(s.StaleUntil) {
		s.StaleUntil = floor.at
	}
	return s
}
