package stytchclient

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The limits of https://stytch.com/docs/b2b/api/metadata.
const (
	maxMetadataKeys  = 20
	maxMetadataBytes = 4 << 10
)

// The keys in which this package keeps what Stytch has no field for.
const (
	archivedKey  = "grimoire_archived"  // of a class: since when, and its settings before
	suspendedKey = "grimoire_suspended" // of a member: since when
)

// checkMetadata returns what is wrong with a change of metadata. What is there already
// counts against the limits, too, and is not known here; Stytch says so then.
func checkMetadata(m grimoireauth.Metadata) error {
	for _, key := range []string{archivedKey, suspendedKey} {
		if _, ok := m[key]; ok {
			return fmt.Errorf("Metadata has the key %q, which Archive, Restore, Suspend and Reinstate write", key)
		}
	}
	kept := 0
	for _, value := range m {
		if value != nil {
			kept++
		}
	}
	if kept > maxMetadataKeys {
		return fmt.Errorf("Metadata has %d keys, Stytch keeps %d", kept, maxMetadataKeys)
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("Metadata cannot be written as JSON: %w", err)
	}
	if len(encoded) > maxMetadataBytes {
		return fmt.Errorf("Metadata has %d bytes, Stytch keeps %d", len(encoded), maxMetadataBytes)
	}
	return nil
}

// ownMetadata returns the metadata without the keys of this package.
func ownMetadata(m grimoireauth.Metadata) grimoireauth.Metadata {
	out := maps.Clone(m)
	delete(out, archivedKey)
	delete(out, suspendedKey)
	if len(out) == 0 {
		return nil
	}
	return out
}
