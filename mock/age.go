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
	for _, o := range s.db.Organizations {
		back(&o.CreatedAt, &o.UpdatedAt)
		for _, n := range o.Connections {
			for i := range n.SAML.Verification {
				back(&n.SAML.Verification[i].CreatedAt)
			}
		}
	}
	for _, m := range s.db.Members {
		back(&m.CreatedAt, &m.UpdatedAt, &m.LockedAt)
		if m.TOTP != nil {
			back(&m.TOTP.CreatedAt, &m.TOTP.ExpiresAt)
			m.TOTP.LastStep -= int64(d / (totpStep * time.Second))
		}
		for _, r := range m.OAuth {
			back(&r.ExpiresAt)
		}
		for _, r := range m.SSO {
			back(&r.ExpiresAt)
		}
	}
	for _, sent := range s.db.Codes {
		for _, k := range sent {
			back(&k.ExpiresAt)
		}
	}
	for _, h := range s.db.Handoffs {
		back(&h.ExpiresAt)
	}
	for _, g := range s.db.Grants {
		back(&g.ExpiresAt)
	}
	for _, t := range s.db.Externals {
		back(&t.IssuedAt)
	}
	clear(s.db.Windows) // the interval they counted in is over
	ageFactors := func(factors []factor) {
		for i := range factors {
			f := &factors[i]
			back(&f.Last, &f.CreatedAt, &f.UpdatedAt)
			if f.OAuth != nil {
				back(&f.OAuth.ExpiresAt)
			}
			if f.SSO != nil {
				back(&f.SSO.ExpiresAt)
			}
		}
	}
	for _, session := range s.db.Sessions {
		back(&session.StartedAt, &session.LastAccessedAt, &session.ExpiresAt)
		ageFactors(session.Factors)
	}
	for _, i := range s.db.Intermediates {
		back(&i.ExpiresAt)
		ageFactors(i.Factors)
	}
	for _, l := range s.db.Links {
		back(&l.ExpiresAt)
	}
	for i := range s.keys {
		back(&s.keys[i].retiredAt)
	}
	for i := range s.db.Outbox {
		back(&s.db.Outbox[i].SentAt)
	}
	for i := range s.journal {
		back(&s.journal[i].At)
	}
}
