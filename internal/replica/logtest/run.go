package logtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/stretchr/testify/require"
)

// Run runs the tests that every log has to pass. Each of them calls open, which returns an
// empty log that works until the end of the test it is given.
func Run(t *testing.T, open func(t *testing.T) replica.Log) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, log replica.Log)
	}{
		{"an entry is read as it was appended", readsBack},
		{"no stream is made for what only continues one", continues},
		{"ids grow, and a position is exclusive", positions},
		{"both streams are read, each up to the count", counts},
		{"a read without a block returns at once", doesNotWait},
		{"a read waits for an entry of either stream", waits},
		{"a read that finds nothing returns nothing", findsNothing},
		{"calls return when their context ends", returnsInTime},
		{"a look says what the log holds", looks},
		{"a trim is exact and keeps the stream", trims},
		{"what many append at once is all there", concurrent},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func mustAppend(t *testing.T, log replica.Log, stream replica.Stream, fields ...string) replica.ID {
	t.Helper()
	m := map[string]string{}
	for i := 0; i < len(fields); i += 2 {
		m[fields[i]] = fields[i+1]
	}
	id, err := log.Append(t.Context(), stream, m)
	require.NoError(t, err)
	require.False(t, id.IsZero())
	return id
}

func mustRead(t *testing.T, log replica.Log, after replica.Position, count int, block time.Duration) replica.Batch {
	t.Helper()
	batch, err := log.Read(t.Context(), after, count, block)
	require.NoError(t, err)
	return batch
}

func readsBack(t *testing.T, log replica.Log) {
	fields := map[string]string{"v": "1", "kind": "session", "id": "a\x00b\r\n\xff€", "empty": "", "long": strings.Repeat("x", 8192)}
	id, err := log.Append(t.Context(), replica.Revocations, fields)
	require.NoError(t, err)
	batch := mustRead(t, log, replica.Position{}, 10, 0)
	require.Equal(t, []replica.Entry{{ID: id, Fields: fields}}, batch.Revocations)
	require.Empty(t, batch.Beats)
}

func continues(t *testing.T, log replica.Log) {
	for _, stream := range []replica.Stream{replica.Revocations, replica.Beats} {
		_, err := log.AppendExisting(t.Context(), stream, map[string]string{"v": "1"})
		require.ErrorIs(t, err, replica.ErrNoStream)
		first := mustAppend(t, log, stream, "v", "1")
		second, err := log.AppendExisting(t.Context(), stream, map[string]string{"v": "2"})
		require.NoError(t, err)
		require.Positive(t, second.Compare(first))
		require.NoError(t, log.Trim(t.Context(), stream, replica.ID{Milliseconds: second.Milliseconds + 1}))
		_, err = log.AppendExisting(t.Context(), stream, map[string]string{"v": "3"})
		require.NoError(t, err, "it is there and empty")
	}
	require.Len(t, mustRead(t, log, replica.Position{}, 10, 0).Revocations, 1)
}

func positions(t *testing.T, log replica.Log) {
	var ids []replica.ID
	for i := range 20 {
		ids = append(ids, mustAppend(t, log, replica.Beats, "n", fmt.Sprint(i)))
		if i > 0 {
			require.Negative(t, ids[i-1].Compare(ids[i]))
		}
	}
	for i, id := range ids {
		batch := mustRead(t, log, replica.Position{Beats: id}, 100, 0)
		require.Len(t, batch.Beats, len(ids)-1-i)
		for j, entry := range batch.Beats {
			require.Equal(t, ids[i+1+j], entry.ID)
		}
	}
	future := replica.ID{Milliseconds: ids[19].Milliseconds + 3_600_000}
	require.Empty(t, mustRead(t, log, replica.Position{Beats: future}, 100, 0).Beats)
}

func counts(t *testing.T, log replica.Log) {
	for range 5 {
		mustAppend(t, log, replica.Revocations, "v", "1")
		mustAppend(t, log, replica.Beats, "v", "1")
	}
	batch := mustRead(t, log, replica.Position{}, 3, time.Minute)
	require.Len(t, batch.Revocations, 3)
	require.Len(t, batch.Beats, 3)
	at := replica.Position{Revocations: batch.Revocations[2].ID, Beats: batch.Beats[2].ID}
	batch = mustRead(t, log, at, 3, time.Minute)
	require.Len(t, batch.Revocations, 2)
	require.Len(t, batch.Beats, 2)
}

func doesNotWait(t *testing.T, log replica.Log) {
	began := time.Now()
	require.Empty(t, mustRead(t, log, replica.Position{}, 10, 0))
	require.Less(t, time.Since(began), 5*time.Second)
}

func waits(t *testing.T, log replica.Log) {
	at := replica.Position{
		Revocations: mustAppend(t, log, replica.Revocations, "v", "1"),
		Beats:       mustAppend(t, log, replica.Beats, "v", "1"),
	}
	for _, stream := range []replica.Stream{replica.Beats, replica.Revocations} {
		read := make(chan replica.Batch, 1)
		var reader sync.WaitGroup
		reader.Go(func() {
			batch, err := log.Read(t.Context(), at, 10, time.Minute)
			if err == nil {
				read <- batch
			}
			close(read)
		})
		time.Sleep(50 * time.Millisecond) // until it waits
		id := mustAppend(t, log, stream, "v", "2")
		reader.Wait()
		batch, ok := <-read
		require.True(t, ok)
		entries := append(batch.Beats, batch.Revocations...)
		require.Equal(t, []replica.Entry{{ID: id, Fields: map[string]string{"v": "2"}}}, entries)
		require.Equal(t, stream == replica.Beats, len(batch.Beats) == 1)
		if stream == replica.Beats {
			at.Beats = id
		}
	}
}

func findsNothing(t *testing.T, log replica.Log) {
	at := replica.Position{Beats: mustAppend(t, log, replica.Beats, "v", "1")}
	began := time.Now()
	require.Empty(t, mustRead(t, log, at, 10, 100*time.Millisecond))
	require.GreaterOrEqual(t, time.Since(began), 90*time.Millisecond)
	require.Less(t, time.Since(began), 5*time.Second)
}

func returnsInTime(t *testing.T, log replica.Log) {
	const soon = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	began := time.Now()
	_, err := log.Read(ctx, replica.Position{}, 10, time.Minute)
	require.Error(t, err)
	require.Less(t, time.Since(began), soon+time.Second)

	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	_, err = log.Append(ctx, replica.Beats, map[string]string{"v": "1"})
	require.Error(t, err)
	_, err = log.Read(ctx, replica.Position{}, 10, time.Minute)
	require.Error(t, err)
	_, err = log.Look(ctx, replica.ID{})
	require.Error(t, err)
	require.Error(t, log.Trim(ctx, replica.Beats, replica.ID{Milliseconds: 1}))
	require.Less(t, time.Since(began), soon+5*time.Second)

	// It is none the worse for it.
	id := mustAppend(t, log, replica.Beats, "v", "2")
	batch := mustRead(t, log, replica.Position{}, 10, time.Minute)
	require.Equal(t, []replica.Entry{{ID: id, Fields: map[string]string{"v": "2"}}}, batch.Beats)
}

func looks(t *testing.T, log replica.Log) {
	look := func(id replica.ID) replica.Look {
		t.Helper()
		l, err := log.Look(t.Context(), id)
		require.NoError(t, err)
		return l
	}
	require.Equal(t, replica.Look{}, look(replica.ID{}))
	require.Equal(t, replica.Look{}, look(replica.ID{Milliseconds: 1, Sequence: 2}))
	beat := mustAppend(t, log, replica.Beats, "v", "1")
	require.Equal(t, replica.Look{}, look(beat), "a beat is no revocation")
	first := mustAppend(t, log, replica.Revocations, "v", "1")
	last := mustAppend(t, log, replica.Revocations, "v", "1")
	require.Equal(t, replica.Look{Exists: true}, look(replica.ID{}))
	require.Equal(t, replica.Look{Exists: true, Holds: true}, look(first))
	require.Equal(t, replica.Look{Exists: true, Holds: true}, look(last))
	require.Equal(t, replica.Look{Exists: true}, look(replica.ID{Milliseconds: last.Milliseconds, Sequence: last.Sequence + 1}))
}

func trims(t *testing.T, log replica.Log) {
	require.NoError(t, log.Trim(t.Context(), replica.Revocations, replica.ID{Milliseconds: 1}), "there is nothing to trim")
	var ids []replica.ID
	for range 300 { // more than Redis keeps in one node
		ids = append(ids, mustAppend(t, log, replica.Revocations, "v", "1"))
	}
	beat := mustAppend(t, log, replica.Beats, "v", "1")
	require.NoError(t, log.Trim(t.Context(), replica.Revocations, ids[7]))
	batch := mustRead(t, log, replica.Position{}, 1000, 0)
	require.Len(t, batch.Revocations, 293)
	require.Equal(t, ids[7], batch.Revocations[0].ID)
	require.Equal(t, beat, batch.Beats[0].ID)

	last := ids[len(ids)-1]
	require.NoError(t, log.Trim(t.Context(), replica.Revocations, replica.ID{Milliseconds: last.Milliseconds + 1}))
	require.Empty(t, mustRead(t, log, replica.Position{Beats: beat}, 1000, 0))
	look, err := log.Look(t.Context(), last)
	require.NoError(t, err)
	require.Equal(t, replica.Look{Exists: true}, look, "an empty stream is not a missing one")
	next := mustAppend(t, log, replica.Revocations, "v", "1")
	require.Positive(t, next.Compare(last))
}

func concurrent(t *testing.T, log replica.Log) {
	var all sync.WaitGroup
	var mu sync.Mutex
	appended := map[replica.ID]bool{}
	var failed []error
	for range 8 {
		all.Go(func() {
			for range 25 {
				id, err := log.Append(t.Context(), replica.Revocations, map[string]string{"v": "1"})
				mu.Lock()
				appended[id] = true
				if err != nil {
					failed = append(failed, err)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.Empty(t, failed)
	require.Len(t, appended, 200)
	batch := mustRead(t, log, replica.Position{}, 1000, 0)
	require.Len(t, batch.Revocations, 200)
	for _, entry := range batch.Revocations {
		require.True(t, appended[entry.ID])
	}
}
