package mock

import "time"

// Age makes everything that is remembered d older: sessions, links, unfinished
// sign-ins, members, classes, keys, the outbox and the journal. Sessions and
// links end as if d had passed. What was handed out before keeps its dates, and
// no session_jwt is ever dated in the future. It panics if d is negative.
func (s *Stytch) Age(d time.Duration) {
	s.configure()
	if d < 0 {
		panic("mock: Age: nothing gets younger")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Times are moved back, not the clock forward: a JWT minted afterwards is dated
	// by the real clock, and a validator next door must not find it in its future.
	back := func(times ...*time.Time) {
		for _, t := range times {
			if !t.IsZero() {
				*t = t.Add(-d)
			}
		}
	}
	for _, o := range s.db.organizations {
		back(&o.createdAt, &o.updatedAt)
		for _, n := range o.connections {
			for i := range n.saml.verification {
				back(&n.saml.verification[i].createdAt)
			}
		}
	}
	for _, m := range s.db.members {
		back(&m.createdAt, &m.updatedAt, &m.lockedAt)
		if m.totp != nil {
			back(&m.totp.createdAt, &m.totp.expiresAt)
			m.totp.lastStep -= int64(d / (totpStep * time.Second))
		}
		for _, r := range m.oauth {
			back(&r.expiresAt)
		}
		for _, r := range m.sso {
			back(&r.expiresAt)
		}
	}
	for _, sent := range s.db.codes {
		for _, k := range sent {
			back(&k.expiresAt)
		}
	}
	for _, h := range s.db.handoffs {
		back(&h.expiresAt)
	}
	for _, g := range s.db.grants {
		back(&g.expiresAt)
	}
	for _, t := range s.db.externals {
		back(&t.issuedAt)
	}
	clear(s.db.windows) // the interval they counted in is over
	ageFactors := func(factors []factor) {
		for i := range factors {
			back(&factors[i].last, &factors[i].createdAt, &factors[i].updatedAt)
		}
	}
	for _, session := range s.db.sessions {
		back(&session.startedAt, &session.lastAccessedAt, &session.expiresAt)
		ageFactors(session.factors)
	}
	for _, i := range s.db.intermediates {
		back(&i.expiresAt)
		ageFactors(i.factors)
	}
	for _, l := range s.db.links {
		back(&l.expiresAt)
	}
	for i := range s.keys {
		back(&s.keys[i].retiredAt)
	}
	for i := range s.outbox {
		back(&s.outbox[i].SentAt)
	}
	for i := range s.journal {
		back(&s.journal[i].At)
	}
}
