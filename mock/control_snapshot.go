package mock

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"time"
)

//go:generate go test -run ^TestEndpointList$ -update .

// snapshot is everything that a Stytch remembers, as GET /fake/state sends it and as a
// person may change it. Fault rules and the journal are instruments and no part of it.
type snapshot struct {
	Version   int          `json:"version"`
	ProjectID string       `json:"project_id"`
	Random    *savedRandom `json:"random,omitempty"` // with a RandomSeed only
	Keys      []savedKey   `json:"keys"`
	store
}

// savedRandom is how far a Stytch with a RandomSeed has come. Without it a restored
// Stytch would give out the ids and keys that are in the snapshot again.
type savedRandom struct {
	Seed    uint64            `json:"seed,string"` // JavaScript's numbers end at 2^53
	Drawn   map[string]uint64 `json:"drawn"`
	NextKey int               `json:"next_key"`
}

// snapshotVersion changes with the records; an older snapshot is refused rather than
// understood by halves.
const snapshotVersion = 2

// savedKey is a signing key with its private half, without which the session_jwts
// in the hands of others would be worthless after a restore.
type savedKey struct {
	UUID        string    `json:"uuid"`
	PKCS8       []byte    `json:"pkcs8"`
	Certificate []byte    `json:"certificate"`
	RetiredAt   time.Time `json:"retired_at,omitzero"`
}

// snapshot takes one, as JSON. The lock is not held. A Stytch that has signed nothing
// yet has no keys to save, and is not made to wait for one.
func (s *server) snapshot() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := snapshot{Version: snapshotVersion, ProjectID: s.projectID, Keys: []savedKey{}, store: s.db}
	out.Organizations = append([]*organization{}, s.db.Organizations...)
	out.Members = append([]*member{}, s.db.Members...)
	if seed := s.random.seed; seed != 0 {
		out.Random = &savedRandom{Seed: seed, Drawn: s.random.counts(), NextKey: s.nextKey}
	}
	for _, k := range s.keys {
		der, err := x509.MarshalPKCS8PrivateKey(k.private)
		if err != nil {
			panic("mock: cannot encode an RSA key: " + err.Error())
		}
		out.Keys = append(out.Keys, savedKey{k.uuid, der, k.certificate, k.retiredAt.UTC().Round(0)})
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

// restore goes back to a snapshot, with its keys or, for a reset, with those in
// force. Nothing changes if the snapshot is refused.
func (s *server) restore(encoded []byte, withKeys bool) error {
	var snap snapshot
	if err := strictJSON(encoded, &snap); err != nil {
		return err
	}
	switch {
	case snap.Version != snapshotVersion:
		return fmt.Errorf("this is a snapshot of version %d, and only version %d can be restored", snap.Version, snapshotVersion)
	case snap.ProjectID != s.projectID:
		return fmt.Errorf("this is a snapshot of %.60q, and this project is %s: start it with that project id", snap.ProjectID, s.projectID)
	}
	// Records that contradict each other would be answered with nonsense, much later.
	if err := snap.rebuild(); err != nil {
		return err
	}
	var keys []publishedKey
	for _, k := range snap.Keys {
		key, err := k.published(s.env)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db = snap.store
	withKeys = withKeys && len(keys) > 0
	if withKeys {
		s.keys = keys
	}
	random := snap.Random
	if random == nil || s.random.seed == 0 {
		return nil
	}
	sameSeed := random.Seed == s.random.seed
	if sameSeed {
		s.random.goBackTo(random.Drawn)
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

func (k savedKey) published(env string) (publishedKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(k.PKCS8)
	private, ok := key.(*rsa.PrivateKey)
	if err != nil || !ok {
		return publishedKey{}, fmt.Errorf("the key %.60q in the snapshot is no RSA key", k.UUID)
	}
	return publishedKey{
		signingKey: &signingKey{uuid: k.UUID, private: private, certificate: k.Certificate},
		kid:        "jwk-" + env + "-" + k.UUID,
		retiredAt:  k.RetiredAt,
	}, nil
}
