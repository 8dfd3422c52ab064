package replica_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/internal/replica/logtest"
	"github.com/promptgrimoire/auth/jwtlocal"
)

const bound = 30 * time.Second

// process is a process with a replica.
type process struct {
	*replica.Replica
	conn  *logtest.Conn
	bound time.Duration
	stop  func()

	mu     sync.Mutex
	events []grimoireauth.Event
}

func start(t *testing.T, log *logtest.Memory) *process { return startBound(t, log, bound) }

// startBound is start with another Bound. A long one has few beats in a long time.
func startBound(t *testing.T, log *logtest.Memory, bound time.Duration) *process {
	t.Helper()
	p := &process{conn: log.Conn(), bound: bound}
	var err error
	p.Replica, err = replica.New(replica.Config{Log: p.conn, Bound: bound, Observe: func(_ context.Context, e grimoireauth.Event) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.events = append(p.events, e)
	}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Run(ctx) }()
	p.stop = func() { cancel(); <-done }
	t.Cleanup(p.stop)
	return p
}

func (p *process) count(is func(grimoireauth.Event) bool) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		if is(e) {
			n++
		}
	}
	return n
}

func is[E grimoireauth.Event](e grimoireauth.Event) bool { _, ok := e.(E); return ok }

func (p *process) of(t *testing.T, session, member, class string) jwtlocal.RevocationStatus {
	t.Helper()
	s, err := p.Revocations().Status(t.Context(), grimoireauth.SessionID(session), grimoireauth.MemberID(member), grimoireauth.OrganizationID(class))
	require.NoError(t, err)
	return s
}

// needs reports what has to be confirmed: nothing, tokens of before a loss, or everything.
func (p *process) needs(t *testing.T) string {
	switch since := p.of(t, "", "", "").ConfirmSince; {
	case since.IsZero():
		return "nothing"
	case p.Status().Silent:
		require.WithinDuration(t, time.Now().Add(-p.bound), since, 0)
		return "everything"
	}
	return "what is old"
}

// settle waits until processes that began at once follow the log: each may have begun a
// stream, and reads anew when it finds the other's.
func settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

func inBubble(t *testing.T, f func(t *testing.T, log *logtest.Memory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, new(logtest.Memory)) })
}

func TestP01_KnownToAll(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		a, b := start(t, log), start(t, log)
		settle()
		require.False(t, a.Status().Silent)
		for i, c := range []grimoireauth.Revocation{{Session: "s"}, {Member: "m"}, {Class: "c"}} {
			require.NoError(t, a.Add(t.Context(), c))
			synctest.Wait()
			require.Equal(t, i+1, b.Status().Live)
		}
		for _, p := range []*process{a, b} {
			require.True(t, p.of(t, "s", "", "").Ended)
			require.False(t, p.of(t, "t", "", "").Ended)
			for _, s := range []jwtlocal.RevocationStatus{p.of(t, "t", "m", ""), p.of(t, "t", "", "c")} {
				require.WithinDuration(t, time.Now(), s.NotBefore, time.Millisecond)
				require.NotZero(t, s.Version)
			}
			require.Zero(t, p.Status().Unpublished)
		}
	})
}

// A process that starts later knows what is live, and not what has expired.
func TestP06_StartsInTheMiddle(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		a := startBound(t, log, 20*time.Minute)
		require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Session: "old"}))
		time.Sleep(jwtlocal.RevocationLife - time.Hour)
		require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Session: "young"}))
		time.Sleep(2 * time.Hour)
		for n := range 2500 { // several reads
			require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Session: grimoireauth.SessionID(fmt.Sprint(n))}))
		}
		b := startBound(t, log, 20*time.Minute)
		require.Equal(t, "everything", b.needs(t), "before it has read")
		synctest.Wait()
		require.Equal(t, "nothing", b.needs(t))
		require.True(t, b.of(t, "young", "", "").Ended)
		require.True(t, b.of(t, "2499", "", "").Ended)
		require.False(t, b.of(t, "old", "", "").Ended)
		require.Equal(t, 2501, b.Status().Live)
		require.Equal(t, 2501, a.Status().Live)
		time.Sleep(jwtlocal.RevocationLife + time.Hour)
		require.Zero(t, a.Status().Live)
		require.LessOrEqual(t, len(log.Entries(replica.Revocations)), 2, "the last entry, and what says when the stream began")
		require.Less(t, len(log.Entries(replica.Beats)), 100)
		require.Equal(t, "nothing", b.needs(t))
		require.Zero(t, a.count(is[grimoireauth.RevocationsLost]))
	})
}

