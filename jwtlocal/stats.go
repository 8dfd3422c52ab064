package jwtlocal

import "time"

// Stats is a snapshot of what a [Verifier] has done and holds.
type Stats struct {
	Keys           int           // keys that verify tokens now
	KeyAge         time.Duration // since the key set was requested; 0 if there is none
	Fetches        uint64        // key set fetches that ended, well or not
	FetchFailures  uint64
	LastFetchError error // why the last fetch failed; nil if it did not
	// KeyOutage is when an outage of the key set began, during which no request waits for
	// it. Zero if there is none, or if it is no longer known: see
	// [grimoireauth.EndUnknown].
	KeyOutage time.Time

	CacheHits    uint64
	CacheMisses  uint64
	CacheEntries int
	CacheBytes   int // an estimate of the memory that the entries need

	// Refused counts the tokens that did not pass, by reason. Reasons that never occurred
	// are absent.
	Refused map[Reason]uint64
}

// Stats returns a snapshot. It may be called at any time, from any goroutine.
func (v *Verifier) Stats() Stats {
	keys := v.keys.Stats()
	s := Stats{
		KeyAge:         keys.Age,
		Fetches:        keys.Fetches,
		FetchFailures:  keys.FetchFailures,
		LastFetchError: keys.LastError,
		KeyOutage:      keys.OutageSince,
		CacheHits:      v.hits.sum(),
		CacheMisses:    v.misses.sum(),
		Refused:        map[Reason]uint64{},
	}
	if keys.Set != nil {
		s.Keys = len(keys.Set.ByID)
		s.CacheEntries, s.CacheBytes = keys.Set.Cache.size()
	}
	for r := range v.rejected {
		if n := v.rejected[r].Load(); n > 0 {
			s.Refused[Reason(r)] = n
		}
	}
	return s
}
