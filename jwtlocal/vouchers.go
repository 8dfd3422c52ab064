package jwtlocal

import (
	"sync"
	"time"
)

// vouchers says which session_jwts tell of what was true after a cutoff although
// their iat does not prove it: clocks differ, and iat has whole seconds. Without
// them a member whose role was changed would be refreshed again and again until
// the cutoff's minute is over, or, if the comparison were less strict, would keep
// the old role.
//
// A voucher is for one session_jwt, and for the cutoffs that were known before the
// refresh began that brought it. Nothing is written for members and classes that
// were not cut off, which is almost all of them.
type vouchers struct {
	mu      sync.Mutex // guards byToken
	byToken map[digest]voucher
}

type voucher struct {
	raised     uint64    // Standing.Raised before the refresh
	staleUntil time.Time // Standing.StaleUntil before the refresh
	issued     int64     // the least iat that the refresh can have made, in Unix seconds
	until      time.Time // when it may be forgotten
}

// maxVouchers bounds them. Whoever loses one is refreshed once more.
const maxVouchers = 16384

// add writes a voucher for the token that a refresh brought, which began at began
// when the cutoffs stood like this.
func (v *vouchers) add(token digest, known Standing, began time.Time) {
	// The token that it brings is issued at began-cutoffLeeway or later, or has no voucher:
	// a cutoff that ended before that does not concern it.
	if !known.covers(began.Add(-cutoffLeeway).Unix()) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byToken == nil {
		v.byToken = map[digest]voucher{}
	}
	if len(v.byToken) >= maxVouchers {
		for d, old := range v.byToken {
			if began.After(old.until) {
				delete(v.byToken, d)
			}
		}
	}
	if len(v.byToken) >= maxVouchers {
		clear(v.byToken)
	}
	v.byToken[token] = voucher{
		raised:     known.Raised,
		staleUntil: known.StaleUntil,
		// An older one was not made by this refresh, but handed out once more.
		issued: began.Add(-cutoffLeeway).Unix(),
		until:  began.Add(cutoffLife),
	}
}

// covers reports whether the refresh that brought this token knew of every cutoff
// that stands now.
func (v *vouchers) covers(token *digest, now Standing, issued int64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	known, ok := v.byToken[*token]
	return ok && issued >= known.issued && now.Raised <= known.raised && !now.StaleUntil.After(known.staleUntil)
}
