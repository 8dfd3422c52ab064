package logtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/internal/replica"
)

// Operation is a method of a log.
type Operation string

// The methods of a log.
const (
	Append Operation = "append"
	Read   Operation = "read"
	Look   Operation = "look"
	Trim   Operation = "trim"
)

// Call is a call of a process that a fault may concern. Stream is empty unless the
// Operation is Append or Trim.
type Call struct {
	Operation Operation
	Stream    replica.Stream
}

// Fault is what happens to one call. The zero Fault is none.
type Fault struct {
	Before time.Duration // until the call arrives at the log
	After  time.Duration // until its answer arrives at the process
	Lost   bool          // the call never arrives; it waits for the end of its context
	Silent bool          // the call arrives and its answer does not
	Twice  bool          // an append is carried out twice
	Err    error         // the call returns this error at once, and does not arrive
}

// Conn is the log as one process reaches it. It implements [replica.Log].
type Conn struct {
	log *Memory

	mu     sync.Mutex // guards what follows
	faults func(Call) Fault
	cut    bool
}

var _ replica.Log = (*Conn)(nil)

// Conn returns the log as one more process reaches it.
func (m *Memory) Conn() *Conn { return &Conn{log: m} }

// Faults has f decide what happens to each call from now on. Nil: nothing.
func (c *Conn) Faults(f func(Call) Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Cut cuts this process off: nothing that it sends arrives, no answer does, and no call
// learns of it, as with a network that drops packets.
func (c *Conn) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
}

// Heal ends a Cut. Calls that were lost stay lost.
func (c *Conn) Heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = false
}

func (c *Conn) isCut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut
}

func (c *Conn) fault(call Call) Fault {
	c.mu.Lock()
	f := c.faults
	cut := c.cut
	c.mu.Unlock()
	var fault Fault
	if f != nil {
		fault = f(call)
	}
	fault.Lost = fault.Lost || cut
	return fault
}

// Append implements [replica.Log].
func (c *Conn) Append(ctx context.Context, stream replica.Stream, fields map[string]string) (replica.ID, error) {
	var id replica.ID
	err := c.do(ctx, Call{Append, stream}, func(twice bool) {
		id = c.log.append(stream, fields)
		if twice {
			c.log.append(stream, fields)
		}
	})
	if err != nil {
		return replica.ID{}, err
	}
	return id, nil
}

// AppendExisting implements [replica.Log].
func (c *Conn) AppendExisting(ctx context.Context, stream replica.Stream, fields map[string]string) (replica.ID, error) {
	var id replica.ID
	missing := false
	err := c.do(ctx, Call{Append, stream}, func(twice bool) {
		if missing = c.log.streams[stream] == nil; missing {
			return
		}
		id = c.log.append(stream, fields)
		if twice {
			c.log.append(stream, fields)
		}
	})
	switch {
	case err != nil:
		return replica.ID{}, err
	case missing:
		return replica.ID{}, replica.ErrNoStream
	}
	return id, nil
}

// Look implements [replica.Log].
func (c *Conn) Look(ctx context.Context, id replica.ID) (replica.Look, error) {
	var look replica.Look
	err := c.do(ctx, Call{Operation: Look}, func(bool) {
		st := c.log.streams[replica.Revocations]
		if look.Exists = st != nil; look.Exists {
			_, look.Holds = slices.BinarySearchFunc(st.entries, id, compareID)
		}
	})
	if err != nil {
		return replica.Look{}, err
	}
	return look, nil
}

// Trim implements [replica.Log].
func (c *Conn) Trim(ctx context.Context, stream replica.Stream, id replica.ID) error {
	return c.do(ctx, Call{Trim, stream}, func(bool) {
		if st := c.log.streams[stream]; st != nil {
			i, _ := slices.BinarySearchFunc(st.entries, id, compareID)
			st.entries = slices.Delete(st.entries, 0, i)
		}
	})
}

