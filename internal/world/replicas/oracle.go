package replicas

import (
	"context"
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	// tokenLife is how long a session_jwt lasts at most, with the leeway and the error of a
	// clock.
	tokenLife = 5*time.Minute + 2*time.Minute
	// settling is how long after trouble with the log all is well again: a reconnection,
	// a beat, and publishing what could not be published.
	settling = 20 * time.Second
	// healing is how long after an outage of Stytch all is well again: the longest pause
	// before a call is tried again.
	healing = 40 * time.Second
	// prompt is how long a revocation takes while nothing is wrong.
	prompt = time.Second
)

var errNotTried = errors.New("the session could not be authenticated")

func (s *session) newest() grimoireauth.Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cookies[len(s.cookies)-1]
}

// lose takes a right away and records when.
func (w *world) lose(p *process, s *session, which func(*session) **loss, call func() error) {
	l := &loss{by: p, began: time.Now()}
	s.mu.Lock()
	if *which(s) != nil {
		s.mu.Unlock()
		return
	}
	*which(s) = l
	s.mu.Unlock()
	err := call()
	s.mu.Lock()
	defer s.mu.Unlock()
	l.done, l.published = time.Now(), err == nil
	if err != nil && w.keepsRight(s, which(s) == &s.demoted) {
		// Stytch was not reached. Who signs out is signed out here and there all the same.
		l.done = time.Time{}
	}
}

// keepsRight reports what Stytch knows, as no process does: whether the session lives, or the
// member is an instructor.
func (w *world) keepsRight(s *session, role bool) bool {
	member, err := w.direct.Roster.Get(context.Background(), s.class, s.member)
	if err != nil || member.Status != grimoireauth.StatusActive {
		return false
	}
	if role {
		return member.Role == grimoireauth.RoleInstructor
	}
	live, err := w.direct.Sessions.Of(context.Background(), s.class, s.member)
	return err == nil && len(live) > 0
}

// mayServe reports whether a process may act by a right at this time, and why not.
func (w *world) mayServe(p *process, l *loss, asked time.Time) (bool, string) {
	switch {
	case l == nil, l.done.IsZero():
		return true, ""
	case p == l.by && l.published && asked.After(l.done):
		return false, "by the process that took it away"
	case l.published && !w.logs.since(l.done.Add(-settling)) && asked.After(l.done.Add(prompt)):
		return false, "though the log did nothing wrong"
	case l.published && asked.After(l.done.Add(Bound)):
		return false, "beyond the Bound"
	case asked.After(l.done.Add(tokenLife)) && !w.outage.since(l.began.Add(-healing)):
		return false, "beyond the life of the session_jwt"
	}
	return true, ""
}

// request sends one request and checks the outcome.
func (w *world) request(p *process, s *session, which int) {
	s.mu.Lock()
	cookies := s.cookies[max(0, len(s.cookies)-1-which%3)]
	s.mu.Unlock()
	if which == 7 {
		cookies.Token = grimoireauth.Secret{}
	}
	asked := time.Now()
	got, err := p.authenticate(context.Background(), cookies)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		w.happened("served")
		if got.ID() != s.id || got.Member() != s.member {
			w.broken("%v: served as another person", asked)
		}
		if ok, why := w.mayServe(p, s.over, asked); !ok {
			w.broken("%v: served %v after the end of the session, %s", asked.UTC(), asked.Sub(s.over.done), why)
		}
		if got.HasRole("instructor") {
			if ok, why := w.mayServe(p, s.demoted, asked); !ok {
				w.broken("%v: an instructor %v after the demotion, %s", asked.UTC(), asked.Sub(s.demoted.done), why)
			}
		}
		if !got.Token.IsZero() && got.Credentials != s.cookies[len(s.cookies)-1] {
			s.cookies = append(s.cookies, got.Credentials)
		}
	case cookies.Token.IsZero() && errors.Is(err, grimoireauth.ErrExpired):
		w.happened("a session_jwt alone is stale") // also by a loss of its rights
	case ended(err):
		w.happened("refused")
		if s.over == nil {
			w.broken("%v: a session that lives is refused: %v", asked.UTC(), err)
		}
	case errors.Is(err, grimoireauth.ErrUnavailable), errors.Is(err, grimoireauth.ErrRateLimited):
		w.happened("unavailable")
		if !w.outage.since(asked.Add(-healing)) {
			w.broken("%v: unavailable without an outage of Stytch: %v", asked.UTC(), err)
		}
	default:
		w.broken("%v: %v", asked.UTC(), err)
	}
}

// finally checks, a minute after all trouble, that all is well.
func (w *world) finally() {
	time.Sleep(time.Minute)
	for n, p := range w.processes {
		status := p.replica.Status()
		switch {
		case status.Silent:
			w.broken("finally process %d is silent since %v: %v", n, status.CompleteAt, status.Err)
		case status.Unpublished > 0:
			w.broken("finally process %d has %d revocations to publish: %v", n, status.Unpublished, status.Err)
		}
		for _, s := range w.sessions {
			w.request(p, s, 0)
			s.mu.Lock()
			if s.over != nil && s.over.published {
				if got, err := p.authenticate(context.Background(), s.cookies[len(s.cookies)-1]); err == nil {
					w.broken("finally process %d serves %s, which has ended", n, got.ID())
				}
			}
			s.mu.Unlock()
		}
	}
}
