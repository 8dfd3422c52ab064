package core

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"time"
)

// PublishedKey is a key of the project. The newest signs.
type PublishedKey struct {
	*SigningKey
	Kid       string
	retiredAt time.Time // when a newer one took over; zero for the one that signs
}

// keyOverlap is how long a retired key stays in the key set.
// Source: https://stytch.com/docs/b2b/guides/sessions/backend
const keyOverlap = 30 * 24 * time.Hour

// EnsureKey makes the first key. The lock must be held.
func (s *Server) EnsureKey() {
	if len(s.Keys) == 0 {
		s.addKey()
	}
}

func (s *Server) addKey() {
	key := s.KeyNumber(s.nextKey)
	s.nextKey++
	s.Keys = append([]PublishedKey{{SigningKey: key, Kid: "jwk-" + s.Env + "-" + key.uuid}}, s.Keys...)
}

// Published returns the keys of the key set, the signing key first.
func (s *Server) Published(now time.Time) []PublishedKey {
	s.EnsureKey()
	var out []PublishedKey
	for _, k := range s.Keys {
		if k.retiredAt.IsZero() || now.Before(k.retiredAt.Add(keyOverlap)) {
			out = append(out, k)
		}
	}
	return out
}

// RotateKeys makes a new signing key, and keeps the others in the key set or not.
func (s *Server) RotateKeys(keepOld bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.EnsureKey()
	if keepOld {
		s.Keys[0].retiredAt = time.Now()
	} else {
		s.Keys = nil
	}
	s.addKey()
}

// Age makes everything that is remembered d older.
func (s *Server) Age(d time.Duration) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.State.Age(d)
	for i := range s.Keys {
		if at := &s.Keys[i].retiredAt; !at.IsZero() {
			*at = at.Add(-d)
		}
	}
}

// SigningKey is an RSA key. Making one takes a tenth of a second and more, so all
// Stytches of a process share them; what keeps projects apart is the issuer and
// the audience of their JWTs.
type SigningKey struct {
	uuid        string // the end of its kid
	Private     *rsa.PrivateKey
	Certificate []byte // DER
}

// keyring holds keys: the n-th key of every Stytch that uses it is its n-th. It
// starts no goroutine, so that first use inside a testing/synctest bubble leaves
// nothing behind in it.
type keyring struct {
	make func(n int) *SigningKey

	mu   sync.Mutex // guards keys
	keys map[int]*SigningKey
}

// key returns the n-th key, and makes it if nothing has needed it yet.
func (r *keyring) key(n int) *SigningKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys[n] == nil {
		r.keys[n] = r.make(n)
	}
	return r.keys[n]
}

// ForgerKey is the number of the key that [Stytch.Forged] signs with, which is no
// Stytch's.
const ForgerKey = -1

// A Stytch without a seed uses the keys of this process. One with a seed uses the
// published ones, which are the same in every process, whatever the seed: the
// world has room for thousands of seeds, and a test has no time for as many keys.
var (
	processKeys   = &keyring{keys: make(map[int]*SigningKey), make: func(int) *SigningKey { return newSigningKey() }}
	publishedKeys = &keyring{keys: make(map[int]*SigningKey), make: publishedSigningKey}
)

// KeyNumber returns the n-th key of this Stytch.
func (s *Server) KeyNumber(n int) *SigningKey {
	if s.Random.Seed != 0 {
		return publishedKeys.key(n)
	}
	return processKeys.key(n)
}

func newSigningKey() *SigningKey {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic("mock: cannot make an RSA key: " + err.Error())
	}
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails: crypto/rand ends the program first
	return certified(private, b[:16], b[16:])
}

const (
	keyBits     = 2048
	keyExponent = 65537
)

// publishedSigningKey computes the n-th published key. crypto/rsa makes a new key
// each time, whatever source of randomness it is given, so the primes are found
// here: the first ones at or above a number that n decides, with 1 and 1 as their
// highest bits (FIPS 186-5, A.1.3, without its secrecy). They keep nothing secret.
func publishedSigningKey(n int) *SigningKey {
	draw := func(what string, bytes int) []byte {
		return seededBytes(0, "published signing key "+what, uint64(n), bytes)
	}
	e := big.NewInt(keyExponent)
	prime := func(what string) *big.Int {
		p := new(big.Int).SetBytes(draw(what, keyBits/2/8))
		p.SetBit(p, 0, 1).SetBit(p, keyBits/2-1, 1).SetBit(p, keyBits/2-2, 1)
		one, two := big.NewInt(1), big.NewInt(2)
		for {
			below := new(big.Int).Sub(p, one)
			if p.ProbablyPrime(20) && new(big.Int).GCD(nil, nil, e, below).Cmp(one) == 0 {
				return p
			}
			p.Add(p, two)
		}
	}
	p, q := prime("p"), prime("q")
	one := big.NewInt(1)
	totient := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	private := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: keyExponent},
		D:         new(big.Int).ModInverse(e, totient),
		Primes:    []*big.Int{p, q},
	}
	private.Precompute()
	if err := private.Validate(); err != nil {
		panic("mock: a published signing key is none: " + err.Error())
	}
	return certified(private, draw("uuid", 16), draw("serial", 16))
}

// certified puts a certificate of its own beside a key.
func certified(private *rsa.PrivateKey, uuid, serial []byte) *SigningKey {
	// The dates are fixed, because a key outlives the synctest bubble by whose
	// clock it would be dated.
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial),
		Subject:      pkix.Name{CommonName: "mock.Stytch"},
		NotBefore:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	// PKCS #1 v1.5 draws nothing: the same key has the same certificate.
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		panic("mock: cannot sign a certificate: " + err.Error())
	}
	return &SigningKey{uuid: uuidOf(uuid), Private: private, Certificate: certificate}
}