// What the log loses is published again by those who know it, with its time.
func TestP03_Lost(t *testing.T) {
	for name, lose := range map[string]func(log *logtest.Memory, before logtest.Snapshot){
		"restarted empty":  func(log *logtest.Memory, _ logtest.Snapshot) { log.Restart() },
		"an older copy":    func(log *logtest.Memory, before logtest.Snapshot) { log.Restore(before) },
		"the last entries": func(log *logtest.Memory, _ logtest.Snapshot) { log.Lose(replica.Revocations, 1) },
		"all entries":      func(log *logtest.Memory, _ logtest.Snapshot) { log.Lose(replica.Revocations, 100) },
		"the stream":       func(log *logtest.Memory, _ logtest.Snapshot) { log.Delete(replica.Revocations) },
		"both streams": func(log *logtest.Memory, _ logtest.Snapshot) {
			log.Delete(replica.Revocations)
			log.Delete(replica.Beats)
		},
		"an hour down, and empty": func(log *logtest.Memory, _ logtest.Snapshot) { log.Stop(); time.Sleep(time.Hour); log.Restart() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, log *logtest.Memory) {
				a, b := start(t, log), start(t, log)
				settle()
				before := log.Snapshot()
				require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Session: "s"}))
				require.NoError(t, b.Add(t.Context(), grimoireauth.Revocation{Member: "m"}))
				at := time.Now()
				time.Sleep(time.Minute)
				version := a.of(t, "", "m", "").Version
				lost := time.Now()
				lose(log, before)
				time.Sleep(bound)
				for _, p := range []*process{a, b} {
					require.False(t, p.Status().Silent)
					require.False(t, p.Status().LostAt.Before(lost.Truncate(0)), "%v %v", p.Status().LostAt, lost)
					require.Equal(t, "what is old", p.needs(t))
					require.Zero(t, p.Status().Unpublished)
				}
				require.Equal(t, version, a.of(t, "", "m", "").Version, "no session has to be refreshed for it")
				late := start(t, log)
				synctest.Wait()
				require.True(t, late.of(t, "s", "", "").Ended)
				require.WithinDuration(t, at, late.of(t, "", "m", "").NotBefore, time.Second)
				require.Equal(t, "what is old", late.needs(t), "what no process knows was not published again")
				require.Less(t, len(log.Entries(replica.Revocations)), 12)
			})
		})
	}
}

// All processes restart together with an empty log.
func TestP03_AllRestart(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		a, b := startBound(t, log, 20*time.Minute), startBound(t, log, time.Hour)
		settle()
		require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Session: "s"}))
		time.Sleep(jwtlocal.RevocationLife * 2)
		fresh := startBound(t, log, 20*time.Minute)
		synctest.Wait()
		require.Equal(t, "nothing", fresh.needs(t))
		for _, p := range []*process{a, b, fresh} {
			p.stop()
		}
		log.Restart()
		for range 2 {
			p := startBound(t, log, 20*time.Minute)
			synctest.Wait()
			require.False(t, p.Status().Silent)
			require.Equal(t, "what is old", p.needs(t))
		}
	})
}

