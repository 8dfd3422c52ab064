package jwtlocal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/internal/claims"
)

// keySet is the project's keys at one moment, with the tokens that they have
// verified. It is immutable, but for the remembered tokens.
type keySet struct {
	byID map[string]*key
	// headers finds the key of a token by its encoded header as Stytch writes it,
	// without decoding it. Other spellings are read by claims.ReadHeader.
	headers map[string]*key
	// retired are keys that were published once. They prove that a token is
	// genuine and merely stale; they make no token good.
	retired map[string]*key
	// seen belongs to the generation: two sets share it as long as no key was
	// removed or altered in between.
	cache *tokenCache
	// fetched is when the answer was asked for.
	fetched time.Time
	seeded  bool // from Config.SeedKeys, to be replaced by Stytch's answer soon
}

// What a key set answer can lack. It never replaces what is known.
var (
	errNotKeys  = errors.New("the answer is no JWK Set")
	errNoKeys   = errors.New("the answer has no key that verifies session_jwts")
	errManyKeys = errors.New("the answer has more keys than a project can have")
)

// maxKeys is far above what a project publishes, two during a rotation.
const maxKeys = 128

// parsed is what a JWK Set says.
type parsed struct {
	keys    map[string]*key
	ignored int  // keys that may not verify, for whatever reason
	private bool // one of them was published with its private half
}

// parseKeys reads a JWK Set (RFC 7517, 5). One key that is malformed, or not for
// us, does not spoil its neighbours; two different keys with one id spoil each
// other. The error says why the document as a whole is not believed.
func parseKeys(document []byte) (parsed, error) {
	elements, err := readKeys(document)
	if err != nil {
		return parsed{}, err
	}
	p := parsed{keys: make(map[string]*key, len(elements))}
	ambiguous := map[string]bool{}
	for _, element := range elements {
		k, err := parseKey(element)
		if err != nil {
			p.ignored++
			p.private = p.private || errors.Is(err, errKeyPrivate)
			continue
		}
		if other, ok := p.keys[k.id]; ok && !other.equal(k) {
			ambiguous[k.id] = true
		}
		p.keys[k.id] = k
	}
	for id := range ambiguous {
		delete(p.keys, id)
		p.ignored += 2
	}
	if len(p.keys) == 0 {
		return parsed{}, errNoKeys
	}
	return p, nil
}

// readKeys returns the elements of the set's keys member.
func readKeys(document []byte) ([][]byte, error) {
	// The first look lets objects repeat names, so that one bad key can be ignored
	// later; at the top level a repeated "keys" is caught here.
	r := claims.NewReader(document, claims.Limits{Depth: 16, Members: 1024, RepeatedNames: true})
	var elements [][]byte
	found := 0
	for o := r.Object(); ; {
		name, ok := r.Next(&o)
		if !ok {
			break
		}
		switch {
		case string(name) == "keys":
			found++
			for a := r.Array(); r.More(&a); {
				if elements = append(elements, r.Raw()); len(elements) > maxKeys {
					return nil, errManyKeys
				}
			}
		case r.Folded(name, []string{"keys"}):
			return nil, errNotKeys
		default:
			r.Raw()
		}
	}
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotKeys, err)
	}
	if found != 1 {
		return nil, errNotKeys
	}
	return elements, nil
}

// follow returns the set that replaces old, which may be nil, when Stytch says p.
// newSeen makes the memory of a new generation.
func nextSet(old *keySet, p parsed, fetched time.Time, newSeen func() *tokenCache) *keySet {
	set := &keySet{byID: p.keys, headers: make(map[string]*key, len(p.keys)), retired: map[string]*key{}, fetched: fetched}
	for id, k := range p.keys {
		set.headers[encodedHeader(id)] = k
	}
	altered := false
	if old != nil {
		for id, k := range old.byID {
			if now, ok := p.keys[id]; !ok || !now.equal(k) {
				altered = true
				set.retire(id, k)
			}
		}
		// The newest first, since there may not be room for all.
		for id, k := range old.retired {
			set.retire(id, k)
		}
	}
	if old == nil || altered {
		set.cache = newSeen()
	} else {
		set.cache = old.cache
	}
	return set
}

// find returns the key with this id, nil if the set does not know it. It may be
// retired.
func (s *keySet) find(id string) (k *key, retired bool) {
	if k := s.byID[id]; k != nil {
		return k, false
	}
	k = s.retired[id]
	return k, k != nil
}

// maxRetired is more than a century of Stytch's half-yearly rotations would need
// in the life of a process.
const maxRetired = 32

// retire remembers a key whose id is not published any more. If the id is in use
// with other material, tokens of the old one are simply not genuine.
func (s *keySet) retire(id string, k *key) {
	if _, published := s.byID[id]; !published && len(s.retired) < maxRetired {
		s.retired[id] = k
	}
}

// encodedHeader is the header of a token signed with this key, as Stytch writes
// it. A key id needs no escapes: claims.KeyID has seen to that.
func encodedHeader(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"` + id + `","typ":"JWT"}`))
}
