package mock

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"sync"
)

// randomness is where the ids, tokens, codes and salts of a Stytch come from.
// Without a seed that is crypto/rand. With one, each kind has a sequence of its
// own, and the n-th draw of a kind depends on the seed, the kind and n alone: how
// many request ids were drawn meanwhile does not change who the third member is.
type randomness struct {
	seed uint64 // zero: crypto/rand. Set once, before first use.

	mu    sync.Mutex        // guards drawn: request ids are drawn without Stytch.mu
	drawn map[string]uint64 // how many draws of each kind there were
}

// bytes returns the next n bytes of a kind.
func (r *randomness) bytes(kind string, n int) []byte {
	if r.seed == 0 {
		b := make([]byte, n)
		_, _ = rand.Read(b) // it never fails: crypto/rand ends the program first
		return b
	}
	r.mu.Lock()
	if r.drawn == nil {
		r.drawn = make(map[string]uint64)
	}
	nth := r.drawn[kind]
	r.drawn[kind]++
	r.mu.Unlock()
	return seededBytes(r.seed, kind, nth, n)
}

// counts returns how many draws of each kind there were, for a snapshot.
func (r *randomness) counts() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.drawn)
}

// goBackTo makes the next draws those that followed these counts.
func (r *randomness) goBackTo(counts map[string]uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drawn = maps.Clone(counts)
}

// seededBytes returns the first n bytes of the stream of one draw: SHA-256 in
// counter mode. It does not use math/rand/v2, so that programs in other languages
// can compute the same.
func seededBytes(seed uint64, kind string, nth uint64, n int) []byte {
	prefix := binary.BigEndian.AppendUint64([]byte("mock.Stytch "), seed)
	prefix = append(append(prefix, kind...), 0)
	prefix = binary.BigEndian.AppendUint64(prefix, nth)
	out := make([]byte, 0, n+sha256.Size)
	for block := uint64(0); len(out) < n; block++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(prefix[:len(prefix):len(prefix)], block))
		out = append(out, sum[:]...)
	}
	return out[:n]
}
