package replica

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Stream names one of the two streams of a log.
type Stream string

// The streams of a log.
const (
	Revocations Stream = "revocations"
	Beats       Stream = "beats"
)

// ID is the id of an entry: a time of the log's own clock in milliseconds of Unix time, and
// a number within this millisecond. The ids of a stream grow. The zero ID is before every
// entry.
type ID struct{ Milliseconds, Sequence uint64 }

// Compare returns -1, 0 or 1 if id is before, equal to or after other.
func (id ID) Compare(other ID) int {
	return cmp.Or(cmp.Compare(id.Milliseconds, other.Milliseconds), cmp.Compare(id.Sequence, other.Sequence))
}

// Time returns when the entry was appended, by the log's clock.
func (id ID) Time() time.Time { return time.UnixMilli(int64(id.Milliseconds)) }

// IsZero reports whether id is before every entry.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the form that Redis uses: "1700000000000-0".
func (id ID) String() string {
	return strconv.FormatUint(id.Milliseconds, 10) + "-" + strconv.FormatUint(id.Sequence, 10)
}

var errID = errors.New("not the id of an entry")

// ParseID reads the form of [ID.String].
func ParseID(s string) (ID, error) {
	milliseconds, sequence, ok := strings.Cut(s, "-")
	if !ok {
		return ID{}, errID
	}
	ms, err := parseNumber(milliseconds)
	if err != nil {
		return ID{}, err
	}
	seq, err := parseNumber(sequence)
	if err != nil {
		return ID{}, err
	}
	return ID{ms, seq}, nil
}

func parseNumber(s string) (uint64, error) {
	if s == "" || s[0] < '0' || s[0] > '9' { // ParseUint accepts no sign, either
		return 0, errID
	}
	n, err := strconv.ParseUint(s, 10, 63) // an int64 holds it, as time.UnixMilli needs
	if err != nil {
		return 0, errID
	}
	return n, nil
}

// ErrNoStream is the error of [Log.AppendExisting] where there is no such stream.
var ErrNoStream = errors.New("there is no such stream")

// Entry is one entry of a stream.
type Entry struct {
	ID     ID
	Fields map[string]string
}

// Position is how far both streams were read.
type Position struct{ Revocations, Beats ID }

// Batch is what a read returned, in the order of the ids.
type Batch struct{ Revocations, Beats []Entry }

// Look is what a log says about its stream of revocations.
type Look struct {
	Exists bool // there is such a stream, though it may be empty
	Holds  bool // it holds the entry that was asked about
}

// Log is an append-only log that several processes share. It is safe for concurrent use.
// Each method returns within a second of the end of its context, whatever the network does.
type Log interface {
	// Append appends an entry, with an id by the log's clock, and makes the stream if there is
	// none. After an error it is not known whether it did.
	Append(ctx context.Context, stream Stream, fields map[string]string) (ID, error)
	// AppendExisting is Append, except that it makes no stream: the error is then
	// [ErrNoStream]. In Redis it is XADD with NOMKSTREAM. Revocations are appended by it, so
	// that a stream always begins with the entry which says so.
	AppendExisting(ctx context.Context, stream Stream, fields map[string]string) (ID, error)
	// Read returns the entries after the position, at most count of each stream, as both
	// streams were at one moment. If there are none it waits for some for at most block,
	// and returns an empty Batch then. A block of zero does not wait.
	Read(ctx context.Context, after Position, count int, block time.Duration) (Batch, error)
	// Look says whether the stream of revocations exists and holds this entry.
	Look(ctx context.Context, id ID) (Look, error)
	// Trim removes the entries of a stream that are before id.
	Trim(ctx context.Context, stream Stream, id ID) error
}
