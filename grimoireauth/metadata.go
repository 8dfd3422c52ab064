package grimoireauth

// Metadata is what an application keeps with a class or a member at Stytch
// (trusted_metadata): only this side can write it, not the member. Values are
// what [encoding/json] makes of JSON, so a number is a float64, which holds whole
// numbers exactly up to 2^53: keep longer ones as strings.
//
// In a change, a key that is there replaces its whole value, a key with the value
// nil is deleted, and every other key stays as it is. Nothing is merged below the
// first level. Stytch keeps at most 20 keys and 4 KB.
// Source: https://stytch.com/docs/b2b/api/metadata
type Metadata map[string]any
