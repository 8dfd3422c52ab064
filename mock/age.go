package mock

import "time"

// Age makes everything that is remembered d older: sessions, links, unfinished
// sign-ins, members, classes, keys, the outbox and the journal. Sessions and
// links end as if d had passed. What was handed out before keeps its dates, and
// no session_jwt is ever dated in the future. It panics if d is negative.
func (s *Stytch) Age(d time.Duration) {
	s.configure()
	if d < 0 {
		panic("mock: Age: the duration cannot be negative")
	}
	s.core.Age(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.journal {
		s.journal[i].At = s.journal[i].At.Add(-d)
	}
}
