package jwtlocal

import (
	"context"
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// maxAsks bounds the calls of one refresh. It takes more than one if a cutoff came
// meanwhile, or if the first had to find out whom the cutoffs, or Slide, concern.
const maxAsks = 3

// exchange asks Stytch until the answer tells of what is true now.
func (v *Verifier) exchange(ctx context.Context, a *ask, f *flight) (*grant, *failure) {
	// Cutoffs may be looked up for whom the session_jwt names: one too many costs a
	// call. Sessions are extended by what Stytch says of the token only: whoever has
	// two of them could lend the older one the age of the younger.
	owner, subject := f.owner, f.owner
	if subject.IsZero() {
		subject = f.of
	}
	var shorter *grant // good, and could last longer
	for range maxAsks {
		var before Standing
		if !subject.IsZero() {
			var err error
			switch before, err = v.standing(ctx, subject); {
			case err != nil:
				return nil, failedBecause(badAnswer, err)
			case before.Ended:
				return nil, &failure{kind: sessionEnded, err: errEnded}
			}
		}
		began := time.Now()
		answer, failed := v.call(ctx, a, owner)
		if failed != nil {
			if shorter != nil && failed.kind != sessionEnded {
				return shorter, nil
			}
			return nil, failed
		}
		g, cut, failed := v.accept(ctx, a, f, answer, before, began)
		if failed != nil {
			return nil, failed
		}
		learned := owner.IsZero()
		owner, subject = g.answer.Session, g.answer.Session
		if cut {
			continue
		}
		if !learned || !v.slides(a, owner) {
			return g, nil
		}
		shorter = g
	}
	return nil, failedBecause(badAnswer, errCutMeanwhile)
}

// call asks Stytch once, and extends the session if Slide says so.
func (v *Verifier) call(ctx context.Context, a *ask, owner grimoireauth.Session) (grimoireauth.Authentication, *failure) {
	credentials := grimoireauth.Credentials{Token: a.secret}
	if a.alone {
		credentials = grimoireauth.Credentials{JWT: a.secret}
	}
	refresh := v.config.Refresh
	if by, slides := v.config.Slide.by(owner, time.Now()); slides && !a.idle {
		refresh = func(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			answer, err := v.config.Slide.Extend(ctx, credentials, by)
			if errors.Is(err, grimoireauth.ErrInvalid) {
				v.alarm(ctx, alarmSlide, reveal(err))
				return v.config.Refresh(ctx, credentials)
			}
			return answer, err
		}
	}
	answer, err := refresh(ctx, credentials)
	if err == nil {
		return answer, nil
	}
	failed, odd := failureOf(err)
	if odd {
		v.alarm(ctx, alarmOddError, failed.err)
	}
	return grimoireauth.Authentication{}, failed
}

func (v *Verifier) slides(a *ask, owner grimoireauth.Session) bool {
	_, slides := v.config.Slide.by(owner, time.Now())
	return slides && !a.idle
}

// accept verifies an answer like any token, and that it names whom it should. Cut
// says that its session_jwt is behind a cutoff which the call cannot have known:
// the session of the grant is right then, and its credentials are of no use.
func (v *Verifier) accept(ctx context.Context, a *ask, f *flight, answer grimoireauth.Authentication, before Standing, began time.Time) (g *grant, cut bool, failed *failure) {
	if answer.JWT.IsZero() {
		return nil, false, v.disbelieve(ctx, errNoJWT)
	}
	token := answer.JWT.Reveal()
	v.vouchers.add(digestOf(token), before, began)
	judged := v.judge(ctx, token)
	switch off := v.clockAhead(&judged, began); {
	case judged.reason == ReasonNotYet:
		return nil, false, refusedByClock(judged.err)
	case off > 0:
		late := newClockError(off, false)
		v.clockIsOff(ctx, late)
		return nil, false, refusedByClock(unavailable(opRefresh, late, firstPause))
	case judged.standing == unknowable:
		return nil, false, unverifiable(&judged)
	case judged.standing == refused, judged.standing == stale && judged.reason != ReasonCutOff:
		return nil, false, v.disbelieve(ctx, errBadJWT)
	case !belongs(a, f, answer, judged.session):
		v.alarm(ctx, alarmOtherSession, nil)
		return nil, false, &failure{kind: anotherSession, err: errAnother}
	case judged.standing == ended:
		return nil, false, &failure{kind: sessionEnded, err: errEnded}
	}
	credentials := grimoireauth.Credentials{JWT: answer.JWT, Token: answer.Token}
	if credentials.Token.IsZero() && !a.alone {
		credentials.Token = a.secret
	}
	return &grant{answer: answerOf(judged.session, credentials, answer.Source), issued: judged.times.issued, end: judged.times.end, came: time.Now()}, judged.standing == stale, nil
}

// unverifiable is the failure of a refresh whose session_jwt cannot be judged. That the
// key set cannot be had is an outage; that our own cutoffs cannot be read is none.
func unverifiable(judged *verdict) *failure {
	if judged.reason == ReasonNoKeys {
		return &failure{kind: noAnswer, err: judged.err}
	}
	return &failure{kind: badAnswer, err: judged.err}
}

// belongs reports whether an answer, whose session_jwt attests session, is about
// whom was asked. What stands between this server and Stytch may mix answers up.
func belongs(a *ask, f *flight, answer grimoireauth.Authentication, session grimoireauth.Session) bool {
	for _, named := range []grimoireauth.Session{answer.Session, f.owner, f.of} {
		if !named.IsZero() && !sameIdentity(named, session) {
			return false
		}
	}
	// Nothing says whose a token is that comes alone for the first time. Stytch
	// repeats it in the answer, and another answer would have another one.
	return !f.unnamed() || answer.Token.IsZero() || answer.Token.Equal(a.secret)
}

// disbelieve is the failure for an answer that cannot be what Stytch said.
func (v *Verifier) disbelieve(ctx context.Context, cause error) *failure {
	v.alarm(ctx, alarmBadAnswer, cause)
	return failedBecause(badAnswer, cause)
}
