// Package passhash reads and checks password hashes of other systems, as
// passwords/migrate takes them, and estimates how hard a password is to guess. It
// imports nothing of this module.
package passhash

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
)

// Hash is a hash as passwords/migrate takes it. That of a slow kind is
// kept with its parameters, in the form that its slowHash writes.
type Hash struct {
	Kind    string `json:"hash_type"`
	Hash    string `json:"hash"`
	Prepend string `json:"prepend_salt,omitempty"`
	Append  string `json:"append_salt,omitempty"`
}

// slowHash is a hash whose parameters say what a check costs. Reading one
// refuses parameters that would keep a test, and with it every other caller of
// the same Stytch, waiting for more than seconds.
type slowHash interface {
	// is reports whether the hash is of this text.
	is(text string) (bool, error)
	// String returns the hash with its parameters.
	String() string
}

// Error says what is wrong with a hash.
type Error struct {
	Type   string // Stytch's error_type
	Detail string // which field it is about; may be empty
}

func (e Error) Error() string { return e.Type }

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

var hashTypes = []string{"bcrypt", "md_5", "argon_2i", "argon_2id", "sha_1", "sha_512", "scrypt", "phpass", "pbkdf_2"}

// fastHashes are the kinds that are hexadecimal and have no parameters.
var fastHashes = map[string]func() hash.Hash{"md_5": md5.New, "sha_1": sha1.New, "sha_512": sha512.New}

// salts are what is put before and after a password when it is hashed.
type salts struct {
	PrependSalt string `json:"prepend_salt"`
	AppendSalt  string `json:"append_salt"`
}

// Params are a hash and its parameters, by their names on the wire.
type Params struct {
	Hash         string       `json:"hash"`
	HashType     string       `json:"hash_type"`
	MD5Config    *salts       `json:"md_5_config"`
	SHA1Config   *salts       `json:"sha_1_config"`
	SHA512Config *salts       `json:"sha_512_config"`
	Argon2Config argon2Config `json:"argon_2_config"`
	ScryptConfig scryptConfig `json:"scrypt_config"`
	PBKDF2Config pbkdf2Config `json:"pbkdf_2_config"`
}

// Read checks the hash and its parameters. Its error is a Error.
func (in Params) Read() (*Hash, error) {
	switch {
	case !slices.Contains(hashTypes, in.HashType):
		return nil, Error{Type: "invalid_hash_type"}
	case in.Hash == "":
		return nil, Error{Type: "invalid_hash"}
	}
	if sum, ok := fastHashes[in.HashType]; ok {
		raw, err := hex.DecodeString(in.Hash)
		if err != nil || len(raw) != sum().Size() {
			return nil, Error{Type: "invalid_" + in.HashType + "_hash"}
		}
		out := &Hash{Kind: in.HashType, Hash: strings.ToLower(in.Hash)}
		config := map[string]*salts{"md_5": in.MD5Config, "sha_1": in.SHA1Config, "sha_512": in.SHA512Config}[in.HashType]
		if config != nil {
			out.Prepend, out.Append = config.PrependSalt, config.AppendSalt
		}
		return out, nil
	}
	slow, err := in.slowHash()
	if err != nil {
		return nil, err
	}
	return &Hash{Kind: in.HashType, Hash: slow.String()}, nil
}

// slowHash reads a slow hash. The parameters beside one that has its own are not
// looked at: Stytch asks for them where the hash is bare.
func (in Params) slowHash() (slowHash, error) {
	encoded := strings.HasPrefix(in.Hash, "$")
	switch {
	case in.HashType == "pbkdf_2":
		return in.PBKDF2Config.read(in.Hash)
	case in.HashType == "scrypt" && !encoded:
		return in.ScryptConfig.read(in.Hash)
	case strings.HasPrefix(in.HashType, "argon_2") && !encoded:
		return in.Argon2Config.read(in.HashType, in.Hash)
	}
	return readSlowHash(in.HashType, in.Hash)
}

// readSlowHash reads a hash that has its parameters.
func readSlowHash(kind, text string) (slowHash, error) {
	switch kind {
	case "bcrypt":
		return readBcrypt(text)
	case "phpass":
		return readPHPass(text)
	case "argon_2i", "argon_2id":
		return readArgon2(kind, text)
	case "scrypt":
		return readScrypt(text)
	case "pbkdf_2":
		return readPBKDF2(text)
	}
	return nil, Error{Type: "invalid_hash_type"}
}

// Is reports whether the hash is of this text. A snapshot may hold anything, so
// that a slow hash is read anew, and its cost bounded anew.
func (p *Hash) Is(text string) (bool, error) {
	if sum, ok := fastHashes[p.Kind]; ok {
		h := sum()
		h.Write([]byte(p.Prepend + text + p.Append)) // a hash's Write returns no error
		return equal(hex.EncodeToString(h.Sum(nil)), strings.ToLower(p.Hash)), nil
	}
	slow, err := readSlowHash(p.Kind, p.Hash)
	if err != nil {
		return false, err
	}
	return slow.is(text)
}
