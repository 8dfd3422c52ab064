package wire

import (
	"bytes"
	"encoding/json"
	"maps"
)

// Metadata is trusted_metadata or untrusted_metadata. Values keep the text that
// was sent, so that numbers lose no digits.
type Metadata map[string]json.RawMessage

// The limits of https://stytch.com/docs/b2b/api/metadata.
const (
	maxMetadataKeys  = 20
	maxMetadataBytes = 4 << 10
)

// UnmarshalJSON returns Stytch's own error type for a value that is not an object.
func (m *Metadata) UnmarshalJSON(b []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(b, &object); err != nil {
		return Error("metadata_invalid_format")
	}
	*m = object
	return nil
}

// Merged returns m with the changes: a key replaces its whole value, null
// deletes it, and nothing is merged below the first level.
// Source: https://stytch.com/docs/b2b/api/metadata
func (m Metadata) Merged(changes Metadata) (Metadata, error) {
	out := maps.Clone(m)
	if out == nil {
		out = Metadata{}
	}
	for key, value := range changes {
		switch {
		case string(value) == "null":
			delete(out, key)
		case !representable(value):
			return nil, Error("metadata_invalid_format")
		default:
			out[key] = value
		}
	}
	if len(out) > maxMetadataKeys {
		return nil, Error("metadata_too_many_keys")
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		return nil, Error("metadata_invalid_format")
	}
	if len(encoded) > maxMetadataBytes {
		return nil, Error("metadata_too_large")
	}
	return out, nil
}

// Compacted returns the values without the spaces between their parts, and an object
// for none at all: so they are on the wire.
func (m Metadata) Compacted() Metadata {
	if m == nil {
		return Metadata{}
	}
	for name, value := range m {
		var out bytes.Buffer
		if json.Compact(&out, value) == nil {
			m[name] = out.Bytes()
		}
	}
	return m
}
