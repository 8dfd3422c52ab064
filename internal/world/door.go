package world

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock"
)

// door is the transport in front of Stytch. It writes the ledger from the calls.
type door struct {
	clock  *clock
	stytch *mock.Stytch
	ledger *ledger
	// changed is called with the name of the event that changed something at Stytch.
	changed func(name string)
}

// told has the fields of Stytch's responses that the ledger needs.
type told struct {
	SessionToken   string            `json:"session_token"`
	SessionJWT     string            `json:"session_jwt"`
	Intermediate   string            `json:"intermediate_session_token"`
	Secret         string            `json:"secret"` // of an authenticator app
	RecoveryCodes  []string          `json:"recovery_codes"`
	MemberSession  *toldSession      `json:"member_session"`
	MemberSessions []toldSession     `json:"member_sessions"`
	Member         *toldMember       `json:"member"`
	Members        []toldMember      `json:"members"`
	Organization   *toldOrganization `json:"organization"`
	MemberID       string            `json:"member_id"`
}

type toldSession struct {
	ID           string    `json:"member_session_id"`
	Member       string    `json:"member_id"`
	Organization string    `json:"organization_id"`
	Expires      time.Time `json:"expires_at"`
}

type toldMember struct {
	ID           string `json:"member_id"`
	Organization string `json:"organization_id"`
	Email        string `json:"email_address"`
	Status       string `json:"status"`
	Roles        []struct {
		ID string `json:"role_id"`
	} `json:"roles"`
	Trusted map[string]json.RawMessage `json:"trusted_metadata"`
}

type toldOrganization struct {
	ID      string                     `json:"organization_id"`
	Trusted map[string]json.RawMessage `json:"trusted_metadata"`
}

// RoundTrip calls Stytch and reads the response.
func (d *door) RoundTrip(req *http.Request) (*http.Response, error) {
	return d.carry(req, 0, func(string) {})
}

// carry is RoundTrip for a process for which Stytch's clock is ahead by so much. It calls
// gave with each session_jwt in the response.
func (d *door) carry(req *http.Request, by time.Duration, gave func(jwt string)) (*http.Response, error) {
	res, err := d.stytch.ClockAhead(by).RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil || !strings.HasPrefix(req.URL.Path, "/v1/b2b/") || strings.Contains(req.URL.Path, "/jwks/") {
		return res, err
	}
	d.read(req, res.StatusCode, body, by, gave)
	return res, nil
}

func (d *door) read(req *http.Request, status int, body []byte, by time.Duration, gave func(jwt string)) {
	var t told
	if json.Unmarshal(body, &t) != nil || status != http.StatusOK {
		return
	}
	gave(t.SessionJWT)
	if t.MemberSession != nil {
		t.MemberSession.Expires = t.MemberSession.Expires.Add(-by)
	}
	d.write(req, &t)
	if changes(req) {
		d.lookAround()
		d.changed(nameOf(req.Context()))
	}
}

// changes reports whether a call of this kind can end sessions or change people.
// Signing in, refreshing and sending messages change no rights.
func changes(req *http.Request) bool {
	path := req.URL.Path
	switch {
	case req.Method == http.MethodPut, req.Method == http.MethodDelete:
		return true
	case req.Method != http.MethodPost:
		return false
	}
	return strings.HasPrefix(path, "/v1/b2b/sessions/revoke") || strings.HasPrefix(path, "/v1/b2b/sessions/exchange") ||
		strings.HasPrefix(path, "/v1/b2b/passwords/") && !strings.HasSuffix(path, "/start") ||
		path == "/v1/b2b/organizations" || strings.HasSuffix(path, "/members")
}

