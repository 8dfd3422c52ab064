package passhash

import (
	"encoding/base64"
	"fmt"
	"math/bits"
	"regexp"

	"golang.org/x/crypto/scrypt"
)

// scryptConfig has the parameters of a bare scrypt hash.
type scryptConfig struct {
	Salt       string `json:"salt"` // base64
	NParameter int    `json:"n_parameter"`
	RParameter int    `json:"r_parameter"`
	PParameter int    `json:"p_parameter"`
	KeyLength  int    `json:"key_length"` // bytes
}

// scryptHash is a hash of scrypt (RFC 7914).
type scryptHash struct {
	n, r, p   int
	salt, key []byte
}

const (
	scryptMaxN = 1 << 18 // Stytch's: "less than 262,145"
	// The work and the memory are N times r, times 128 bytes; p repeats the work.
	scryptMaxNR  = 1 << 21 // 256 MiB
	scryptMaxNRP = 1 << 23
	scryptMinKey = 16 // bytes, so that no chance hit counts as a password
)

var scryptForm = regexp.MustCompile(`^\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,9}),p=([0-9]{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

// read reads a bare hash, which is base64 with its padding.
func (c scryptConfig) read(text string) (slowHash, error) {
	h := scryptHash{n: c.NParameter, r: c.RParameter, p: c.PParameter}
	var err error
	if h.key, err = base64.StdEncoding.Strict().DecodeString(text); err != nil {
		return nil, Error{Type: "invalid_base64_scrypt_hash"}
	}
	if h.salt, err = base64.StdEncoding.Strict().DecodeString(c.Salt); err != nil {
		return nil, Error{Type: "invalid_base64_scrypt_salt"}
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	if c.KeyLength != len(h.key) {
		return nil, Error{Type: "scrypt_key_length_mismatch"}
	}
	return h, nil
}

func readScrypt(text string) (slowHash, error) {
	parts := scryptForm.FindStringSubmatch(text)
	if parts == nil {
		return nil, Error{"invalid_hash", "not an encoded hash of this hash_type"}
	}
	// A logarithm beyond the bound shifts to nothing or too much, and both are refused.
	h := scryptHash{n: 1 << number(parts[1]), r: number(parts[2]), p: number(parts[3])}
	var err error
	if h.salt, err = phcEncoding.DecodeString(parts[4]); err != nil {
		return nil, Error{Type: "invalid_base64_scrypt_salt"}
	}
	if h.key, err = phcEncoding.DecodeString(parts[5]); err != nil {
		return nil, Error{Type: "invalid_base64_scrypt_hash"}
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	return h, nil
}

func (h scryptHash) check() error {
	switch {
	case h.n < 2 || h.n > scryptMaxN || bits.OnesCount(uint(h.n)) != 1:
		return Error{Type: "invalid_scrypt_n_parameter"}
	// Each is bounded before the product is, which could overflow otherwise.
	case h.r < 1 || h.p < 1 || h.r > scryptMaxNR/h.n || h.p > scryptMaxNRP/(h.n*h.r):
		return Error{Type: "invalid_scrypt_parameters"}
	case len(h.salt) < 1 || len(h.salt) > hashMaxBytes:
		return Error{Type: "invalid_scrypt_salt_length"}
	case len(h.key) < scryptMinKey || len(h.key) > hashMaxBytes:
		return Error{Type: "scrypt_key_length_mismatch"}
	}
	return nil
}

func (h scryptHash) String() string {
	return fmt.Sprintf("$scrypt$ln=%d,r=%d,p=%d$%s$%s", bits.TrailingZeros(uint(h.n)), h.r, h.p,
		phcEncoding.EncodeToString(h.salt), phcEncoding.EncodeToString(h.key))
}

func (h scryptHash) is(text string) (bool, error) {
	key, err := scrypt.Key([]byte(text), h.salt, h.n, h.r, h.p, len(h.key))
	if err != nil {
		return false, Error{Type: "invalid_scrypt_parameters"}
	}
	return equal(string(key), string(h.key)), nil
}
