package replicas

import (
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/mock"
)

// A bubble of testing/synctest has one clock. A process whose clock is ahead is modelled at
// its border: to it, the clocks of Stytch and of the log are behind by as much.

// stytchBehind is Stytch as such a process sees it.
type stytchBehind struct {
	seen mock.Clock // by the process
	real mock.Clock // back again
	by   time.Duration
}

func behind(s *mock.Stytch, ahead time.Duration) stytchBehind {
	return stytchBehind{s.ClockAhead(-ahead), s.ClockAhead(ahead), ahead}
}

func (s stytchBehind) RoundTrip(r *http.Request) (*http.Response, error) { return s.seen.RoundTrip(r) }

// in returns credentials as the process sees them.
func (s stytchBehind) in(c grimoireauth.Credentials) grimoireauth.Credentials {
	if !c.JWT.IsZero() && s.by != 0 {
		c.JWT = s.seen.JWT(c.JWT)
	}
	return c
}

// out returns credentials of the process as browsers see them.
func (s stytchBehind) out(c grimoireauth.Credentials) grimoireauth.Credentials {
	if !c.JWT.IsZero() && s.by != 0 {
		c.JWT = s.real.JWT(c.JWT)
	}
	return c
}

// logBehind is the log as such a process sees it: the ids are times of its clock.
type logBehind struct {
	replica.Log
	ahead uint64 // in milliseconds; negative ones wrap around
}

func (l logBehind) seen(id replica.ID) replica.ID {
	if !id.IsZero() {
		id.Milliseconds -= l.ahead
	}
	return id
}

func (l logBehind) real(id replica.ID) replica.ID {
	if !id.IsZero() {
		id.Milliseconds += l.ahead
	}
	return id
}

// fields moves the id of the first entry.
func (l logBehind) fields(fields map[string]string, move func(replica.ID) replica.ID) map[string]string {
	id, err := replica.ParseID(fields["at"])
	if err != nil {
		return fields
	}
	fields = maps.Clone(fields)
	fields["at"] = move(id).String()
	return fields
}

func (l logBehind) Append(ctx context.Context, stream replica.Stream, fields map[string]string) (replica.ID, error) {
	id, err := l.Log.Append(ctx, stream, l.fields(fields, l.real))
	return l.seen(id), err
}

func (l logBehind) AppendExisting(ctx context.Context, stream replica.Stream, fields map[string]string) (replica.ID, error) {
	id, err := l.Log.AppendExisting(ctx, stream, l.fields(fields, l.real))
	return l.seen(id), err
}

func (l logBehind) Read(ctx context.Context, after replica.Position, count int, block time.Duration) (replica.Batch, error) {
	batch, err := l.Log.Read(ctx, replica.Position{Revocations: l.real(after.Revocations), Beats: l.real(after.Beats)}, count, block)
	for _, entries := range [][]replica.Entry{batch.Revocations, batch.Beats} {
		for i := range entries {
			entries[i].ID, entries[i].Fields = l.seen(entries[i].ID), l.fields(entries[i].Fields, l.seen)
		}
	}
	return batch, err
}

func (l logBehind) Look(ctx context.Context, id replica.ID) (replica.Look, error) {
	return l.Log.Look(ctx, l.real(id))
}

func (l logBehind) Trim(ctx context.Context, stream replica.Stream, id replica.ID) error {
	return l.Log.Trim(ctx, stream, l.real(id))
}
