package mock

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// SnapshotOf is what a Stytch remembers, without its keys, whose private halves take
// long to read: RestoreTo keeps those in force.
func SnapshotOf(s *Stytch) []byte {
	s.configure()
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(s.core.Snapshot(), &parts); err != nil {
		panic(err)
	}
	parts["keys"] = json.RawMessage("[]")
	out, err := json.Marshal(parts)
	if err != nil {
		panic(err)
	}
	return out
}

// RestoreTo goes back to such a snapshot.
func RestoreTo(t testing.TB, s *Stytch, snapshot []byte) {
	t.Helper()
	require.NoError(t, s.core.Restore(snapshot, false))
}
