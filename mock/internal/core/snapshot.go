package core

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
)

// Snapshot is everything that a Stytch remembers, as GET /fake/state sends it and as a
// person may change it. Fault rules and the journal are instruments and no part of it.
type Snapshot struct {
	Version   int          `json:"version"`
	ProjectID string       `json:"project_id"`
	Random    *savedRandom `json:"random,omitempty"` // with a RandomSeed only
	Keys      []savedKey   `json:"keys"`
	state.State
}

// savedRandom is how far a Stytch with a RandomSeed has come. Without it a restored
// Stytch would give out the ids and keys that are in the snapshot again.
type savedRandom struct {
	Seed    uint64            `json:"seed,string"` // JavaScript's numbers end at 2^53
	Drawn   map[string]uint64 `json:"drawn"`
	NextKey int               `json:"next_key"`
}

// SnapshotVersion changes with the records; an older snapshot is refused rather than
// understood by halves.
const SnapshotVersion = 2

// savedKey is a signing key with its private half, without which the session_jwts
// that were issued before would be rejected after a restore.
type savedKey struct {
	UUID        string    `json:"uuid"`
	PKCS8       []byte    `json:"pkcs8"`
	Certificate []byte    `json:"certificate"`
	RetiredAt   time.Time `json:"retired_at,omitzero"`
}

// Snapshot takes one, as JSON. The lock is not held. A Stytch that has signed nothing
// yet has no keys to save, and is not made to wait for one.
func (s *Server) Snapshot() []byte {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	out := Snapshot{Version: SnapshotVersion, ProjectID: s.ProjectID, Keys: []savedKey{}, State: s.State}
	out.Organizations = append([]*state.Organization{}, s.State.Organizations...)
	out.Members = append([]*state.Member{}, s.State.Members...)
	if seed := s.Random.Seed; seed != 0 {
		out.Random = &savedRandom{Seed: seed, Drawn: s.Random.counts(), NextKey: s.nextKey}
	}
	for _, k := range s.Keys {
		der, err := x509.MarshalPKCS8PrivateKey(k.Private)
		if err != nil {
			panic("mock: cannot encode an RSA key: " + err.Error())
		}
		out.Keys = append(out.Keys, savedKey{k.uuid, der, k.Certificate, k.retiredAt.UTC().Round(0)})
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		panic("mock: cannot encode a snapshot: " + err.Error())
	}
	return encoded.Bytes()
}

// Restore goes back to a snapshot, with its keys or, for a reset, with those in
// force. Nothing changes if the snapshot is refused.
func (s *Server) Restore(encoded []byte, withKeys bool) error {
	var snap Snapshot
	if err := StrictJSON(encoded, &snap); err != nil {
		return err
	}
	switch {
	case snap.Version != SnapshotVersion:
		return fmt.Errorf("this is a snapshot of version %d, and only version %d can be restored", snap.Version, SnapshotVersion)
	case snap.ProjectID != s.ProjectID:
		return fmt.Errorf("this is a snapshot of %.60q, and this project is %s: start it with that project id", snap.ProjectID, s.ProjectID)
	}
	// Records that contradict each other would lead to wrong responses much later.
	if err := snap.Rebuild(); err != nil {
		return err
	}
	var keys []PublishedKey
	for _, k := range snap.Keys {
		key, err := k.published(s.Env)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.State = snap.State
	withKeys = withKeys && len(keys) > 0
	if withKeys {
		s.Keys = keys
	}
	random := snap.Random
	if random == nil || s.Random.Seed == 0 {
		return nil
	}
	sameSeed := random.Seed == s.Random.Seed
	if sameSeed {
		s.Random.goBackTo(random.Drawn)
	}
	switch {
	case withKeys && sameSeed:
		s.nextKey = random.NextKey
	case withKeys:
		// All seeds have the same keys: the next one must be neither in the snapshot
		// nor one that was in use here.
		s.nextKey = max(s.nextKey, random.NextKey)
	}
	return nil
}

func (k savedKey) published(env string) (PublishedKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(k.PKCS8)
	private, ok := key.(*rsa.PrivateKey)
	if err != nil || !ok {
		return PublishedKey{}, fmt.Errorf("the key %.60q in the snapshot is no RSA key", k.UUID)
	}
	return PublishedKey{
		SigningKey: &SigningKey{uuid: k.UUID, Private: private, Certificate: k.Certificate},
		Kid:        "jwk-" + env + "-" + k.UUID,
		retiredAt:  k.RetiredAt,
	}, nil
}
