package logtest

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/internal/replica"
)

// Memory is a log in memory, with the semantics of Redis Streams. Each process has a
// [Conn] to it, with faults of its own. All waiting is by channels and timers, so in a
// bubble of testing/synctest its time is virtual; a Memory then has to be made inside the
// bubble. The zero Memory is empty and up. It is safe for concurrent use.
type Memory struct {
	// Clock is the log's clock. Nil: time.Now. It is set before the first use.
	Clock func() time.Time

	mu      sync.Mutex // guards everything below
	streams map[replica.Stream]*stream
	down    bool
	paused  chan struct{} // closed by Resume; nil unless paused
	late    []func()      // what arrives when the log resumes; the callers have gone
	changed chan struct{} // closed when there is something new to read; nil if no reader waits
	epoch   int           // grows when the connections break
}

type stream struct {
	entries []replica.Entry
	last    replica.ID // of the last entry that was ever appended
}

// Snapshot is a copy of a log's streams.
type Snapshot map[replica.Stream]stream

// ErrDown is the error of a log that cannot be reached.
var ErrDown = errors.New("logtest: connection refused")

// ErrBroken is the error of a call whose connection broke while it was under way.
var ErrBroken = errors.New("logtest: connection reset")

// Stop makes every call fail at once, as a Redis that was killed. What the log holds
// stays, for a Start.
func (m *Memory) Stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = true
	m.breakAll()
}

// Start ends a Stop.
func (m *Memory) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = false
}

// Restart breaks all connections and empties the log, as a Redis without persistence
// that was restarted.
func (m *Memory) Restart() { m.Restore(nil) }

// Snapshot returns a copy of what the log holds.
func (m *Memory) Snapshot() Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Snapshot{}
	for name, st := range m.streams {
		s[name] = stream{slices.Clone(st.entries), st.last}
	}
	return s
}

// Restore breaks all connections and replaces what the log holds by an earlier copy, as
// a failover to a Redis that lags behind. Nil empties the log.
func (m *Memory) Restore(s Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.streams = map[replica.Stream]*stream{}
	for name, st := range s {
		m.streams[name] = &stream{slices.Clone(st.entries), st.last}
	}
	m.down = false
	m.breakAll()
}

// Lose breaks all connections and removes the last n entries of a stream, as a failover to
// a Redis that had not received them yet.
func (m *Memory) Lose(name replica.Stream, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if st := m.streams[name]; st != nil {
		st.entries = st.entries[:max(0, len(st.entries)-n)]
		st.last = replica.ID{}
		if len(st.entries) > 0 {
			st.last = st.entries[len(st.entries)-1].ID
		}
	}
	m.breakAll()
}

// Delete removes a stream, as DEL and FLUSHALL do. Connections stay.
func (m *Memory) Delete(name replica.Stream) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.streams, name)
}

// Pause lets every call hang, as SIGSTOP does to a Redis. What was sent meanwhile arrives
// at the time of Resume, also if its caller has gone.
func (m *Memory) Pause() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.paused == nil {
		m.paused = make(chan struct{})
	}
}

// Resume ends a Pause.
func (m *Memory) Resume() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.paused == nil {
		return
	}
	close(m.paused)
	m.paused = nil
	late := m.late
	m.late = nil
	for _, arrive := range late {
		arrive()
	}
	m.wake()
}

// Entries returns what a stream holds.
func (m *Memory) Entries(name replica.Stream) []replica.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.after(name, replica.ID{}, -1)
}

// now returns the log's time. It is called with mu held.
func (m *Memory) now() time.Time {
	if m.Clock != nil {
		return m.Clock()
	}
	return time.Now()
}

// append is called with mu held.
func (m *Memory) append(name replica.Stream, fields map[string]string) replica.ID {
	if m.streams == nil {
		m.streams = map[replica.Stream]*stream{}
	}
	st := m.streams[name]
	if st == nil {
		st = new(stream)
		m.streams[name] = st
	}
	id := replica.ID{Milliseconds: uint64(m.now().UnixMilli())}
	if id.Compare(st.last) <= 0 { // several in one millisecond, or a clock that was set back
		id = replica.ID{Milliseconds: st.last.Milliseconds, Sequence: st.last.Sequence + 1}
	}
	st.last = id
	st.entries = append(st.entries, replica.Entry{ID: id, Fields: maps.Clone(fields)})
	m.wake()
	return id
}

// after returns the entries after id, at most count, or all if count is negative. It is
// called with mu held.
func (m *Memory) after(name replica.Stream, id replica.ID, count int) []replica.Entry {
	st := m.streams[name]
	if st == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(st.entries, id, compareID)
	if found {
		i++
	}
	rest := st.entries[i:]
	if count >= 0 && len(rest) > count {
		rest = rest[:count]
	}
	var out []replica.Entry
	for _, e := range rest {
		out = append(out, replica.Entry{ID: e.ID, Fields: maps.Clone(e.Fields)})
	}
	return out
}

// wake lets the readers look again. It is called with mu held.
func (m *Memory) wake() {
	if m.changed != nil {
		close(m.changed)
		m.changed = nil
	}
}

// breakAll breaks the connections. It is called with mu held.
func (m *Memory) breakAll() {
	m.epoch++
	m.late = nil
	if m.paused != nil { // the new one is not paused
		close(m.paused)
		m.paused = nil
	}
	m.wake()
}

func compareID(e replica.Entry, id replica.ID) int { return e.ID.Compare(id) }
