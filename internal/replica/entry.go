package replica

import (
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The fields of an entry. All values are strings.
const (
	fieldVersion = "v"       // "1"
	fieldKind    = "kind"    // in revocations: one of the kinds below
	fieldID      = "id"      // the id of the session, member or Organization
	fieldAt      = "at"      // the id of the first entry about this, in an entry that was published again
	fieldReplica = "replica" // in beats: the process that sent it
	fieldSent    = "sent"    // in beats: when, in a form that only this process reads

	version = "1"
)

// The kinds of entries in the stream of revocations.
const (
	kindSession = "session"
	kindMember  = "member"
	kindClass   = "class"
	kindStart   = "start" // the stream begins here: what was revoked before may be missing
)

// maxClockError is how far the clocks of two machines may differ, in the milliseconds of ids.
const maxClockError = uint64(time.Minute / time.Millisecond)

// maxID bounds the ids that are read. Those of Stytch have less than 70 bytes.
const maxID = 256

// key is what was revoked, without the time.
type key struct {
	kind string
	id   string
}

// keyOf returns the key of a revocation that names exactly one thing.
func keyOf(c grimoireauth.Revocation) key {
	switch {
	case c.Session != "":
		return key{kindSession, string(c.Session)}
	case c.Member != "":
		return key{kindMember, string(c.Member)}
	}
	return key{kindClass, string(c.Class)}
}

// revocation returns the revocation of this key that was published in the entry at.
func (k key) revocation(at ID) grimoireauth.Revocation {
	c := grimoireauth.Revocation{At: at.Time()}
	switch k.kind {
	case kindSession:
		c.Session = grimoireauth.SessionID(k.id)
	case kindMember:
		c.Member = grimoireauth.MemberID(k.id)
	default:
		c.Class = grimoireauth.OrganizationID(k.id)
	}
	return c
}

// fields returns the entry of a revocation. At is the id of the first entry about it; zero:
// this is the first.
func (k key) fields(at ID) map[string]string {
	fields := map[string]string{fieldVersion: version, fieldKind: k.kind, fieldID: k.id}
	if !at.IsZero() {
		fields[fieldAt] = at.String()
	}
	return fields
}

// startFields returns the entry of a start. At is when the stream began; zero: now.
func startFields(at ID) map[string]string {
	fields := map[string]string{fieldVersion: version, fieldKind: kindStart}
	if !at.IsZero() {
		fields[fieldAt] = at.String()
	}
	return fields
}

func (r *Replica) beatFields(sent time.Duration) map[string]string {
	return map[string]string{fieldVersion: version, fieldReplica: r.name, fieldSent: strconv.FormatInt(int64(sent), 10)}
}

// sentBy returns when this process sent a beat; false if another process did.
func (r *Replica) sentBy(e Entry) (time.Duration, bool) {
	if e.Fields[fieldVersion] != version || e.Fields[fieldReplica] != r.name {
		return 0, false
	}
	sent, err := strconv.ParseInt(e.Fields[fieldSent], 10, 64)
	return time.Duration(sent), err == nil
}

var (
	errForm    = errors.New("an entry of the stream of revocations is of a form that this version does not know")
	errStrange = errors.New("an entry of the stream of revocations has an id that is none of Stytch's, and was ignored")
)

// parse reads an entry of the stream of revocations. The time of the revocation, or of the
// start, is that of the log. A start has an empty id. An error that matches errForm says that
// the entry may be a revocation of anything.
func parse(e Entry) (k key, at ID, err error) {
	if v := e.Fields[fieldVersion]; v != version {
		return key{}, ID{}, fmt.Errorf("%w: version %.8q", errForm, v)
	}
	k = key{e.Fields[fieldKind], e.Fields[fieldID]}
	switch k.kind {
	case kindStart:
		k.id = ""
	case kindSession, kindMember, kindClass:
		if k.id == "" || len(k.id) > maxID || !utf8.ValidString(k.id) {
			return key{}, ID{}, fmt.Errorf("%w: the id of a %s", errStrange, k.kind)
		}
	default:
		return key{}, ID{}, fmt.Errorf("%w: kind %.16q", errForm, k.kind)
	}
	first, err := ParseID(e.Fields[fieldAt])
	// A first entry is earlier, unless another machine with a slower clock keeps the log now.
	// What is no such id is not believed: then this entry is the first.
	if err != nil || first.Milliseconds > e.ID.Milliseconds+maxClockError {
		first = e.ID
	}
	return k, first, nil
}
