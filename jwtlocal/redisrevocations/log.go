package redisrevocations

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/promptgrimoire/auth/internal/quiet"
	"github.com/promptgrimoire/auth/internal/replica"
)

const (
	// callTime bounds a command other than a read that waits.
	callTime = 2 * time.Second
	// closeTime is what commands under way have when Run ends.
	closeTime = 300 * time.Millisecond
)

var errNotRunning = errors.New("redisrevocations: Run is not running")

// streamLog is the log that two Redis Streams are. It is usable between open and close.
type streamLog struct {
	options func() redis.UniversalOptions // a function, since fmt prints nothing that it holds
	keys    map[replica.Stream]string

	mu  sync.Mutex // guards now
	now *session   // nil: closed
}

var _ replica.Log = (*streamLog)(nil)

// session is what is open between open and close.
type session struct {
	reads, calls         redis.UniversalClient
	readConns, callConns *conns
	reading              chan struct{}  // of capacity 1: the read that is under way
	underWay             sync.WaitGroup // calls; Add with streamLog.mu held
}

func newStreamLog(options redis.UniversalOptions, prefix string) *streamLog {
	options.ContextTimeoutEnabled = true // deadlines of contexts count
	options.MinIdleConns = 0             // New makes no connection
	// It runs goroutines of its own.
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &streamLog{options: func() redis.UniversalOptions { return options }, keys: map[replica.Stream]string{
		// What is in braces decides about the slot of a Cluster: one command reads both.
		replica.Revocations: "{" + prefix + "}:revocations",
		replica.Beats:       "{" + prefix + "}:beats",
	}}
}

// open makes the clients. It makes no connection.
func (l *streamLog) open() {
	s := &session{reading: make(chan struct{}, 1)}
	options := l.options()
	s.callConns = newConns(&options)
	options.Dialer = s.callConns.Dial
	s.calls = redis.NewUniversalClient(&options)

	options = l.options()
	s.readConns = newConns(&options)
	options.Dialer = s.readConns.Dial
	options.PoolSize = 1
	options.MaxRetries = -1 // the reader decides what follows an error
	s.reads = redis.NewUniversalClient(&options)

	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = s
}

// close ends what is under way, in well under a second, and waits for it.
func (l *streamLog) close() {
	l.mu.Lock()
	s := l.now
	l.now = nil
	l.mu.Unlock()
	if s == nil {
		return
	}
	s.readConns.close()
	_ = s.reads.Close()
	// A revocation that is on its way may arrive.
	timer := time.AfterFunc(closeTime, s.callConns.close)
	s.underWay.Wait()
	timer.Stop()
	s.callConns.close()
	_ = s.calls.Close()
}

// begin takes part in what is open. The caller calls underWay.Done.
func (l *streamLog) begin() (*session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == nil {
		return nil, errNotRunning
	}
	l.now.underWay.Add(1)
	return l.now, nil
}

// call carries out a command. It returns when ctx ends, and the command goes on for at
// most callTime, since it may have been sent: close waits for it.
func call[T any](ctx context.Context, l *streamLog, do func(context.Context, redis.UniversalClient) (T, error)) (T, error) {
	var zero T
	if err := ctx.Err(); err != nil {
		return zero, err
	}
	s, err := l.begin()
	if err != nil {
		return zero, err
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	deadline := time.Now().Add(callTime)
	if until, ok := ctx.Deadline(); ok && until.Before(deadline) {
		deadline = until
	}
	go func() {
		defer s.underWay.Done()
		ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
		defer cancel()
		value, err := do(ctx, s.calls)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, plain(r.err)
	case <-ctx.Done():
		return zero, ctx.Err()
	}
}

// Append implements [replica.Log].
func (l *streamLog) Append(ctx context.Context, stream replica.Stream, fields map[string]string) (replica.ID, error) {
	return l.add(ctx, stream, fields, false)
}

// AppendExisting implements [replica.Log].
func (l *streamLog) AppendExisting(ctx context.Context, stream replica.Stream, fields map[string]string) (replica.ID, error) {
	return l.add(ctx, stream, fields, true)
}

func (l *streamLog) add(ctx context.Context, stream replica.Stream, fields map[string]string, existing bool) (replica.ID, error) {
	values := make([]string, 0, 2*len(fields))
	for name, value := range fields {
		values = append(values, name, value)
	}
	id, err := call(ctx, l, func(ctx context.Context, c redis.UniversalClient) (string, error) {
		return c.XAdd(ctx, &redis.XAddArgs{Stream: l.keys[stream], NoMkStream: existing, Values: values}).Result()
	})
	if errors.Is(err, redis.Nil) {
		return replica.ID{}, replica.ErrNoStream
	}
	if err != nil {
		return replica.ID{}, err
	}
	return replica.ParseID(id)
}

// Look implements [replica.Log].
func (l *streamLog) Look(ctx context.Context, id replica.ID) (replica.Look, error) {
	key := l.keys[replica.Revocations]
	return call(ctx, l, func(ctx context.Context, c redis.UniversalClient) (replica.Look, error) {
		var exists *redis.IntCmd
		var held *redis.XMessageSliceCmd
		_, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			exists = p.Exists(ctx, key)
			held = p.XRange(ctx, key, id.String(), id.String())
			return nil
		})
		if err != nil {
			return replica.Look{}, err
		}
		return replica.Look{Exists: exists.Val() > 0, Holds: len(held.Val()) > 0}, nil
	})
}

