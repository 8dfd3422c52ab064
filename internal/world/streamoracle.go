package world

import (
	"errors"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The bounds of streams that the documentation states.
const (
	decidedEvery = 10 * time.Second // how often the guards of a stream are checked again
	signalled    = time.Second      // how soon a revocation in the same process ends a stream
	oneCall      = 2*mostStytch + 10*time.Millisecond
	inDoubt      = time.Minute // how long a stream stays while the guards have temporary errors
)

// opens records that a stream has begun.
func (o *oracle) opens(x *exchange, id, class string, least rank) *stream {
	o.events.happened("a stream opened")
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	return &stream{x: x, reader: o.ledger.sessions[id], class: class, least: least, opened: o.clock.now()}
}

// closes checks the end of a stream: it came within the stated time after the end of its
// reader's right, and had a reason.
func (o *oracle) closes(n *network, s *stream, cause error) {
	if s.reader == nil {
		return // reported when it was served
	}
	at, p := o.clock.now(), s.x.instance
	// Checking takes one call to Stytch. If that fails, the stream stays for a minute.
	call := oneCall
	if !n.quietSince(at - 2*inDoubt - healing) {
		call += inDoubt
	}
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	o.overstays(s, at, call)
	switch closing, ok := p.told(processEnds); {
	case ok && at > closing+signalled:
		o.broken("stream", "%s stands %v after its process was told to end its streams", s.x.name, at-closing)
	case ok || errors.Is(cause, http.ErrServerClosed):
		if !ok {
			o.broken("stream", "%s was ended because its process ends, and it does not", s.x.name)
		}
		o.events.happened("a stream ended with its process")
	case cause != nil:
		o.endedRightly(n, s, at, cause)
	}
}

// processEnds is the cause with which a replaced process ends its streams.
const processEnds = "the end of its streams"

// overstays reports whether the stream was open for too long. The caller holds the
// ledger's lock, as for the functions below.
func (o *oracle) overstays(s *stream, at, call time.Duration) {
	p, m := s.x.instance, s.reader.member
	stale := p.setting.stale() + o.clocks.behindSince(p.number, s.opened)
	over := s.reader.over()
	if o.ledger.unmarked {
		over = s.reader.ended()
	}
	if at > over+stale+decidedEvery+call {
		o.broken("stream", "%s stands %v after the end of the session of %s", s.x.name, at-over, m.email)
	}
	if ends := s.reader.ends; at > ends+leeway+o.clocks.behindSince(p.number, s.opened)+decidedEvery+call {
		o.broken("stream", "%s stands %v after the date on which the session of %s ends", s.x.name, at-ends, m.email)
	}
	// A revocation in this process ends the stream at once: one of the session, or a rightful one
	// of its member or class.
	for _, end := range []struct {
		what string
		at   time.Duration
	}{{s.reader.id, 0}, {m.id, over}, {m.class.id, over}} {
		if told, ok := p.told(cutOf(end.what)); ok && end.at <= told && told > s.opened && at > told+signalled+call && (end.what == s.reader.id || o.clocks.behindSince(p.number, told) <= leeway) {
			o.broken("stream", "%s stands %v after its process ended the session of %s", s.x.name, at-told, m.email)
		}
	}
	if highest := o.rankFor(s, at, call); highest < s.least {
		o.broken("stream", "%s stands for a reader who has to be %s there, and %s is %s", s.x.name, s.least, m.email, highest)
	}
}

// rankFor returns the highest role that the stream may rest on at this time.
func (o *oracle) rankFor(s *stream, at, call time.Duration) rank {
	p, m := s.x.instance, s.reader.member
	if o.table == nil {
		from := at - p.setting.stale() - decidedEvery - call - o.clocks.behindSince(p.number, s.opened)
		if told, ok := p.told("role of " + m.id); ok && told+signalled+call < at && o.clocks.behindSince(p.number, told) <= leeway {
			from = max(from, told)
		}
		return m.highest(from)
	}
	from := at - decidedEvery - call
	if told, ok := p.told(rowOf(m.id, s.class)); ok && told+call < at {
		from = max(from, told)
	}
	return o.table.highest(m.id, s.class, from)
}

// cutOf names a revocation.
func cutOf(id string) string { return "revocation of " + id }

// rowOf names the announcement of a change in the table.
func rowOf(member, class string) string { return "row of " + member + " in " + class }

// endedRightly checks the reason why a stream was ended.
func (o *oracle) endedRightly(n *network, s *stream, at time.Duration, cause error) {
	p, m := s.x.instance, s.reader.member
	from := at - inDoubt - healing
	quiet := n.quietSince(from) && s.reader.began > o.lastWithdrawal()
	_, told := p.told(s.reader.id)
	lives := s.reader.lives(at+leeway+max(o.clocks.ahead(p.number), 0)) && !told
	lowest := m.lowest(at - p.setting.stale() - decidedEvery - o.clocks.behindSince(p.number, s.opened))
	if o.table != nil {
		lowest = o.table.lowest(m.id, s.class, at-decidedEvery-oneCall-inDoubt)
	}
	switch {
	case errors.Is(cause, grimoireauth.ErrUnavailable):
		// A process whose clock is ahead treats the session as expired by as much too early,
		// since an open connection does not extend it.
		early := !lives && o.clocks.ahead(p.number) > 0
		if quiet && !early && !o.clocks.behindRevocation(p, m, at-inDoubt) {
			o.broken("stream", "%s was ended as unavailable although nothing was wrong", s.x.name)
		}
		o.events.happened("a stream ended after a minute of doubt")
	case errors.Is(cause, grimoireauth.ErrForbidden), errors.Is(cause, grimoireauth.ErrNotFound):
		if lowest >= s.least && lives {
			o.broken("stream", "%s was ended for want of a right, and %s is %s", s.x.name, m.email, lowest)
		}
		o.events.happened("a stream ended with its reader's role")
	default:
		if lives && quiet {
			o.broken("stream", "%s was ended (%s) although the session of %s lives", s.x.name, kindOfEnd(cause), m.email)
		}
		o.events.happened("a stream ended with its reader's session")
	}
}

// lowest is the lowest role that the member had at any time from since on.
func (m *member) lowest(since time.Duration) rank {
	if len(m.roles) == 0 {
		return none
	}
	lowest := coordinator
	for i, r := range m.roles {
		if i+1 < len(m.roles) && m.roles[i+1].at <= since {
			continue // over before that
		}
		lowest = min(lowest, r.rank)
	}
	return lowest
}

// lowest is the lowest role at any time from since on.
func (t *table) lowest(memberID, class string, since time.Duration) rank {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := member{roles: t.rows[tableKey{memberID, class}]}
	return m.lowest(since)
}
