package jwtlocal

import "time"

// Stats is a snapshot of what a [Verifier] has done and knows.
type Stats struct {
	Keys           int           // keys that verify tokens now
	KeyAge         time.Duration // since the key set was asked for; 0 if there is none
	Fetches        uint64        // key set fetches that ended, well or not
	FetchFailures  uint64
	LastFetchError error // why the last fetch failed; nil if it did not
	// KeyOutage is since when the key set is known not to be had, so that no request
	// waits for it; zero if it is not, or not known any more: see
	// [grimoireauth.EndUnknown].
	KeyOutage time.Time

	CacheHits    uint64
	CacheMisses  uint64
	CacheEntries int
	CacheBytes   int // an estimate of what the entries weigh

	// Refused counts tokens that did not pass, by reason. Reasons that never
	// occurred are absent.
	Refused map[Reason]uint64
}

// Stats returns a snapshot. It may be called at any time, from any goroutine.
func (v *Verifier) Stats() Stats {
	s := Stats{
		Fetches:       v.keys.fetches.Load(),
		FetchFailures: v.keys.fetchFailures.Load(),
		CacheHits:     v.hits.sum(),
		CacheMisses:   v.misses.sum(),
		Refused:       map[Reason]uint64{},
	}
	if set := v.keys.set.Load(); set != nil {
		s.Keys, s.KeyAge = len(set.byID), age(time.Now(), set.fetched)
		s.CacheEntries, s.CacheBytes = set.cache.size()
	}
	if open := v.keys.outage.breaker.Open(); len(open) > 0 {
		s.KeyOutage = open[0].Since
	}
	v.keys.mu.Lock()
	s.LastFetchError = v.keys.lastErr
	v.keys.mu.Unlock()
	for r := range v.rejected {
		if n := v.rejected[r].Load(); n > 0 {
			s.Refused[Reason(r)] = n
		}
	}
	return s
}