// Trim implements [replica.Log].
func (l *streamLog) Trim(ctx context.Context, stream replica.Stream, id replica.ID) error {
	_, err := call(ctx, l, func(ctx context.Context, c redis.UniversalClient) (int64, error) {
		return c.XTrimMinID(ctx, l.keys[stream], id.String()).Result()
	})
	return err
}

// Read implements [replica.Log]. Reads take turns.
func (l *streamLog) Read(ctx context.Context, after replica.Position, count int, block time.Duration) (replica.Batch, error) {
	if err := ctx.Err(); err != nil {
		return replica.Batch{}, err
	}
	s, err := l.begin()
	if err != nil {
		return replica.Batch{}, err
	}
	defer s.underWay.Done()
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-ctx.Done():
		return replica.Batch{}, ctx.Err()
	case <-s.readConns.ctx.Done():
		return replica.Batch{}, errNotRunning
	}
	// A Redis that hangs does not notice that block is over.
	ctx, cancel := context.WithTimeout(ctx, max(block, 0)+callTime)
	defer cancel()
	defer context.AfterFunc(ctx, s.readConns.interrupt)()

	arguments := &redis.XReadArgs{
		Streams: []string{
			l.keys[replica.Revocations], l.keys[replica.Beats],
			after.Revocations.String(), after.Beats.String(),
		},
		Count: int64(count),
		Block: -1, // no BLOCK; 0 would be for ever
	}
	if block > 0 {
		arguments.Block = max(block, time.Millisecond)
	}
	streams, err := s.reads.XRead(ctx, arguments).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return replica.Batch{}, nil
	case ctx.Err() != nil:
		return replica.Batch{}, ctx.Err()
	case err != nil:
		return replica.Batch{}, plain(err)
	}
	return l.batch(streams)
}

func (l *streamLog) batch(streams []redis.XStream) (replica.Batch, error) {
	var batch replica.Batch
	for _, stream := range streams {
		entries := make([]replica.Entry, 0, len(stream.Messages))
		for _, message := range stream.Messages {
			id, err := replica.ParseID(message.ID)
			if err != nil {
				return replica.Batch{}, err
			}
			fields := make(map[string]string, len(message.Values))
			for name, value := range message.Values {
				fields[name], _ = value.(string) // Redis sends strings only
			}
			entries = append(entries, replica.Entry{ID: id, Fields: fields})
		}
		switch stream.Stream {
		case l.keys[replica.Revocations]:
			batch.Revocations = entries
		case l.keys[replica.Beats]:
			batch.Beats = entries
		}
	}
	return batch, nil
}

// plain keeps what Redis says out of logs, except for the code that its errors begin
// with: the rest may quote a command.
func plain(err error) error {
	var said redis.Error
	if err == nil || !errors.As(err, &said) || errors.Is(err, redis.Nil) {
		return err
	}
	code, _, _ := strings.Cut(said.Error(), " ")
	if code == "" || len(code) > 20 || strings.ToUpper(code) != code {
		code = "an error"
	}
	return quiet.Wrap(err, fmt.Sprintf("redis answered %s", code))
}
