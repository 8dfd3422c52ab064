package replica_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/internal/replica/logtest"
	"github.com/promptgrimoire/auth/jwtlocal"
)

// other is a program in another language: it appends as it likes.
func other(t *testing.T, log *logtest.Memory, fields ...string) replica.ID {
	t.Helper()
	entry := map[string]string{"v": "1"}
	for i := 0; i < len(fields); i += 2 {
		entry[fields[i]] = fields[i+1]
	}
	id, err := log.Conn().Append(t.Context(), replica.Revocations, entry)
	require.NoError(t, err)
	return id
}

// A log restarts empty, and another program is the first to append: what was revoked before
// may be missing, and a process that starts then has to know.
func TestP03_BegunByAnother(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		a := start(t, log)
		synctest.Wait()
		a.stop()
		log.Restart()
		other(t, log, "kind", "member", "id", "m")
		for range 2 {
			p := start(t, log)
			synctest.Wait()
			require.Equal(t, "what is old", p.needs(t))
			require.NotZero(t, p.of(t, "", "m", "").NotBefore)
			p.stop()
		}
		starts := 0
		for _, e := range log.Entries(replica.Revocations) {
			if e.Fields["kind"] == "start" {
				starts++
			}
		}
		require.Equal(t, 1, starts)
	})
}

// A process that finds that entries were lost says so to processes that start later, also if the
// stream began long ago.
func TestP03_LostOfAnOldStream(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		a, b := startBound(t, log, 10*time.Minute), startBound(t, log, 10*time.Minute)
		time.Sleep(2 * jwtlocal.RevocationLife)
		fresh := startBound(t, log, 10*time.Minute)
		synctest.Wait()
		require.Equal(t, "nothing", fresh.needs(t), "the stream says that it began long ago")
		fresh.stop()
		other(t, log, "kind", "member", "id", "m")
		synctest.Wait()
		log.Lose(replica.Revocations, 1)
		time.Sleep(10 * time.Minute)
		a.stop()
		b.stop()
		late := startBound(t, log, 10*time.Minute)
		synctest.Wait()
		require.Equal(t, "what is old", late.needs(t))
		require.NotZero(t, late.of(t, "", "m", "").NotBefore, "published again")
	})
}

// Another program trims by number, or removes entries: what is live is published again.
func TestP03_RemovedByAnother(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		a := start(t, log)
		synctest.Wait()
		for n := range 50 {
			require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Session: grimoireauth.SessionID(fmt.Sprint(n))}))
			time.Sleep(time.Second)
		}
		entries := log.Entries(replica.Revocations)
		require.NoError(t, log.Conn().Trim(t.Context(), replica.Revocations, entries[len(entries)-10].ID))
		time.Sleep(3 * time.Minute)
		late := start(t, log)
		synctest.Wait()
		for n := range 50 {
			require.True(t, late.of(t, fmt.Sprint(n), "", "").Ended, n)
		}
		require.Equal(t, "what is old", late.needs(t), "what no process knows was not published again")
		require.NotZero(t, a.count(is[grimoireauth.OperatorAlarm]))
		require.Less(t, len(log.Entries(replica.Revocations)), 60)
	})
}

// An entry of an unknown form may be a revocation of anything: all is confirmed, within the
// Bound and once in a Bound.
func TestP02_UnknownForms(t *testing.T) {
	for name, fields := range map[string][]string{"version": {"v", "2", "kind", "member", "id", "m"}, "kind": {"kind", "teacher", "id", "m"}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, log *logtest.Memory) {
				a := startBound(t, log, 10*time.Minute)
				time.Sleep(jwtlocal.RevocationLife * 2)
				since := map[time.Time]bool{}
				began := time.Now()
				for time.Since(began) < time.Hour {
					at := time.Now()
					other(t, log, fields...)
					time.Sleep(10 * time.Minute)
					require.False(t, a.of(t, "", "", "").ConfirmSince.Before(at))
					since[a.Status().LostAt] = true
				}
				require.LessOrEqual(t, len(since), 8)
			})
		})
	}
}

// A revocation of which the time is no id of an entry counts from the entry on.
func TestP02_StrangeTimes(t *testing.T) {
	for _, at := range []string{"", "yesterday", "-1-0", "1-", "99999999999999999999-0", "9223372036854775807-9223372036854775807", "\xff-\xfe"} {
		t.Run(at, func(t *testing.T) {
			inBubble(t, func(t *testing.T, log *logtest.Memory) {
				a := start(t, log)
				synctest.Wait()
				other(t, log, "kind", "member", "id", "m", "at", at)
				synctest.Wait()
				require.WithinDuration(t, time.Now(), a.of(t, "", "m", "").NotBefore, time.Second)
				// What names nothing of Stytch's is passed over.
				for _, id := range []string{"", "\xff", strings.Repeat("m", 1<<20)} {
					other(t, log, "kind", "member", "id", id)
				}
				synctest.Wait()
				require.Equal(t, 1, a.Status().Live)
				require.False(t, a.Status().Silent)
			})
		})
	}
}

