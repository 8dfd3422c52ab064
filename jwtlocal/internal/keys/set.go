package keys

import (
	"encoding/base64"
	"time"
)

// Set is the project's keys at one moment. It is immutable, except for what the caller
// keeps in Cache.
type Set[C any] struct {
	ByID map[string]*Key
	// ByHeader finds the key of a token by its encoded header as Stytch writes it, without
	// decoding it. Other spellings of the header are decoded.
	ByHeader map[string]*Key
	// Retired are keys that were published earlier. Their signature proves that a token is
	// genuine, but such a token is stale.
	Retired map[string]*Key
	// Cache is for the tokens that these keys have verified. Two sets share it as long as
	// no key was removed or altered between them.
	Cache C
	// Fetched is when the request for this set was sent.
	Fetched time.Time
	// Seeded: the set comes from the configuration and is replaced by Stytch's answer soon.
	Seeded bool
}

// maxRetired is more than a century of Stytch's half-yearly rotations needs in the life of
// a process.
const maxRetired = 32

// Next returns the set that replaces old, which may be nil, when Stytch answers with d.
// newCache makes the cache of a set that has lost a key.
func (old *Set[C]) Next(d Document, fetched time.Time, newCache func() C) *Set[C] {
	set := &Set[C]{ByID: d.Keys, ByHeader: make(map[string]*Key, len(d.Keys)), Retired: map[string]*Key{}, Fetched: fetched}
	for id, k := range d.Keys {
		set.ByHeader[EncodedHeader(id)] = k
	}
	altered := false
	if old != nil {
		for id, k := range old.ByID {
			if now, ok := d.Keys[id]; !ok || !now.equal(k) {
				altered = true
				set.retire(id, k)
			}
		}
		// The keys that were retired last come first, since there may not be room for all.
		for id, k := range old.Retired {
			set.retire(id, k)
		}
	}
	if old == nil || altered {
		set.Cache = newCache()
	} else {
		set.Cache = old.Cache
	}
	return set
}

// retire keeps a key whose id is no longer published. If the id is published with other
// material, tokens signed by the old material are not genuine.
func (s *Set[C]) retire(id string, k *Key) {
	if _, published := s.ByID[id]; !published && len(s.Retired) < maxRetired {
		s.Retired[id] = k
	}
}

// EncodedHeader is the header of a token that is signed with this key, as Stytch writes it.
// claims.KeyID allows no character in a key id that JSON would escape.
func EncodedHeader(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"` + id + `","typ":"JWT"}`))
}
