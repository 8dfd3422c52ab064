package passhash

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"

	"golang.org/x/crypto/argon2"
)

// argon2Config has the parameters of a bare Argon2 hash.
type argon2Config struct {
	Salt            string `json:"salt"`
	IterationAmount int    `json:"iteration_amount"`
	Memory          int    `json:"memory"` // KiB
	Threads         int    `json:"threads"`
	KeyLength       int    `json:"key_length"` // bytes
}

// argon2Hash is a hash of Argon2i or Argon2id (RFC 9106), version 1.3, which is
// the only one that golang.org/x/crypto has.
type argon2Hash struct {
	id                          bool
	memory, iterations, threads int
	salt, key                   []byte
}

// Within these bounds a hash takes at most some seconds and a quarter of a gigabyte. The
// minima are those of RFC 9106, 3.1.
const (
	argon2MaxMemory     = 256 * 1024 // KiB
	argon2MaxIterations = 16
	argon2MaxThreads    = 64
	argon2MinSalt       = 8 // bytes
	argon2MinKey        = 4 // bytes
	hashMaxBytes        = 128
)

// argon2Form is the form that the reference implementation writes.
var argon2Form = regexp.MustCompile(`^\$argon2(i|id)\$v=19\$m=([0-9]{1,9}),t=([0-9]{1,9}),p=([0-9]{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

// phcEncoding is the base64 of hashes that have their parameters.
// Source: https://github.com/P-H-C/phc-string-format
var phcEncoding = base64.RawStdEncoding.Strict()

// read reads a bare hash, which is hexadecimal. The salt is taken as text, since
// Stytch's page does not call it encoded, as it does those of other kinds.
func (c argon2Config) read(kind, text string) (slowHash, error) {
	key, err := hex.DecodeString(text)
	if err != nil {
		return nil, Error{"invalid_hash", "neither hexadecimal nor an encoded Argon2 hash"}
	}
	h := argon2Hash{id: kind == "argon_2id", memory: c.Memory, iterations: c.IterationAmount, threads: c.Threads, salt: []byte(c.Salt), key: key}
	if err := h.check(); err != nil {
		return nil, err
	}
	if c.KeyLength != len(key) {
		return nil, Error{Type: "argon_2_key_length_mismatch"}
	}
	return h, nil
}

func readArgon2(kind, text string) (slowHash, error) {
	parts := argon2Form.FindStringSubmatch(text)
	if parts == nil || "argon_2"+parts[1] != kind {
		return nil, Error{"invalid_hash", "not an encoded hash of this hash_type"}
	}
	h := argon2Hash{id: parts[1] == "id", memory: number(parts[2]), iterations: number(parts[3]), threads: number(parts[4])}
	var saltErr, keyErr error
	h.salt, saltErr = phcEncoding.DecodeString(parts[5])
	h.key, keyErr = phcEncoding.DecodeString(parts[6])
	if saltErr != nil || keyErr != nil {
		return nil, Error{"invalid_hash", "salt or sum is not base64"}
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	return h, nil
}

// number reads up to nine digits, as the forms of hashes promise them.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1 // below every bound
	}
	return n
}

func (h argon2Hash) check() error {
	switch {
	case h.iterations < 1 || h.iterations > argon2MaxIterations:
		return Error{Type: "invalid_argon_2_iteration_amount"}
	case h.threads < 1 || h.threads > argon2MaxThreads:
		return Error{Type: "invalid_argon_2_threads"}
	case h.memory < 8*h.threads || h.memory > argon2MaxMemory:
		return Error{Type: "invalid_argon_2_memory"}
	case len(h.salt) < argon2MinSalt || len(h.salt) > hashMaxBytes:
		return Error{Type: "invalid_argon_2_salt"}
	case len(h.key) < argon2MinKey || len(h.key) > hashMaxBytes:
		return Error{Type: "invalid_argon_2_key_length"}
	}
	return nil
}

func (h argon2Hash) String() string {
	kind := "i"
	if h.id {
		kind = "id"
	}
	return fmt.Sprintf("$argon2%s$v=%d$m=%d,t=%d,p=%d$%s$%s", kind, argon2.Version, h.memory, h.iterations, h.threads,
		phcEncoding.EncodeToString(h.salt), phcEncoding.EncodeToString(h.key))
}

func (h argon2Hash) is(text string) (bool, error) {
	derive := argon2.Key
	if h.id {
		derive = argon2.IDKey
	}
	key := derive([]byte(text), h.salt, uint32(h.iterations), uint32(h.memory), uint8(h.threads), uint32(len(h.key)))
	return equal(string(key), string(h.key)), nil
}
