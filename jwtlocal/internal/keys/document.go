package keys

import (
	"errors"
	"fmt"

	"github.com/promptgrimoire/auth/internal/claims"
)

// Document is what a JWK Set says.
type Document struct {
	Keys    map[string]*Key
	Ignored int  // elements that are not keys for verifying session_jwts
	Private bool // one of them was published with its private half
}

// Why a document is not a key set. Such an answer never replaces the known keys.
var (
	ErrNotKeySet   = errors.New("the answer is no JWK Set")
	ErrNoKeys      = errors.New("the answer has no key that verifies session_jwts")
	ErrTooManyKeys = errors.New("the answer has more keys than a project can have")
)

// MaxKeys is far above what a project publishes: two keys during a rotation.
const MaxKeys = 128

// Parse reads a JWK Set (RFC 7517, 5). An element that is malformed or not for verifying
// session_jwts is ignored, and its neighbours count. Two different keys with one id are
// both ignored. An error rejects the whole document.
func Parse(document []byte) (Document, error) {
	elements, err := readElements(document)
	if err != nil {
		return Document{}, err
	}
	d := Document{Keys: make(map[string]*Key, len(elements))}
	ambiguous := map[string]bool{}
	for _, element := range elements {
		k, err := parseKey(element)
		if err != nil {
			d.Ignored++
			d.Private = d.Private || errors.Is(err, errKeyPrivate)
			continue
		}
		if other, ok := d.Keys[k.ID]; ok && !other.equal(k) {
			ambiguous[k.ID] = true
		}
		d.Keys[k.ID] = k
	}
	for id := range ambiguous {
		delete(d.Keys, id)
		d.Ignored += 2
	}
	if len(d.Keys) == 0 {
		return Document{}, ErrNoKeys
	}
	return d, nil
}

// readElements returns the elements of the member "keys".
func readElements(document []byte) ([][]byte, error) {
	// Repeated names are allowed inside elements here, so that parseKey can ignore one bad
	// key. A repeated "keys" at the top level is rejected below.
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
				if elements = append(elements, r.Raw()); len(elements) > MaxKeys {
					return nil, ErrTooManyKeys
				}
			}
		case r.Folded(name, []string{"keys"}):
			return nil, ErrNotKeySet
		default:
			r.Raw()
		}
	}
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotKeySet, err)
	}
	if found != 1 {
		return nil, ErrNotKeySet
	}
	return elements, nil
}
