package world

import (
	"math"
	"time"
)

// Seed decides every draw. A draw is a function of the seed and of a name, and not of the
// number of draws before, so that leaving a step out of a history does not change the
// other steps.
type Seed uint64

// bits returns 64 bits for the name: FNV-1a, finished as in SplitMix64, since
// names that differ in their last letter only must not have similar draws.
func (s Seed) bits(name string) uint64 {
	h := uint64(14695981039346656037) ^ (uint64(s)+1)*0x9e3779b97f4a7c15
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// unit returns a number from 0 to 1, without 1.
func (s Seed) unit(name string) float64 { return float64(s.bits(name)>>11) / (1 << 53) }

// below returns a number from 0 to n-1.
func (s Seed) below(n int, name string) int { return int(s.bits(name) % uint64(n)) }

// chance reports whether something happens that happens with probability p.
func (s Seed) chance(p float64, name string) bool { return s.unit(name) < p }

// between returns a log-uniform duration: one to ten milliseconds is as likely as one to
// ten hours. Faults need events that are close together as well as far apart, and uniform
// gaps are hardly ever short.
func (s Seed) between(least, most time.Duration, name string) time.Duration {
	return logUniform(least, most, s.unit(name))
}

func logUniform(least, most time.Duration, unit float64) time.Duration {
	return time.Duration(float64(least) * math.Exp(unit*math.Log(float64(most)/float64(least))))
}