// A log whose clock is wrong, or set, loses no revocation: not on processes that read it
// live, and not on those that start later.
func TestP05_ClockOfTheLog(t *testing.T) {
	for name, c := range map[string]struct{ first, then time.Duration }{
		"behind":             {-10 * time.Hour, -10 * time.Hour},
		"ahead":              {10 * time.Hour, 10 * time.Hour},
		"set forwards":       {0, 300 * time.Hour},
		"set backwards":      {0, -300 * time.Hour},
		"ahead, then behind": {300 * time.Hour, -300 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, log *logtest.Memory) {
				var off atomic.Int64
				off.Store(int64(c.first))
				log.Clock = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
				a, b := start(t, log), start(t, log)
				settle()
				revoked := time.Now()
				require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Session: "s"}))
				require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Member: "m"}))
				time.Sleep(time.Minute)
				off.Store(int64(c.then))
				time.Sleep(30 * time.Minute)
				late := start(t, log)
				synctest.Wait()
				for n, p := range []*process{a, b, late} {
					require.False(t, p.Status().Silent, n)
					require.True(t, p.of(t, "s", "", "").Ended, n)
					require.False(t, p.of(t, "", "m", "").NotBefore.Add(time.Second).Before(revoked), n)
					require.False(t, p.of(t, "", "m", "").NotBefore.After(time.Now().Add(time.Minute)), n)
				}
				// What is revoked after that counts as well, and nothing is kept for ever.
				require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Class: "c"}))
				synctest.Wait()
				require.False(t, b.of(t, "", "", "c").NotBefore.Add(time.Second).Before(time.Now()))
			})
		})
	}
}

// What is known expires, also if the log's clock was ahead for a while, so that its ids are
// in the future.
func TestP05_NothingIsKeptForEver(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		var off atomic.Int64
		off.Store(int64(10000 * time.Hour))
		log.Clock = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
		a := startBound(t, log, 10*time.Minute)
		synctest.Wait()
		require.NoError(t, a.Add(t.Context(), grimoireauth.Revocation{Session: "s"}))
		off.Store(0)
		time.Sleep(jwtlocal.RevocationLife + 3*time.Hour)
		require.Zero(t, a.Status().Live)
	})
}

// Eight processes that know 5,000 revocations, and a log that restarts empty, again and
// again: what they publish again is not published eight times.
func TestP03_Storm(t *testing.T) {
	live, times := 5_000, 2
	if raced {
		live = 1_000 // the race detector takes its time
	}
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		raw := log.Conn()
		_, err := raw.Append(t.Context(), replica.Revocations, map[string]string{"v": "1", "kind": "start"})
		require.NoError(t, err)
		for n := range live {
			_, err := raw.Append(t.Context(), replica.Revocations, map[string]string{"v": "1", "kind": "session", "id": fmt.Sprint("session-", n)})
			require.NoError(t, err)
		}
		var all []*process
		for range 8 {
			p := start(t, log)
			p.conn.Faults(func(logtest.Call) logtest.Fault {
				return logtest.Fault{Before: 250 * time.Microsecond, After: 250 * time.Microsecond}
			})
			all = append(all, p)
		}
		time.Sleep(10 * time.Second)
		for range times {
			log.Restart()
			began := time.Now()
			for done := false; !done; {
				time.Sleep(time.Second)
				done = true
				for _, p := range all {
					done = done && p.Status().Unpublished == 0 && p.Status().Live == live && !p.Status().LostAt.Before(began.Truncate(0))
				}
			}
			n := len(log.Entries(replica.Revocations))
			t.Logf("%d entries for %d revocations, in %v", n, live, time.Since(began))
			require.GreaterOrEqual(t, n, live)
			require.Less(t, n, 2*live)
		}
	})
}

// An Observe that panics, an Add before Run and after its end.
func TestAddWithoutRun(t *testing.T) {
	inBubble(t, func(t *testing.T, log *logtest.Memory) {
		b := start(t, log)
		conn := log.Conn()
		r, err := replica.New(replica.Config{Log: conn, Observe: func(context.Context, grimoireauth.Event) { panic("no") }})
		require.NoError(t, err)
		synctest.Wait()
		conn.Cut()
		require.ErrorIs(t, r.Add(t.Context(), grimoireauth.Revocation{Session: "before"}), grimoireauth.ErrUnavailable)
		conn.Heal()
		for _, id := range []grimoireauth.SessionID{"first", "second"} {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); _ = r.Run(ctx) }()
			time.Sleep(time.Minute)
			require.False(t, r.Status().Silent)
			require.True(t, b.of(t, "before", "", "").Ended)
			cancel()
			<-done
			require.NoError(t, r.Add(t.Context(), grimoireauth.Revocation{Session: id}))
			synctest.Wait()
			require.True(t, b.of(t, string(id), "", "").Ended)
		}
	})
}
