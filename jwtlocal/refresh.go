package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// refreshDeadline bounds one call to Stytch, whoever waits for it.
const refreshDeadline = 10 * time.Second

// flight is one refresh under way. It belongs to no request: whoever waits for it
// may leave without harm to the others.
type flight struct {
	done   chan struct{}
	answer grimoireauth.Authentication // set before done is closed, like err
	err    error
}

var (
	noTime        time.Time
	errUnfinished = errors.New("the refresh did not finish")
)

const opRefresh = "refresh a session"

// refresh exchanges secret, a session_token or a good session_jwt, for fresh
// credentials. Requests with the same secret share one call. of is the session that
// the answer must name; the zero Session lets it name any.
func (v *Verifier) refresh(ctx context.Context, secret grimoireauth.Secret, of grimoireauth.Session, source grimoireauth.Source) (grimoireauth.Authentication, error) {
	f := v.takeOff(ctx, secret)
	select {
	case <-f.done:
	case <-ctx.Done():
		return grimoireauth.Authentication{}, unavailable(opRefresh, context.Cause(ctx), 0)
	}
	if f.err != nil {
		return grimoireauth.Authentication{}, f.err
	}
	answer := f.answer
	answer.Source = source
	// Compared for every waiter, since two of them may have come with different
	// JWTs beside the same session_token.
	if !of.IsZero() && !sameIdentity(of, answer.Session) {
		v.alarm(ctx, "a refresh was answered with another session than the one that asked: check what stands between this server and Stytch", nil)
		return grimoireauth.Authentication{}, unavailable(opRefresh, errOtherSession, 0)
	}
	// A sign-out that came after the answer wins over it.
	if v.config.Cutoffs != nil {
		s, err := v.config.Cutoffs.Standing(ctx, answer.ID(), answer.Member(), answer.Organization())
		switch {
		case err != nil:
			return grimoireauth.Authentication{}, unavailable(opRefresh, err, 0)
		case s.Ended:
			return grimoireauth.Authentication{}, errEnded
		}
	}
	return answer, nil
}

// takeOff returns the flight for this secret, which it starts if there is none.
func (v *Verifier) takeOff(ctx context.Context, secret grimoireauth.Secret) *flight {
	id := digestOf(secret.Reveal())
	v.mu.Lock()
	defer v.mu.Unlock()
	if f := v.flights[id]; f != nil {
		return f
	}
	f := &flight{done: make(chan struct{})}
	v.flights[id] = f
	ctx = context.WithoutCancel(ctx)
	v.work.do(func() {
		defer func() {
			v.mu.Lock()
			delete(v.flights, id)
			v.mu.Unlock()
			close(f.done)
		}()
		// Stands if the call below ends its goroutine instead of returning.
		f.err = unavailable(opRefresh, errUnfinished, 0)
		f.answer, f.err = v.fly(ctx, secret)
	})
	return f
}

// fly makes the call and checks the answer like any other token.
func (v *Verifier) fly(ctx context.Context, secret grimoireauth.Secret) (answer grimoireauth.Authentication, err error) {
	began := time.Now()
	defer func() {
		if r := recover(); r != nil {
			answer, err = grimoireauth.Authentication{}, unavailable(opRefresh, fmt.Errorf("it panicked with a %T", r), 0)
		}
		v.report(ctx, answer, err, time.Since(began))
	}()
	call, cancel := context.WithTimeout(ctx, refreshDeadline)
	defer cancel()
	credentials := grimoireauth.Credentials{Token: secret}
	if !hasTokenForm(secret) {
		credentials = grimoireauth.Credentials{JWT: secret}
	}
	answer, err = v.config.Refresh(call, credentials)
	if err != nil {
		return grimoireauth.Authentication{}, refreshError(err)
	}
	if answer.JWT.IsZero() {
		return grimoireauth.Authentication{}, v.badAnswer(ctx, errNoJWT)
	}
	// What was cut off before the call began, the answer knows about.
	judged := v.judge(call, answer.JWT.Reveal(), began)
	switch {
	case judged.standing == unknowable, judged.standing == ended:
		return grimoireauth.Authentication{}, judged.error()
	case judged.reason == ReasonCutOff:
		return grimoireauth.Authentication{}, unavailable(opRefresh, errCutMeanwhile, time.Second)
	case judged.standing != good:
		return grimoireauth.Authentication{}, v.badAnswer(ctx, errBadJWT)
	case !answer.Session.IsZero() && !sameIdentity(answer.Session, judged.session):
		return grimoireauth.Authentication{}, v.badAnswer(ctx, errOtherSession)
	}
	answer.Session = judged.session
	if answer.Token.IsZero() {
		answer.Token = credentials.Token
	}
	return answer, nil
}

// What can be wrong with the answer to a refresh. None of it says anything about
// the credentials that were presented.
var (
	errNoJWT        = errors.New("the answer has no session_jwt")
	errBadJWT       = errors.New("the answer's session_jwt does not verify")
	errOtherSession = errors.New("the answer names another session")
	errCutMeanwhile = errors.New("the member or class was cut off meanwhile")
)

func (v *Verifier) badAnswer(ctx context.Context, cause error) error {
	v.alarm(ctx, "Stytch's answer to a refresh cannot be believed: check the project id, the custom domain and the clock of this server", cause)
	return unavailable(opRefresh, cause, 0)
}

func (v *Verifier) alarm(ctx context.Context, problem string, cause error) {
	if v.config.Observe != nil {
		v.config.Observe(ctx, grimoireauth.OperatorAlarm{Problem: problem, Err: cause})
	}
}

func (v *Verifier) report(ctx context.Context, answer grimoireauth.Authentication, err error, took time.Duration) {
	switch {
	case v.config.Observe == nil:
	case err != nil:
		v.config.Observe(ctx, grimoireauth.RefreshFailed{Err: err})
	default:
		v.config.Observe(ctx, grimoireauth.SessionRefreshed{Session: answer.ID(), Member: answer.Member(), Took: took})
	}
}

// sameIdentity reports whether two sessions are one: same session, member and
// organization.
func sameIdentity(a, b grimoireauth.Session) bool {
	return a.ID() == b.ID() && a.Member() == b.Member() && a.Organization() == b.Organization()
}

// refreshError keeps the three answers apart: the session has ended; wait; nobody
// could find out. Whatever else comes back is the third, since only a definite end
// may sign somebody out.
func refreshError(err error) error {
	switch {
	case errors.Is(err, grimoireauth.ErrSessionEnded):
		return err
	case errors.Is(err, grimoireauth.ErrUnauthenticated):
	case errors.Is(err, grimoireauth.ErrRateLimited), errors.Is(err, grimoireauth.ErrUnavailable):
		return err
	}
	wait, _ := grimoireauth.RetryAfter(err)
	return unavailable(opRefresh, &concealed{err}, wait)
}

// concealed shows a cause's text and keeps errors.Is from matching it: an error
// must not be unavailable and unauthenticated at once.
type concealed struct{ cause error }

func (c *concealed) Error() string { return c.cause.Error() }
