package world

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// ledger has the state of Stytch and its past: the member of each session, the members of
// each class with their roles, and what has ended. The door writes it from the calls to
// Stytch. It shares no code with the library. Times count from the beginning of the world.
type ledger struct {
	mu       sync.Mutex // guards everything below, and what is in it
	sessions map[string]*session
	byToken  map[string]*session
	members  map[string]*member
	classes  map[string]*class
	secrets  map[string]string // by secret, which must not be printed: its kind
	codes    map[string]bool   // six digits each, which are secrets as well
	words    []string          // passwords
	// unmarked says that suspension and archiving have no effect: they are marks of this
	// library, which a front end that calls Stytch directly does not see.
	unmarked bool
}

// never is later than everything.
const never = time.Duration(1<<63 - 1)

// session is one of Stytch's sessions.
type session struct {
	id     string
	member *member
	began  time.Duration
	ends   time.Duration // when it expires, by Stytch's last response
	dead   time.Duration // when it was revoked; never: it was not
	outAt  *instance     // the process that ended it; nil: none
}

// member is a member of one class, a Stytch Organization.
type member struct {
	id, email string
	class     *class
	roles     []roleSince   // oldest first
	removed   time.Duration // when they were removed; never: on the roster
	suspended time.Duration
	barred    time.Duration // when they were removed or suspended last, if ever
}

// roleSince is a role and when it began.
type roleSince struct {
	at   time.Duration
	rank rank
}

// class is one of Stytch's Organizations.
type class struct {
	id       string
	archived time.Duration // when it was archived; never: open
	barred   time.Duration // when it was archived last, if ever
}

// rank orders roles; the library's own numbers are not used.
type rank int

const (
	none rank = iota
	student
	tutor
	instructor
	coordinator
)

func (r rank) String() string {
	return [...]string{"none", "student", "tutor", "instructor", "coordinator"}[r]
}

// rankOf is the rank of a Stytch role id. Every member is a student at least.
func rankOf(role string) rank {
	switch role {
	case "stytch_member":
		return student
	case "tutor":
		return tutor
	case "instructor":
		return instructor
	case "coordinator", "stytch_admin":
		return coordinator
	}
	return none
}

func newLedger() *ledger {
	return &ledger{
		sessions: make(map[string]*session), byToken: make(map[string]*session),
		members: make(map[string]*member), classes: make(map[string]*class),
		secrets: make(map[string]string), codes: make(map[string]bool),
	}
}

// class returns the class of an id. The lock must be held, as for all that follows.
func (l *ledger) class(id string) *class {
	c := l.classes[id]
	if c == nil {
		c = &class{id: id, archived: never}
		l.classes[id] = c
	}
	return c
}

func (l *ledger) member(id string) *member {
	m := l.members[id]
	if m == nil {
		m = &member{id: id, removed: never, suspended: never}
		l.members[id] = m
	}
	return m
}

// over returns when the session became invalid: when it was ended, its member was removed
// or suspended, or its class was archived.
func (s *session) over() time.Duration {
	return min(s.ended(), s.member.suspended, s.member.class.archived)
}

// ended is the same without suspension and archiving, which are marks of this library.
func (s *session) ended() time.Duration { return min(s.dead, s.ends, s.member.removed) }

// has records the member's role from now on.
func (m *member) has(r rank, now time.Duration) {
	if n := len(m.roles); n > 0 && m.roles[n-1].rank == r {
		return
	}
	m.roles = append(m.roles, roleSince{now, r})
}

// highest is the highest role that the member had at any time from since on.
func (m *member) highest(since time.Duration) rank {
	highest := none
	for i, r := range m.roles {
		if i+1 < len(m.roles) && m.roles[i+1].at <= since {
			continue // over before that
		}
		highest = max(highest, r.rank)
	}
	return highest
}

// secret records a text that must not be printed.
func (l *ledger) secret(value, what string) {
	if len(value) >= 16 {
		l.secrets[value] = what
	}
}

// out records that a process has ended a session, perhaps before Stytch knows it.
func (l *ledger) out(id string, p *instance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.sessions[id]; s != nil && s.outAt == nil {
		s.outAt = p
	}
}

// lives reports whether the session is live and was valid all the time since it began. A
// process that met it while its class was archived has rightly told the browser that it
// has ended.
func (s *session) lives(until time.Duration) bool {
	return s.outAt == nil && s.over() > until && s.began > s.member.barred && s.began > s.member.class.barred
}

// since sets an instant to now if something is so, and to never if it is not.
func since(at *time.Duration, yes bool, now time.Duration) {
	switch {
	case !yes:
		*at = never
	case *at == never:
		*at = now
	}
}

// events counts the events that a run should have. A run without them would pass, but
// test nothing.
type events struct {
	mu     sync.Mutex // guards counts
	counts map[string]int
}

func (e *events) happened(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.counts == nil {
		e.counts = make(map[string]int)
	}
	e.counts[what]++
}

func (e *events) all() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.counts)
}

// Sometimes has the events that have to happen in at least one of the suite's seeds.
var Sometimes = []string{
	"a 503 during an outage",
	"a change in the table announced",
	"a class archived",
	"a class switched",
	"a clock wrong beyond the leeway met a request",
	"a clock wrong within the leeway served all",
	"a deployment with another setting",
	"a deployment with other cookies",
	"a former cookie replaced",
	"a key rotation during traffic",
	"a late renewal",
	"a link opened by a mail scanner",
	"a log that has lost revocations",
	"a link opened on another computer",
	"a member refused who overreached",
	"a member removed",
	"a member suspended",
	"a page left while it was loading",
	"a planted cookie",
	"a process restarted",
	"a refresh behind a request",
	"a refresh shared",
	"a request lost",
	"a revocation that could not be published",
	"a role lowered",
	"a second factor given",
	"a session_jwt renewed by a front end",
	"a sign-out at one process, a request at another",
	"a silence of the log",
	"a stream ended after a minute of doubt",
	"a stream ended with its process",
	"a stream ended with its reader's role",
	"a stream ended with its reader's session",
	"a stream opened",
	"an account named before it is signed in",
	"an administrator refused",
	"an answer overtaken by another person's sign-in",
	"marks by permission",
	"marks refused to one who teaches another class",
	"release by permission",
	"served after the end, within the bound",
	"served while another member overreached",
	"signed in by a class chosen after",
	"signed in by a front end",
	"signed in by code",
	"signed in by google",
	"signed in by hand",
	"signed in by link",
	"signed in by password",
	"signed in by reset",
	"signed in by sso",
	"signed in over another person",
	"signed out by a front end",
	"signed out everywhere",
	"the next person sat down",
	"two tabs in one provider flow",
}

// missing returns those of Sometimes that did not happen.
func missing(counts map[string]int) []string {
	return slices.DeleteFunc(slices.Clone(Sometimes), func(what string) bool { return counts[what] > 0 })
}
