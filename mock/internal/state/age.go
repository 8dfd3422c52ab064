package state

import "time"

// Age moves all times of the state back by this much.
func (db *State) Age(d time.Duration) {
	// Times are moved back, not the clock forward: a JWT minted afterwards is dated
	// by the real clock, and a validator next door must not find it in its future.
	back := func(times ...*time.Time) {
		for _, t := range times {
			if !t.IsZero() {
				*t = t.Add(-d)
			}
		}
	}
	for _, o := range db.Organizations {
		back(&o.CreatedAt, &o.UpdatedAt)
		for _, n := range o.Connections {
			for i := range n.SAML.Verification {
				back(&n.SAML.Verification[i].CreatedAt)
			}
		}
	}
	for _, n := range db.index.scim {
		back(&n.Bearer.ExpiresAt)
		if n.Next != nil {
			back(&n.Next.ExpiresAt)
		}
		for _, g := range n.Groups {
			back(&g.CreatedAt, &g.UpdatedAt)
		}
	}
	for _, m := range db.Members {
		if m.SCIM != nil {
			back(&m.SCIM.CreatedAt, &m.SCIM.UpdatedAt)
		}
		back(&m.CreatedAt, &m.UpdatedAt, &m.LockedAt)
		if m.TOTP != nil {
			back(&m.TOTP.CreatedAt, &m.TOTP.ExpiresAt)
			m.TOTP.LastStep -= int64(d / (TOTPStep * time.Second))
		}
		for _, r := range m.OAuth {
			back(&r.ExpiresAt)
		}
		for _, r := range m.SSO {
			back(&r.ExpiresAt)
		}
	}
	for _, sent := range db.Codes {
		for _, k := range sent {
			back(&k.ExpiresAt)
		}
	}
	for _, h := range db.Visits {
		back(&h.ExpiresAt)
	}
	for _, g := range db.Grants {
		back(&g.ExpiresAt)
	}
	for _, t := range db.ForeignTokens {
		back(&t.IssuedAt)
	}
	for _, i := range db.Impersonations {
		back(&i.ExpiresAt)
	}
	for _, a := range db.AuthorizationCodes {
		back(&a.ExpiresAt)
	}
	clear(db.RateLimits) // the interval they counted in is over
	ageFactors := func(factors []Factor) {
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
	for _, session := range db.Sessions {
		back(&session.StartedAt, &session.LastAccessedAt, &session.ExpiresAt)
		ageFactors(session.Factors)
	}
	for _, i := range db.Intermediates {
		back(&i.ExpiresAt)
		ageFactors(i.Factors)
	}
	for _, l := range db.Links {
		back(&l.ExpiresAt)
	}
	for i := range db.Outbox {
		back(&db.Outbox[i].SentAt)
	}
}
