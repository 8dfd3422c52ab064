package passhash

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"regexp"
)

// pbkdf2Config has the parameters of a PBKDF2 hash, which has no other form at
// Stytch.
type pbkdf2Config struct {
	Salt            string `json:"salt"` // base64
	IterationAmount int    `json:"iteration_amount"`
	KeyLength       int    `json:"key_length"` // bytes
	Algorithm       string `json:"algorithm"`  // sha256, which is the default, or sha512
}

// pbkdf2Hash is a hash of PBKDF2 (RFC 8018, 5.2).
type pbkdf2Hash struct {
	algorithm  string
	iterations int
	salt, key  []byte
}

var pbkdf2Algorithms = map[string]func() hash.Hash{"sha256": sha256.New, "sha512": sha512.New}

// pbkdf2MaxIterations is about a second for each block of the key.
const (
	pbkdf2MaxIterations = 2_000_000
	pbkdf2MinKey        = 16 // bytes, so that no chance hit counts as a password
)

// pbkdf2Form is only of this package's own making, to keep the parameters.
var pbkdf2Form = regexp.MustCompile(`^\$pbkdf2-(sha256|sha512)\$i=([0-9]{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

// read reads a bare hash, which is base64 with its padding.
func (c pbkdf2Config) read(text string) (slowHash, error) {
	h := pbkdf2Hash{algorithm: c.Algorithm, iterations: c.IterationAmount}
	if h.algorithm == "" {
		h.algorithm = "sha256"
	}
	var err error
	if h.key, err = base64.StdEncoding.Strict().DecodeString(text); err != nil {
		return nil, Error{Type: "invalid_pbkdf_2_hash"}
	}
	if h.salt, err = base64.StdEncoding.Strict().DecodeString(c.Salt); err != nil {
		return nil, Error{Type: "invalid_pbkdf_2_salt"}
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	if c.KeyLength != len(h.key) {
		return nil, Error{Type: "pbkdf_2_key_length_mismatch"}
	}
	return h, nil
}

func readPBKDF2(text string) (slowHash, error) {
	parts := pbkdf2Form.FindStringSubmatch(text)
	if parts == nil {
		return nil, Error{Type: "invalid_pbkdf_2_hash"}
	}
	h := pbkdf2Hash{algorithm: parts[1], iterations: number(parts[2])}
	var err error
	if h.salt, err = phcEncoding.DecodeString(parts[3]); err != nil {
		return nil, Error{Type: "invalid_pbkdf_2_salt"}
	}
	if h.key, err = phcEncoding.DecodeString(parts[4]); err != nil {
		return nil, Error{Type: "invalid_pbkdf_2_hash"}
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	return h, nil
}

func (h pbkdf2Hash) check() error {
	switch {
	case pbkdf2Algorithms[h.algorithm] == nil:
		return Error{Type: "invalid_pbkdf_2_algorithm"}
	case h.iterations < 1 || h.iterations > pbkdf2MaxIterations:
		return Error{Type: "invalid_pbkdf_2_iteration_amount"}
	case len(h.salt) < 1 || len(h.salt) > hashMaxBytes:
		return Error{Type: "invalid_pbkdf_2_salt"}
	case len(h.key) < pbkdf2MinKey || len(h.key) > hashMaxBytes:
		return Error{Type: "pbkdf_2_key_length_mismatch"}
	}
	return nil
}

func (h pbkdf2Hash) String() string {
	return fmt.Sprintf("$pbkdf2-%s$i=%d$%s$%s", h.algorithm, h.iterations, phcEncoding.EncodeToString(h.salt), phcEncoding.EncodeToString(h.key))
}

func (h pbkdf2Hash) is(text string) (bool, error) {
	key, err := pbkdf2.Key(pbkdf2Algorithms[h.algorithm], text, h.salt, h.iterations, len(h.key))
	if err != nil {
		// Go's FIPS 140 mode rejects short salts, which is not a wrong password.
		return false, Error{Type: "invalid_pbkdf_2_hash"}
	}
	return equal(string(key), string(h.key)), nil
}
