package wire

import "encoding/json"

// Ignored is a field that Stytch has and that changes nothing here. Its type is checked
// all the same, as Stytch's is: a field of another type is refused.
type Ignored[T any] struct{}

// UnmarshalJSON implements [json.Unmarshaler].
func (Ignored[T]) UnmarshalJSON(raw []byte) error {
	var value T
	return json.Unmarshal(raw, &value)
}