// write updates the ledger from a response.
func (d *door) write(req *http.Request, t *told) {
	l, now := d.ledger, d.clock.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secret(t.SessionToken, "a session_token")
	l.secret(t.SessionJWT, "a session_jwt")
	l.secret(t.Intermediate, "an intermediate_session_token")
	l.secret(t.Secret, "the key of an authenticator app")
	for _, code := range t.RecoveryCodes {
		l.secret(code, "a recovery code")
	}
	if o := t.Organization; o != nil && o.ID != "" {
		c := l.class(o.ID)
		if since(&c.archived, o.Trusted["grimoire_archived"] != nil, now); c.archived != never {
			c.barred = now
		}
	}
	if t.Member != nil && t.Member.ID != "" {
		l.person(t.Member, now)
	}
	for i := range t.Members {
		l.person(&t.Members[i], now)
	}
	if s := t.MemberSession; s != nil && s.ID != "" && t.SessionToken != "" {
		known := l.session(s, now, d.clock.start)
		l.byToken[t.SessionToken] = known
	}
	if req.Method == http.MethodDelete && t.Member == nil && t.MemberID != "" && strings.HasSuffix(req.URL.Path, "/members/"+t.MemberID) {
		m := l.member(t.MemberID)
		since(&m.removed, true, now)
		m.barred = now
	}
}

func (l *ledger) person(t *toldMember, now time.Duration) {
	m := l.member(t.ID)
	if m.email == "" { // addresses do not change here, so they are read without the lock
		m.email, m.class = t.Email, l.class(t.Organization)
	}
	since(&m.removed, t.Status == "deleted", now)
	since(&m.suspended, t.Trusted["grimoire_suspended"] != nil, now)
	if m.removed != never || m.suspended != never {
		m.barred = now
	}
	highest := student
	for _, r := range t.Roles {
		highest = max(highest, rankOf(r.ID))
	}
	m.has(highest, now)
}

func (l *ledger) session(t *toldSession, now time.Duration, start time.Time) *session {
	s := l.sessions[t.ID]
	if s == nil {
		s = &session{id: t.ID, member: l.member(t.Member), began: now, dead: never}
		l.sessions[t.ID] = s
	}
	if s.member.class == nil {
		s.member.class = l.class(t.Organization)
	}
	s.ends = t.Expires.Sub(start)
	return s
}

// lookAround asks Stytch, after a call that may have ended sessions, which of them are
// still live. So the rules by which calls end sessions are not repeated here.
func (d *door) lookAround() {
	l, now := d.ledger, d.clock.now()
	l.mu.Lock()
	living := make(map[*member][]*session)
	for _, s := range l.sessions {
		if s.dead == never && s.ends > now {
			living[s.member] = append(living[s.member], s)
		}
	}
	l.mu.Unlock()
	for m, sessions := range living {
		there := d.sessionsOf(m)
		l.mu.Lock()
		for _, s := range sessions {
			since(&s.dead, !there[s.id], now)
		}
		l.mu.Unlock()
	}
}

// sessionsOf asks Stytch for the live sessions of a member.
func (d *door) sessionsOf(m *member) map[string]bool {
	query := url.Values{"organization_id": {m.class.id}, "member_id": {m.id}}
	var t told
	d.ask(http.MethodGet, "/v1/b2b/sessions?"+query.Encode(), nil, &t)
	there := make(map[string]bool)
	for _, s := range t.MemberSessions {
		there[s.ID] = true
	}
	return there
}

// ask makes a call of the world itself, without network faults.
func (d *door) ask(method, path string, in, out any) int {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			panic("world: " + err.Error())
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequest(method, d.stytch.BaseURL()+path, body)
	if err != nil {
		panic("world: " + err.Error())
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(d.stytch.ProjectID(), d.stytch.Secret().Reveal())
	res, err := d.stytch.RoundTrip(req)
	if err != nil {
		panic("world: " + err.Error())
	}
	defer res.Body.Close()
	if out != nil && res.StatusCode == http.StatusOK {
		if err := json.NewDecoder(res.Body).Decode(out); err != nil {
			panic("world: " + err.Error())
		}
	}
	return res.StatusCode
}

// look reads a member and their class into the ledger, after a change in the dashboard.
func (d *door) look(org, member string) {
	query := url.Values{"member_id": {member}}
	var t told
	d.ask(http.MethodGet, "/v1/b2b/organizations/"+org+"/member?"+query.Encode(), nil, &t)
	d.ledger.mu.Lock()
	defer d.ledger.mu.Unlock()
	if t.Member != nil {
		d.ledger.person(t.Member, d.clock.now())
	}
}
