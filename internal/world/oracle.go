package world

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The bounds that the documentation states.
const (
	tokenLife = 5 * time.Minute // how long a session_jwt lasts
	leeway    = 5 * time.Second // how far clocks may differ
	healing   = 30 * time.Second
)

// violation is a promise that was broken.
type violation struct {
	Promise string // a fixed word
	At      time.Duration
	Text    string
}

func (v violation) String() string { return fmt.Sprintf("%v %s: %s", v.At, v.Promise, v.Text) }

// oracle compares what it sees with the ledger and reports broken promises. It shares no
// code with the library.
type oracle struct {
	clock  *clock
	ledger *ledger
	clocks *clocks
	shared *shared // nil: each process has revocations of its own
	table  *table  // of the classes, where they are no Organizations
	events *events

	mu         sync.Mutex // guards everything below
	violations []violation
	withdrawn  time.Duration // when Stytch withdrew a signing key last
}

func (o *oracle) broken(promise, format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.violations = append(o.violations, violation{promise, o.clock.now(), fmt.Sprintf(format, args...)})
}

// withdrew records that Stytch has withdrawn a signing key.
func (o *oracle) withdrew(at time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.withdrawn = at
}

func (o *oracle) lastWithdrawal() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.withdrawn
}

func (o *oracle) found() []violation {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.violations
}

// service is what the guard has told a handler of the application about its caller.
type service struct {
	session, member string
	class           string // of the route; empty: none
	role            rank   // in that class
	fresh           bool   // the route asks Stytch for each request
}

// served checks that a handler was rightly called for a person.
func (o *oracle) served(x *exchange, s service) {
	x.served++
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	at := o.ledger.sessions[s.session]
	switch {
	case at == nil:
		o.broken("identity", "%s was served as a session that Stytch never began", x.name)
		return
	case at.member.id != s.member:
		o.broken("identity", "%s was served as a member whose session it is not", x.name)
		return
	case x.who.session == nil && x.who.spared == at:
		// The response to an earlier person's sign-out, which did not know this cookie.
	case x.who.session == nil:
		o.broken("identity", "%s was sent by a browser where no one is signed in, and was served as %s", x.name, at.member.email)
	case x.who.session.member != at.member:
		o.broken("identity", "%s was sent by the browser of %s, and was served as %s", x.name, x.who, at.member.email)
	case x.who.session != at:
		o.broken("identity", "%s was served as another session of %s than the one that signed in last", x.name, x.who)
	}
	o.bounded(x, at, s)
	o.roleBounded(x, at.member, s)
}

// bounded checks that the session was not served longer after its end than stated. The
// caller holds the ledger's lock, as for roleBounded.
func (o *oracle) bounded(x *exchange, at *session, s service) {
	p, m := x.instance, at.member
	// A process that ended the session itself refuses the next request, even if its call to
	// Stytch failed.
	if told, ok := p.told(at.id); ok && x.arrived > told {
		o.broken("bound", "%s was served as %s by the process that signed them out, %v later", x.name, m.email, x.arrived-told)
	}
	over, barred, archived := at.over(), min(m.removed, m.suspended), m.class.archived
	if o.ledger.unmarked {
		over, barred, archived = at.ended(), m.removed, never
	}
	// A clock that is behind accepts a session_jwt for longer by as much (docs/security.md).
	behind := o.clocks.behindSince(p.number, x.arrived)
	// What another process has published holds here as well.
	for _, end := range []struct {
		what         string
		at, atStytch time.Duration
	}{{at.id, 0, at.dead}, {m.id, barred, barred}, {m.class.id, archived, archived}} {
		from := o.shared.heldFrom(end.what, end.at, end.atStytch)
		if from == never || x.arrived <= from+behind || end.what != at.id && o.clocks.behindSince(p.number, from-sharedBound) > leeway {
			continue
		}
		o.broken("bound", "%s was served as %s %v after the time by which all processes had to know of the end", x.name, m.email, x.arrived-from)
	}
	if over == never {
		return
	}
	late := x.arrived - over
	if late > 0 {
		o.events.happened("served after the end, within the bound")
	}
	switch {
	case x.arrived > at.ends+leeway+behind:
		o.broken("bound", "%s was served as %s %v after the date on which the session ends", x.name, m.email, x.arrived-at.ends)
	case late > p.setting.stale()+behind:
		o.broken("bound", "%s was served as %s %v after the end of the session", x.name, m.email, late)
	case s.fresh && late > 0:
		o.broken("bound", "%s asks Stytch each time, and was served %v after the end of the session", x.name, late)
	}
	// The same if this process was the last to remove or suspend the member, or to archive
	// the class.
	for _, end := range []struct {
		what string
		at   time.Duration
	}{{m.id, barred}, {m.class.id, archived}} {
		if told, ok := p.told(end.what); ok && end.at <= told && x.arrived > told && o.clocks.behindSince(p.number, told) <= leeway {
			o.broken("bound", "%s was served as %s by the process that ended the session, %v later", x.name, m.email, x.arrived-told)
		}
	}
}

