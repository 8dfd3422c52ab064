package logtest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/stretchr/testify/require"
)

func TestMemoryIsALog(t *testing.T) {
	Run(t, func(t *testing.T) replica.Log { return new(Memory).Conn() })
}

var one = map[string]string{"v": "1"}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestMemoryFaults(t *testing.T) {
	for name, test := range map[string]func(t *testing.T, m *Memory, c *Conn){
		"stopped": func(t *testing.T, m *Memory, c *Conn) {
			m.Stop()
			_, err := c.Append(t.Context(), replica.Beats, one)
			require.ErrorIs(t, err, ErrDown)
			m.Start()
			mustAppend(t, c, replica.Beats, "v", "1")
		},
		"restarted empty, with a reader that waits": func(t *testing.T, m *Memory, c *Conn) {
			at := replica.Position{Revocations: mustAppend(t, c, replica.Revocations, "v", "1")}
			done := make(chan error, 1)
			go func() {
				_, err := c.Read(t.Context(), at, 1, time.Minute)
				done <- err
			}()
			synctest.Wait()
			m.Restart()
			require.ErrorIs(t, <-done, ErrBroken)
			look, err := c.Look(t.Context(), at.Revocations)
			require.NoError(t, err)
			require.Equal(t, replica.Look{}, look)
		},
		"paused: what was sent arrives later, once": func(t *testing.T, m *Memory, c *Conn) {
			m.Pause()
			_, err := c.Append(soon(t), replica.Beats, one)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			_, err = c.Read(soon(t), replica.Position{}, 1, time.Millisecond)
			require.ErrorIs(t, err, context.DeadlineExceeded, "a paused log does not notice the end of a block")
			require.Empty(t, m.Entries(replica.Beats))
			m.Resume()
			require.Len(t, m.Entries(replica.Beats), 1)
		},
		"cut off, and back": func(t *testing.T, m *Memory, c *Conn) {
			c.Cut()
			_, err := c.Append(soon(t), replica.Beats, one)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			mustAppend(t, m.Conn(), replica.Beats, "v", "1")
			c.Heal()
			require.Len(t, mustRead(t, c, replica.Position{}, 9, 0).Beats, 1)
		},
		"slow: an append whose caller has gone arrives": func(t *testing.T, m *Memory, c *Conn) {
			c.Faults(func(Call) Fault { return Fault{Before: 3 * time.Second} })
			_, err := c.Append(soon(t), replica.Beats, one)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Empty(t, m.Entries(replica.Beats))
			time.Sleep(2*time.Second + time.Nanosecond)
			require.Len(t, m.Entries(replica.Beats), 1)
		},
		"the answer is lost; doubled": func(t *testing.T, m *Memory, c *Conn) {
			c.Faults(func(Call) Fault { return Fault{Silent: true, Twice: true} })
			_, err := c.Append(soon(t), replica.Beats, one)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Len(t, m.Entries(replica.Beats), 2)
		},
		"an earlier copy, and a lost end": func(t *testing.T, m *Memory, c *Conn) {
			first := mustAppend(t, c, replica.Revocations, "v", "1")
			copied := m.Snapshot()
			second := mustAppend(t, c, replica.Revocations, "v", "1")
			m.Restore(copied)
			look, err := c.Look(t.Context(), second)
			require.NoError(t, err)
			require.Equal(t, replica.Look{Exists: true}, look)
			m.Lose(replica.Revocations, 1)
			look, err = c.Look(t.Context(), first)
			require.NoError(t, err)
			require.Equal(t, replica.Look{Exists: true}, look)
		},
		"a clock that is set back": func(t *testing.T, m *Memory, c *Conn) {
			now := time.UnixMilli(5000)
			m.Clock = func() time.Time { return now }
			require.Equal(t, "5000-0", mustAppend(t, c, replica.Beats, "v", "1").String())
			now = time.UnixMilli(1000)
			require.Equal(t, "5000-1", mustAppend(t, c, replica.Beats, "v", "1").String())
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := new(Memory)
				test(t, m, m.Conn())
			})
		})
	}
}