// Silence begins a Bound after the last time that all was known, and ends by itself.
func TestP04_Silence(t *testing.T) {
	for name, fault := range map[string]struct {
		begin, end func(log *logtest.Memory, c *logtest.Conn)
	}{
		"cut off": {func(_ *logtest.Memory, c *logtest.Conn) { c.Cut() }, func(_ *logtest.Memory, c *logtest.Conn) { c.Heal() }},
		"down":    {func(log *logtest.Memory, _ *logtest.Conn) { log.Stop() }, func(log *logtest.Memory, _ *logtest.Conn) { log.Start() }},
		"paused":  {func(log *logtest.Memory, _ *logtest.Conn) { log.Pause() }, func(log *logtest.Memory, _ *logtest.Conn) { log.Resume() }},
		"read-only": {func(_ *logtest.Memory, c *logtest.Conn) {
			c.Faults(func(call logtest.Call) logtest.Fault {
				if call.Operation == logtest.Append {
					return logtest.Fault{Err: errors.New("READONLY")}
				}
				return logtest.Fault{}
			})
		}, func(_ *logtest.Memory, c *logtest.Conn) { c.Faults(nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, log *logtest.Memory) {
				a := start(t, log)
				other := start(t, log)
				time.Sleep(time.Hour + 3*time.Second)
				fault.begin(log, a.conn)
				began := time.Now()
				for !a.Status().Silent {
					time.Sleep(10 * time.Millisecond)
				}
				require.LessOrEqual(t, time.Since(began), bound)
				require.GreaterOrEqual(t, time.Since(began), bound*4/5)
				synctest.Wait()
				require.Equal(t, 1, a.count(is[grimoireauth.SilenceBegan]))
				require.Equal(t, "everything", a.needs(t))
				// What it revokes meanwhile holds here, is said not to be known elsewhere, and is
				// published when the log is back.
				called := time.Now()
				err := a.Add(t.Context(), grimoireauth.Revocation{Session: "s"})
				require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
				require.LessOrEqual(t, time.Since(called), 2*time.Second)
				require.True(t, a.of(t, "s", "", "").Ended)
				require.Equal(t, 1, a.Status().Unpublished)
				time.Sleep(10 * time.Minute)
				require.Equal(t, 1, a.count(is[grimoireauth.SilenceBegan]))
				fault.end(log, a.conn)
				back := time.Now()
				for a.Status().Silent || a.Status().Unpublished > 0 {
					time.Sleep(10 * time.Millisecond)
				}
				require.Less(t, time.Since(back), 10*time.Second)
				time.Sleep(time.Second)
				require.Equal(t, 1, a.count(is[grimoireauth.SilenceEnded]))
				// The other one may have to reconnect as well.
				for !other.of(t, "s", "", "").Ended {
					time.Sleep(10 * time.Millisecond)
					require.Less(t, time.Since(back), 10*time.Second)
				}
			})
		})
	}
}

// A process that was paused knows by the clock that it heard nothing, before any timer fires.
func TestP04_PausedProcess(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		a := start(t, log)
		time.Sleep(time.Minute)
		a.stop()
		require.NotEqual(t, "everything", a.needs(t))
		time.Sleep(bound + time.Second)
		require.Equal(t, "everything", a.needs(t))
	})
}

// An entry that comes twice, or later than another about the same member, changes nothing.
func TestP02_TwiceAndOutOfOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		a := start(t, log)
		synctest.Wait()
		raw := log.Conn()
		appendTo := func(fields map[string]string) replica.ID {
			id, err := raw.Append(t.Context(), replica.Revocations, fields)
			require.NoError(t, err)
			time.Sleep(time.Second)
			return id
		}
		first := appendTo(map[string]string{"v": "1", "kind": "member", "id": "m"})
		second := appendTo(map[string]string{"v": "1", "kind": "member", "id": "m"})
		status := a.of(t, "", "m", "")
		require.Equal(t, second.Time(), status.NotBefore.Round(0))
		for _, id := range []replica.ID{first, second, first} {
			appendTo(map[string]string{"v": "1", "kind": "member", "id": "m", "at": id.String()})
			require.Equal(t, status.Version, a.of(t, "", "m", "").Version)
		}
		// What is of no known form is no revocation of this member, and said.
		for _, fields := range []map[string]string{
			nil,
			{"v": "2", "kind": "member", "id": "other"},
			{"v": "1", "kind": "teacher", "id": "other"},
			{"v": "1", "kind": "member", "id": ""},
			{"kind": "member", "id": "other"},
		} {
			appendTo(fields)
		}
		require.Zero(t, a.of(t, "", "other", "").NotBefore)
		require.Equal(t, 1, a.Status().Live)
		require.Equal(t, 1, a.count(is[grimoireauth.OperatorAlarm]))
		require.False(t, a.Status().Silent)
		// A time that is far in the future does not refuse a member for ever.
		appendTo(map[string]string{"v": "1", "kind": "member", "id": "m", "at": "99999999999999-0"})
		require.LessOrEqual(t, time.Until(a.of(t, "", "m", "").NotBefore), time.Minute)
	})
}

func TestRunOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		a := start(t, log)
		synctest.Wait()
		require.ErrorIs(t, a.Run(t.Context()), grimoireauth.ErrInvalid)
		a.stop()
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("shutting down")
		time.AfterFunc(time.Minute, func() { cancel(why) })
		began := time.Now()
		require.ErrorIs(t, a.Run(ctx), why)
		require.LessOrEqual(t, time.Since(began), time.Minute+time.Second)
	})
}

func TestConfig(t *testing.T) {
	for _, c := range []replica.Config{{}, {Log: new(logtest.Memory).Conn(), Bound: time.Millisecond}, {Log: new(logtest.Memory).Conn(), Bound: -1}} {
		_, err := replica.New(c)
		require.Error(t, err)
	}
}
