package redisrevocations

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/jwtlocal"
)

// Replica is the part of one process in what several processes have revoked. Make it with
// [New]. It is safe for concurrent use.
type Replica struct {
	log     *streamLog
	rules   *replica.Replica
	running atomic.Bool
}

// New returns a Replica. It makes no network call and starts no goroutine. Its error joins
// all faults of the configuration.
func New(config Config) (*Replica, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	log := newStreamLog(*config.Redis, config.prefix())
	rules, err := replica.New(replica.Config{Log: log, Bound: config.Bound, Observe: config.Observe})
	if err != nil {
		return nil, err
	}
	return &Replica{log: log, rules: rules}, nil
}

var errRunning = errors.New("redisrevocations: Run is running already")

// Run follows Redis until ctx ends, and returns its cause within a second; whatever Redis
// does, it returns for no other reason. One Run at a time is allowed. It owns every
// goroutine and connection of the Replica, which are gone when it returns.
//
// Before the first Run, and a Bound after the last one has returned, Redis counts as silent.
// What is revoked meanwhile is published by the next Run. So a server starts Run before it listens, and ends it after its Shutdown.
func (r *Replica) Run(ctx context.Context) error {
	if !r.running.CompareAndSwap(false, true) {
		return &grimoireauth.Error{Op: "follow revocations", Kind: grimoireauth.ErrInvalid, Err: errRunning}
	}
	defer r.running.Store(false)
	r.log.open()
	defer r.log.close()
	return r.rules.Run(ctx)
}

// Add records a revocation in this process and publishes it. It is a
// [grimoireauth.OnRevoke], and returns once Redis has the entry. An error that matches
// [grimoireauth.ErrUnavailable] says that the revocation holds in this process, that other
// processes may not know of it yet, and that Run publishes it as soon as it can.
func (r *Replica) Add(ctx context.Context, revocation grimoireauth.Revocation) error {
	return r.rules.Add(ctx, revocation)
}

// Revocations is for the Revocations of a [jwtlocal.Config]. It answers from memory.
func (r *Replica) Revocations() jwtlocal.Revocations { return r.rules.Revocations() }

// Status is the state of a [Replica].
type Status struct {
	Silent      bool      // nothing was heard of Redis for longer than Bound
	CompleteAt  time.Time // every revocation that was published until then is known, by this machine's clock; zero: none
	LostAt      time.Time // when it was found last that Redis may lack revocations; zero: never
	Live        int       // revocations that are kept
	Unpublished int       // revocations that this process could not publish yet
	Err         error     // of the last command; nil: Redis answered
}

// Status returns the present state. It makes no network call.
func (r *Replica) Status() Status { return Status(r.rules.Status()) }
