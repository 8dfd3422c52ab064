package mock

import (
	"encoding/json"
	"maps"
)

// metadata is trusted_metadata or untrusted_metadata. Values keep the text that
// was sent, so that numbers lose no digits.
type metadata map[string]json.RawMessage

// The limits of https://stytch.com/docs/b2b/api/metadata.
const (
	maxMetadataKeys  = 20
	maxMetadataBytes = 4 << 10
)

// UnmarshalJSON refuses what is no object with Stytch's own error type.
func (m *metadata) UnmarshalJSON(b []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(b, &object); err != nil {
		return refuse("metadata_invalid_format")
	}
	*m = object
	return nil
}

// merged returns m with the changes: a key replaces its whole value, null
// deletes it, and nothing is merged below the first level.
// Source: https://stytch.com/docs/b2b/api/metadata
func (m metadata) merged(changes metadata) (metadata, error) {
	out := maps.Clone(m)
	if out == nil {
		out = metadata{}
	}
	for key, value := range changes {
		switch {
		case string(value) == "null":
			delete(out, key)
		case !representable(value):
			return nil, refuse("metadata_invalid_format")
		default:
			out[key] = value
		}
	}
	if len(out) > maxMetadataKeys {
		return nil, refuse("metadata_too_many_keys")
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		return nil, refuse("metadata_invalid_format")
	}
	if len(encoded) > maxMetadataBytes {
		return nil, refuse("metadata_too_large")
	}
	return out, nil
}