// roleBounded checks that a role was not higher than the member's role, now or within the
// stated time.
func (o *oracle) roleBounded(x *exchange, m *member, s service) {
	if s.class == "" {
		return
	}
	from := x.arrived
	highest := none
	if o.table != nil {
		highest = o.table.highest(m.id, s.class, from)
	} else {
		if m.class == nil || m.class.id != s.class {
			o.broken("class", "%s was served in a class that the session of %s does not belong to", x.name, m.email)
			return
		}
		if !s.fresh {
			from -= x.instance.setting.stale() + o.clocks.behindSince(x.instance.number, x.arrived)
		}
		if told, ok := x.instance.told("role of " + m.id); ok && told < x.arrived && o.clocks.behindSince(x.instance.number, told) <= leeway {
			from = max(from, told)
		}
		if held := o.shared.lastHeld(m.id, x.arrived); o.clocks.behindSince(x.instance.number, held) <= leeway {
			from = max(from, held)
		}
		highest = m.highest(from)
	}
	if s.role > highest {
		o.broken("role", "%s was served as %s of a class where %s is %s", x.name, s.role, m.email, highest)
	}
}

// meets counts the events that a request is about to cause.
func (o *oracle) meets(x *exchange) {
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	if s := o.ledger.byToken[x.token]; s != nil && s.outAt != nil && s.outAt != x.instance {
		o.events.happened("a sign-out at one process, a request at another")
	}
}

// answered checks a process's response before it leaves.
func (o *oracle) answered(x *exchange, header http.Header, body string) {
	names := x.instance.setting.cookies()
	if x.status == http.StatusServiceUnavailable {
		o.events.happened("a 503 during an outage")
	}
	for _, line := range header["Set-Cookie"] {
		name, value, _ := strings.Cut(line, "=")
		value, _, _ = strings.Cut(value, ";")
		_, domain, _ := strings.Cut(line, "Domain=")
		domain, _, _ = strings.Cut(domain, ";")
		switch {
		case name != names.token && name != names.jwt && name != names.moved():
		case domain != x.instance.setting.Cookies.domain():
			// A variant that this setting does not write, and does not want beside its own.
		case x.instance.setting.Cookies == scriptCookies:
			o.broken("front end", "the answer to %s writes the cookie %s, which a front end owns", x.name, name)
		case x.status >= 500 && !x.signsOut && (name == names.token || ends(value)):
			o.broken("outage", "%s was answered %d with the cookie %s", x.name, x.status, name)
		case !ends(value):
			switch {
			case name == names.moved() && x.status == http.StatusSeeOther:
				o.events.happened("a former cookie replaced")
			case name == names.jwt || x.asked:
			default:
				o.broken("renewal", "%s is no sign-in, and its answer writes the session_token", x.name)
			}
		case x.signsOut, x.asked && x.status < 400:
		default:
			o.deletes(x, name)
		}
	}
	o.printsNoSecret(x.name, header, body)
}

// ends reports whether a cookie's value marks the end of a session or a sign-out.
func ends(value string) bool {
	return value == "" || value == "~" || strings.HasPrefix(value, "ended~")
}

// deletes checks that a response deletes only the cookie of a session that has ended.
func (o *oracle) deletes(x *exchange, name string) {
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	s := o.ledger.byToken[x.token]
	if s == nil && x.token == "" {
		s = x.who.session
	}
	if s == nil || !s.lives(o.clock.now()) {
		return
	}
	if _, ok := x.instance.told(s.id); ok {
		return // signed out in this process, whose call to Stytch failed
	}
	if x.who.session != s {
		return // a stranger, or a planted cookie
	}
	o.broken("outage", "%s was answered %d, and the answer deletes the cookie %s of a session of %s that has not ended", x.name, x.status, name, s.member.email)
}

// printsNoSecret checks that a response has no secret in it, except in the cookies for
// secrets.
func (o *oracle) printsNoSecret(name string, header http.Header, body string) {
	var out strings.Builder
	for key, lines := range header {
		if key != "Set-Cookie" {
			out.WriteString(strings.Join(lines, " "))
			out.WriteByte(' ')
		}
	}
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	for _, text := range []string{out.String(), body} {
		if what, ok := o.ledger.leaks(text); ok {
			o.broken("secret", "the answer to %s holds %s", name, what)
		}
	}
}

// leaks reports whether a text has a secret, and its kind.
func (l *ledger) leaks(text string) (string, bool) {
	for _, word := range l.words {
		if strings.Contains(text, word) {
			return "a password", true
		}
	}
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && tokenLetter[text[j]] {
			j++
		}
		if j-i == 6 && l.codes[text[i:j]] {
			return "a code", true
		}
		if j-i >= 16 {
			run := text[i:j]
			if what, ok := l.secrets[run]; ok {
				return what, true
			}
			// The cookie has more than the token, such as the id of its session.
			for part := range strings.SplitSeq(run, "~") {
				if what, ok := l.secrets[part]; ok {
					return what, true
				}
			}
			if k := strings.LastIndexByte(run, '='); k > 0 && k < len(run)-1 {
				if what, ok := l.secrets[run[k+1:]]; ok {
					return what, true
				}
			}
		}
		i = j + 1
	}
	return "", false
}

var tokenLetter = func() (letters [256]bool) {
	for c := range letters {
		letters[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '=' || c == '.' || c == '~'
	}
	return
}()
