package grimoireauth

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
)

// SessionMarks makes and checks the marks by which a deployment recognises the
// session_tokens that it has given to browsers, without asking Stytch. A mark is a keyed
// digest (HMAC-SHA256) of a session_token and its session's id. It proves no session, and
// admits to nothing: it only says that the deployment gave this token to a browser, so that
// a call to Stytch about it does not use a share of unverified credentials. It stays correct
// after the session has ended.
//
// stytchclient.Client.SessionMarks returns them; middleware.Config takes them. All processes with
// the same project secret recognise each other's marks. After a rotation of the secret
// earlier marks are not recognised any more: their tokens count as unverified until the
// next sign-in, and no session ends.
//
// The zero SessionMarks makes no mark and recognises none. It is safe for concurrent use.
type SessionMarks struct {
	// A function, because fmt prints the address of a function, and would print a key.
	sum func(token Secret, session SessionID) string
}

// markSize is how much of the digest is used, in bytes: enough that guessing one costs
// more than what it is good for.
const markSize = 16

// NewSessionMarks returns the marks of a project, as stytchclient.Client.SessionMarks does: for a
// process that has the project secret and no client.
func NewSessionMarks(project string, secret Secret) (SessionMarks, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, "github.com/promptgrimoire/auth session marks 1 "+project, sha256.Size)
	if err != nil {
		return SessionMarks{}, err
	}
	return SessionMarks{sum: func(token Secret, session SessionID) string {
		digest := hmac.New(sha256.New, key)
		// The length in front tells where the token ends.
		text := token.Reveal()
		digest.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
		digest.Write([]byte(text))
		digest.Write([]byte(session))
		return base64.RawURLEncoding.EncodeToString(digest.Sum(nil)[:markSize])
	}}, nil
}

// IsZero reports whether these are the zero SessionMarks.
func (m SessionMarks) IsZero() bool { return m.sum == nil }

// Mark returns the mark of a session_token: 22 letters of base64url. It is empty for the
// zero SessionMarks, and without a token or a session.
func (m SessionMarks) Mark(token Secret, session SessionID) string {
	if m.sum == nil || token.IsZero() || session == "" {
		return ""
	}
	return m.sum(token, session)
}

// Recognise reports whether a mark is that of this session_token and this session, in a
// time that does not depend on the mark.
func (m SessionMarks) Recognise(mark string, token Secret, session SessionID) bool {
	want := m.Mark(token, session)
	return want != "" && subtle.ConstantTimeCompare([]byte(mark), []byte(want)) == 1
}
