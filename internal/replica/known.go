package replica

import (
	"time"

	"github.com/promptgrimoire/auth/jwtlocal"
)

// life is how long an entry is kept, in the milliseconds of ids.
const life = uint64(jwtlocal.RevocationLife / time.Millisecond)

// known is what a process knows about a session, member or class that was revoked.
type known struct {
	at         ID            // the first entry about the last revocation; zero: there is none yet
	raised     bool          // it was revoked in this process, and that was not appended yet
	raisedAt   time.Duration // when, by r.now
	learnedAt  time.Duration // when this process learned of at, by r.now
	entry      ID            // the newest entry about it that was read
	lost       bool          // the log lacks the entry, so it has to be appended again
	appended   ID            // the newest entry that this process appended and has not read; zero: none
	appendedAt time.Duration // when, by r.now
	seen       uint64        // the number of the reading in which an entry about it was read last
}

// expired reports whether no session_jwt counts that was issued before the revocation. Now is
// the time of the log. The process's own time counts as well, since the ids of a log whose
// clock was ahead for a while are in the future.
func (k *known) expired(now uint64, local time.Duration) bool {
	if local-max(k.raisedAt, k.learnedAt) > jwtlocal.RevocationLife {
		return true
	}
	return !k.raised && !k.at.IsZero() && now > k.at.Milliseconds+life
}

// logNow returns the time of the log in milliseconds, by the id of an entry that was appended
// now. A clock that is ahead of this machine's by more than clocks differ is not believed:
// what is live would look expired.
func logNow(id ID) uint64 {
	return min(id.Milliseconds, uint64(max(time.Now().UnixMilli(), 0))+maxClockError)
}

// of returns what is known about a key, and makes it if there is nothing. mu is held.
func (r *Replica) of(k key) *known {
	have := r.known[k]
	if have == nil {
		have = &known{}
		r.known[k] = have
	}
	return have
}

// learn takes in an entry about a revocation that was first published at, and reports
// whether it says something new.
func (r *Replica) learn(k key, at, entry ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	have := r.of(k)
	have.seen, have.entry, r.last = r.reading, entry, entry
	if entry.Compare(have.appended) >= 0 {
		have.appended = ID{}
	}
	if at.Compare(have.at) < 0 {
		return false // have.lost stays: the log lacks the later one
	}
	news := at.Compare(have.at) > 0
	have.at, have.lost = at, false
	if news {
		have.learnedAt = r.now()
	}
	return news
}

// begins takes in an entry that says when the stream began, and reports whether this process
// did not know it.
func (r *Replica) begins(at, entry ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = entry
	if at.Compare(r.began) < 0 {
		return false
	}
	news := at.Compare(r.began) > 0
	r.began, r.stated = at, entry
	return news
}

// forget drops what has expired at this time of the log.
func (r *Replica) forget(now uint64) {
	local := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, have := range r.known {
		if have.expired(now, local) {
			delete(r.known, k)
		}
	}
}

// oldest returns the first entry that this process has read and that no process may trim for
// another hour; zero: there is none.
func (r *Replica) oldest(now uint64) (oldest ID) {
	const spare = uint64(time.Hour / time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	include := func(id ID) {
		if !id.IsZero() && id.Milliseconds+life > now+spare && (oldest.IsZero() || id.Compare(oldest) < 0) {
			oldest = id
		}
	}
	include(r.stated)
	for _, have := range r.known {
		if have.seen == r.reading && !have.lost {
			include(have.entry)
		}
	}
	return oldest
}

// findLost marks what the log lacks: what was not read in this reading of the whole
// stream. It returns how much that is.
func (r *Replica) findLost() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, have := range r.known {
		if have.seen != r.reading && !have.at.IsZero() {
			have.appended, have.lost = ID{}, true
			n++
		}
	}
	return n
}

// findUnread marks what this process appended before a beat that it has read, without having
// read the entry: the log has lost it.
func (r *Replica) findUnread(beat time.Duration) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, have := range r.known {
		if !have.appended.IsZero() && have.appendedAt < beat {
			have.appended, have.lost = ID{}, true
			n++
		}
	}
	return n
}
