package mock

// RotateKeys makes a new signing key. With keepOld the keys before it stay in
// the key set for 30 days, as when Stytch rotates; without it they are gone at
// once, and session_jwts that they signed are rejected.
func (s *Stytch) RotateKeys(keepOld bool) {
	s.configure()
	s.core.RotateKeys(keepOld)
}
