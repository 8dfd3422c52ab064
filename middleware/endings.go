package middleware

import (
	"crypto/sha256"
	"slices"
	"sync"
	"time"
)

// atOnce is how long an answer may take that is acted on in the browser. To sign
// in takes a request of its own and a call to Stytch, which does not fit in.
const atOnce = 20 * time.Millisecond

// endings remembers the credentials of sessions whose end came out late. While
// a request waits for that answer, somebody else may sign in on the same browser,
// and deleting the cookies then would sign them out: a cookie is deleted by its
// name, whatever it holds. So the cookies are left alone, and go on the next
// request that still brings them.
//
// It is bounded; what is forgotten is found out again.
type endings struct {
	mu   sync.Mutex // guards next and late
	next int
	late [][sha256.Size]byte
}

const maxEndings = 256

// settle reports whether the cookies may be deleted that held these credentials,
// whose end came out late or at once.
func (e *endings) settle(p presented, late bool) bool {
	// Neither value can hold a space.
	digest := sha256.Sum256([]byte(p.jwt + " " + p.token))
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case !late || slices.Contains(e.late, digest):
		return true
	case len(e.late) < maxEndings:
		e.late = append(e.late, digest)
	default:
		e.late[e.next] = digest
		e.next = (e.next + 1) % maxEndings
	}
	return false
}
