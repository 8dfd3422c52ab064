package claims

import "errors"

// Header is the JOSE header of a session_jwt, read strictly.
type Header struct {
	KeyID string // never empty
}

// ErrAlgorithm: alg is not exactly "RS256". The token does not choose the algorithm (RFC
// 8725, 3.1).
var ErrAlgorithm = errors.New("the algorithm is not RS256")

// maxKeyID bounds key ids. Stytch's have about fifty bytes.
const maxKeyID = 128

var headerNames = reserved("alg", "kid", "typ", "cty", "crit", "b64", "zip", "enc",
	"jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "p2c", "p2s", "epk", "apu", "apv", "iv", "tag")

// ReadHeader reads the header of a session_jwt. Stytch writes exactly alg, kid and typ. A
// member that names or carries a key, asks for an extension or means encryption is rejected
// (RFC 7515, 4.1.11; RFC 8725, 3.1 and 3.10). Other members pass, since Stytch may add
// some.
func ReadHeader(header []byte) (Header, error) {
	var h Header
	rs256, typed := false, true
	r := NewReader(header, Limits{Depth: 2, Members: 32})
	o := r.Object()
	for {
		memberName, ok := r.Next(&o)
		if !ok {
			break
		}
		switch string(memberName) {
		case "alg":
			if rs256 = r.Is('"') && string(r.Text()) == "RS256"; !rs256 {
				r.fail(ErrAlgorithm)
			}
		case "kid":
			kid := r.Text()
			if !KeyID(kid) {
				r.fail(ErrShape)
			}
			h.KeyID = string(kid)
		case "typ":
			// Explicit typing (RFC 8725, 3.11): at+jwt, for one, is another kind of token.
			typed = string(r.Text()) == "JWT"
		default:
			// The reserved names other than the three above are rejected in every spelling.
			r.unlike(memberName, headerNames)
			r.Raw()
		}
	}
	err := r.End()
	switch {
	case err != nil:
		return Header{}, err
	case !rs256:
		return Header{}, ErrAlgorithm
	case h.KeyID == "" || !typed:
		return Header{}, ErrShape
	}
	return h, nil
}

// KeyID reports whether kid can be a key id: 1 to 128 visible ASCII characters that need no
// escape in JSON. Key ids are map keys and appear in debug logs, and are never used in a
// path or a query.
func KeyID(kid []byte) bool {
	if len(kid) == 0 || len(kid) > maxKeyID {
		return false
	}
	for _, c := range kid {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