// do carries out a call that does not wait for entries. The function has the log's lock.
// If the context ends while the call is under way, it is carried out later all the same.
func (c *Conn) do(ctx context.Context, call Call, carryOut func(twice bool)) error {
	fault := c.fault(call)
	if fault.Err != nil {
		return fault.Err
	}
	if err := ctx.Err(); err != nil {
		return err // it was not sent
	}
	if fault.Lost {
		<-ctx.Done()
		return ctx.Err()
	}
	m := c.log
	m.mu.Lock()
	epoch := m.epoch
	m.mu.Unlock()
	// From here on the caller may go before it is carried out.
	var once sync.Once
	arrive := func() { // with the log's lock
		if m.epoch == epoch && !m.down {
			once.Do(func() { carryOut(fault.Twice) })
		}
	}
	began := time.Now()
	if err := sleep(ctx, fault.Before); err != nil {
		time.AfterFunc(fault.Before-time.Since(began), func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.paused != nil {
				m.late = append(m.late, arrive)
				return
			}
			arrive()
		})
		return err
	}
	m.mu.Lock()
	for m.paused != nil {
		paused := m.paused
		m.late = append(m.late, arrive)
		m.mu.Unlock()
		select {
		case <-paused:
		case <-ctx.Done():
			return ctx.Err()
		}
		m.mu.Lock()
	}
	arrive()
	err := m.reached(epoch)
	m.mu.Unlock()
	if err != nil {
		return err
	}
	return c.answer(ctx, fault)
}

// Read implements [replica.Log].
func (c *Conn) Read(ctx context.Context, after replica.Position, count int, block time.Duration) (replica.Batch, error) {
	fault := c.fault(Call{Operation: Read})
	if fault.Err != nil {
		return replica.Batch{}, fault.Err
	}
	if err := ctx.Err(); err != nil {
		return replica.Batch{}, err
	}
	if fault.Lost {
		<-ctx.Done()
		return replica.Batch{}, ctx.Err()
	}
	m := c.log
	m.mu.Lock()
	epoch := m.epoch
	m.mu.Unlock()
	if err := sleep(ctx, fault.Before); err != nil {
		return replica.Batch{}, err
	}
	batch, err := c.read(ctx, epoch, after, count, block)
	if err != nil {
		return replica.Batch{}, err
	}
	if err := c.answer(ctx, fault); err != nil {
		return replica.Batch{}, err
	}
	return batch, nil
}

func (c *Conn) read(ctx context.Context, epoch int, after replica.Position, count int, block time.Duration) (replica.Batch, error) {
	m := c.log
	end := time.NewTimer(block)
	defer end.Stop()
	ended := block <= 0
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		if err := m.reached(epoch); err != nil {
			return replica.Batch{}, err
		}
		wait := m.paused // a log that is paused does not notice the end of block, either
		if wait == nil {
			batch := replica.Batch{
				Revocations: m.after(replica.Revocations, after.Revocations, count),
				Beats:       m.after(replica.Beats, after.Beats, count),
			}
			if len(batch.Revocations)+len(batch.Beats) > 0 || ended {
				return batch, nil
			}
			if m.changed == nil {
				m.changed = make(chan struct{})
			}
			wait = m.changed
		}
		m.mu.Unlock()
		var err error
		select {
		case <-wait:
		case <-end.C:
			ended = true
		case <-ctx.Done():
			err = ctx.Err()
		}
		m.mu.Lock()
		if err != nil {
			return replica.Batch{}, err
		}
	}
}

// answer takes the answer of a call to its process.
func (c *Conn) answer(ctx context.Context, fault Fault) error {
	if err := sleep(ctx, fault.After); err != nil {
		return err
	}
	if fault.Silent || c.isCut() {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// reached says whether a connection that was made in this epoch still works. It is called
// with mu held.
func (m *Memory) reached(epoch int) error {
	switch {
	case m.down:
		return ErrDown
	case m.epoch != epoch:
		return ErrBroken
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
