package keys

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"

	"github.com/promptgrimoire/auth/internal/claims"
)

// Why a JWK does not verify session_jwts.
var (
	errKeyShape   = errors.New("not a JWK that is well-formed")
	errKeyKind    = errors.New("not an RSA key")
	errKeyUse     = errors.New("not for verifying RS256 signatures")
	errKeyPrivate = errors.New("private parameters are published")
	errKeyWeak    = errors.New("RSA parameters that are not safe")
)

// Key is a public key that may verify session_jwts. It is immutable.
type Key struct {
	ID        string
	Public    *rsa.PublicKey
	Signature int // length of an encoded signature, in characters
}

// equal reports whether two keys are the same material.
func (k *Key) equal(other *Key) bool { return k.Public.Equal(other.Public) }

// The modulus is bounded: a shorter one can be factored (RFC 7518, 3.3), a longer one makes
// every verification slow.
const minRSABits, MaxRSABits = 2048, 4096

// parseKey reads one element of a key set (RFC 7517, 4). jwkset parses the numbers.
// readJWK first rejects what jwkset accepts and must not verify a session_jwt: keys for
// encryption, other algorithms, private and secret keys, names in another case. It also
// passes no certificates on, which jwkset would compare with the key. jwkset itself
// rejects exponents that do not fit an int: it writes each key again and compares.
func parseKey(raw []byte) (*Key, error) {
	fields, err := readJWK(raw)
	if err != nil {
		return nil, err
	}
	jwk, err := jwkset.NewJWKFromMarshal(
		jwkset.JWKMarshal{KTY: jwkset.KtyRSA, KID: fields.id, N: fields.n, E: fields.e},
		jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errKeyShape, err)
	}
	public, ok := jwk.Key().(*rsa.PublicKey)
	if !ok {
		return nil, errKeyKind
	}
	if err := checkRSA(public); err != nil {
		return nil, err
	}
	return &Key{ID: fields.id, Public: public, Signature: strict.EncodedLen(public.Size())}, nil
}

// jwk holds the members of a JWK that are used.
type jwk struct{ id, n, e string }

// privateNames are the private parameters of RFC 7518, 6.3.2 and 6.4. A key whose private
// half was published proves nothing.
var privateNames = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

var jwkNames = append([]string{"kty", "use", "key_ops", "alg", "kid", "n", "e"}, privateNames...)

func readJWK(raw []byte) (jwk, error) {
	var k jwk
	var kty string
	var fault error
	use, ops, alg := true, true, true
	r := claims.NewReader(raw, claims.Limits{Depth: 8, Members: 64})
	for o := r.Object(); ; {
		name, ok := r.Next(&o)
		if !ok {
			break
		}
		switch string(name) {
		case "kty":
			kty = string(r.Text())
		case "use":
			use = string(r.Text()) == "sig"
		case "key_ops":
			ops = false
			for a := r.Array(); r.More(&a); {
				ops = string(r.Text()) == "verify" || ops
			}
		case "alg":
			alg = string(r.Text()) == "RS256"
		case "kid":
			k.id = string(r.Text())
		case "n":
			k.n = string(r.Text())
		case "e":
			k.e = string(r.Text())
		default:
			if slices.Contains(privateNames, string(name)) {
				fault = errKeyPrivate
			} else if r.Folded(name, jwkNames) {
				r.Fail(claims.ErrFolded)
			}
			r.Raw()
		}
	}
	switch err := r.End(); {
	case err != nil:
		return jwk{}, fmt.Errorf("%w: %w", errKeyShape, err)
	case kty != "RSA":
		return jwk{}, errKeyKind
	case fault != nil:
		return jwk{}, fault
	case !use || !ops || !alg:
		return jwk{}, errKeyUse
	case !claims.KeyID([]byte(k.id)) || !strictBase64(k.n) || !strictBase64(k.e):
		return jwk{}, errKeyShape
	}
	return k, nil
}

// strictBase64 reports whether s is unpadded base64url without stray bits, the only
// spelling of RFC 7518, 2. jwkset accepts padding, and encoding/base64 skips line breaks.
func strictBase64(s string) bool {
	_, err := strict.DecodeString(s)
	return err == nil && s != "" && !strings.ContainsAny(s, "\r\n")
}

var strict = base64.RawURLEncoding.Strict()

// checkRSA rejects parameters with which a signature proves little.
func checkRSA(k *rsa.PublicKey) error {
	bits := k.N.BitLen()
	switch {
	case bits < minRSABits || bits > MaxRSABits:
		return errKeyWeak
	case k.N.Bit(0) == 0:
		return errKeyWeak
	case k.E < 65537 || k.E&1 == 0: // FIPS 186-5, A.1.1
		return errKeyWeak
	case predictable(k.N):
		return errKeyWeak
	case published(k.N):
		return errKeyWeak
	}
	return nil
}

// examples are the first characters of the moduli whose private halves are printed in
// RFC 7515, A.2, RFC 7517, A.2 (also RFC 7638) and RFC 7520, 3.4, and on jwt.io.
var examples = []string{"ofgWCuLjybRlzo0tZWJj", "0vx7agoebGcQSuuPiLJX", "n4EPtAOCc9AlkeQHPzHS", "u1SU1LfVLPHCozMxH2Mo"}

// published reports whether the private half of the key is printed in a document about
// JOSE.
func published(n *big.Int) bool {
	text := base64.RawURLEncoding.EncodeToString(n.Bytes())
	return slices.ContainsFunc(examples, func(e string) bool { return strings.HasPrefix(text, e) })
}

// predictable reports whether the modulus comes from the flawed generator of CVE-2017-15361
// (ROCA): its primes are powers of 65537 modulo a product of small primes, and therefore
// so is the modulus. A sound modulus has this form by chance about once in 2^27.
func predictable(n *big.Int) bool {
	var rest big.Int
	for _, p := range smallPrimes {
		residue := rest.Mod(n, big.NewInt(p)).Int64()
		power, found := int64(1), false
		for range p {
			found = found || power == residue
			power = power * 65537 % p
		}
		if !found {
			return false
		}
	}
	return true
}

var smallPrimes = []int64{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
	103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}
