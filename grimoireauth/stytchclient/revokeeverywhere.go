package stytchclient

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/steps"
)

// RevokedMember says what became of one member's sessions.
type RevokedMember struct {
	grimoireauth.Person
	// Err is nil if all of them have ended; otherwise they may live on, and the call
	// has to be repeated.
	Err error
}

// revocationsAtOnce is how many classes RevokeEverywhere works on at a time: 500 classes
// take seven seconds, at a tenth of a second for a call, and Stytch sees no burst.
const revocationsAtOnce = 8

// RevokeEverywhere ends every session of a person in every class: a stolen laptop,
// a ban. It finds all classes first and records the revocation of each member that it
// finds, so that their session_jwts are stale at once; then it ends the sessions at
// Stytch, eight classes at a time. After a 429 all of it waits, as long as Stytch asks; an
// interval of a minute passes so. It makes no further call if Stytch asks for more than half
// a minute or for more time than the context has, if the 429 stays, or if 16 calls one after
// another get no answer; the remaining classes have that error then.
//
// It goes on after a failure, and reports on each class it found, in the order of
// [Roster.ClassesOf]. The error is nil only if every class was found and every session
// has ended; it joins what went wrong. Calling it again does what is left.
// Config.Observe gets a [grimoireauth.StepDone] for each class. Every call has returned
// when RevokeEverywhere does.
//
// After it the person can sign in again; [Roster.Suspend] prevents that.
func (s Sessions) RevokeEverywhere(ctx context.Context, who Identity) ([]RevokedMember, error) {
	const op = "revoke sessions everywhere"
	var failures []error
	r := &everywhere{sessions: s, op: op}
	for found, err := range s.c.Roster.classesOf(ctx, op, who) {
		if err != nil {
			failures = append(failures, err) // which classes were not found is not known
			break
		}
		r.add(ctx, found.Member.Person)
	}
	steps.Each(slices.Values(r.indexes()), revocationsAtOnce, func(i int) { r.end(ctx, i) })
	for _, step := range r.report {
		failures = append(failures, step.Err)
	}
	return r.report, errors.Join(failures...)
}

// everywhere is one run of RevokeEverywhere.
type everywhere struct {
	sessions Sessions
	op       string
	pace     steps.Pace
	report   []RevokedMember // each element belongs to one call of end

	mu           sync.Mutex // guards what follows, and keeps events in their order
	done, failed int
}

// add records the revocation of a member who was found: with the project's power nothing
// refuses it any more. It stands before all calls, so that a Stytch that is slow or asks
// to wait keeps no old session_jwt alive.
func (r *everywhere) add(ctx context.Context, who grimoireauth.Person) {
	notAnnounced := r.sessions.c.announce(ctx, opRevokeAll, grimoireauth.Revocation{Member: who.Member})
	r.report = append(r.report, RevokedMember{Person: who, Err: notAnnounced})
}

func (r *everywhere) indexes() []int {
	out := make([]int, len(r.report))
	for i := range out {
		out[i] = i
	}
	return out
}

// end ends the sessions of one member, and records the revocation again, for what was
// refreshed meanwhile.
func (r *everywhere) end(ctx context.Context, i int) {
	step, s := &r.report[i], r.sessions
	err, notAnnounced := s.c.revokeAfter(ctx, opRevokeAll, grimoireauth.Revocation{Member: step.Member}, func(ctx context.Context) error {
		return r.pace.Do(ctx, func(ctx context.Context) error { return s.endAll(ctx, opRevokeAll, step.Person) })
	})
	step.Err = errors.Join(err, step.Err, notAnnounced)

	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if step.Err != nil {
		r.failed++
	}
	if s.c.observe != nil {
		s.c.observe(ctx, grimoireauth.StepDone{Op: r.op, Class: step.Class, Done: r.done, Failed: r.failed, Total: len(r.report), Err: step.Err})
	}
}
