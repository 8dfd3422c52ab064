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
	lost       bool          // the log lacks the entry, so it has to be appended again
	appended   ID            // the newest entry that this process appended and has not read; zero: none
	appendedAt time.Duration // when, by r.now
	seen       uint64        // the number of the reading in which an entry about it was read last
}

// expired reports whether no session_jwt counts that was issued before the revocation.
func (k *known) expired(now ID, local time.Duration) bool {
	if k.raised || k.at.IsZero() {
		return local-k.raisedAt > jwtlocal.RevocationLife
	}
	return now.Milliseconds > k.at.Milliseconds+life
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
	have.seen, r.last = r.reading, entry
	if entry.Compare(have.appended) >= 0 {
		have.appended = ID{}
	}
	if at.Compare(have.at) < 0 {
		return false // have.lost stays: the log lacks the later one
	}
	news := at.Compare(have.at) > 0
	have.at, have.lost = at, false
	return news
}

// forget drops what has expired.
func (r *Replica) forget(now ID) {
	local := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, have := range r.known {
		if have.expired(now, local) {
			delete(r.known, k)
		}
	}
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
