package passhash

import (
	"errors"
	"regexp"

	"golang.org/x/crypto/bcrypt"
)

// bcryptHash is a hash of bcrypt in its usual form, such as $2b$12$ and 53
// characters.
type bcryptHash string

// bcryptForm leaves out $2x$, the hashes of an implementation with a mistake.
var bcryptForm = regexp.MustCompile(`^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$`)

// bcryptMaxCost is about two seconds. The form itself has room for days.
const bcryptMaxCost = 15

func readBcrypt(text string) (slowHash, error) {
	if !bcryptForm.MatchString(text) {
		return nil, Error{Type: "invalid_bcrypt_hash"}
	}
	cost, err := bcrypt.Cost([]byte(text))
	if err != nil || cost < bcrypt.MinCost || cost > bcryptMaxCost {
		return nil, Error{Type: "invalid_bcrypt_cost"}
	}
	return bcryptHash(text), nil
}

func (h bcryptHash) String() string { return string(h) }

func (h bcryptHash) is(text string) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(h), []byte(text))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	}
	return false, Error{Type: "invalid_bcrypt_hash"}
}
