package mock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// call is one request on its way through an endpoint, with the lock held.
type call struct {
	*server
	now    time.Time
	ahead  time.Duration     // of Stytch's clock for the caller, see Clock
	params map[string]string // from the path
	query  url.Values
	body   []byte
	caller *session // the member on whose behalf the project calls, nil for the project itself
}

// body adapts an endpoint whose arguments come as a JSON object. In names them:
// a pointer or a slice is nil if the argument is absent or null, which is how a
// partial update tells "leave it" from "clear it".
func body[In any, Out stamped](serve func(*call, In) (Out, error)) func(*call) (stamped, error) {
	return func(c *call) (stamped, error) {
		var in In
		if err := c.decode(&in); err != nil {
			return nil, err
		}
		out, err := serve(c, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

// decode reads the body into a struct. Unknown names are ignored, as Stytch
// does; a known name with a value of the wrong type is an error.
func (c *call) decode(in any) error {
	raw := bytes.TrimSpace(c.body)
	if len(raw) == 0 {
		raw = []byte("{}") // DELETE and some PUT calls come without a body
	}
	if len(c.body) > maxBody || raw[0] != '{' {
		return refuse("bad_request")
	}
	var sent map[string]json.RawMessage
	if err := json.Unmarshal(raw, &sent); err != nil {
		return refuse("bad_request")
	}
	// SDKs repeat path parameters in the body. They must not say something else.
	for _, name := range slices.Sorted(maps.Keys(c.params)) {
		value := c.params[name]
		var repeated string
		if json.Unmarshal(sent[name], &repeated) == nil && repeated != "" && repeated != value {
			return refuseField("bad_request", name)
		}
	}
	// encoding/json would also take "Email_Address" for email_address.
	known := make(map[string]json.RawMessage)
	addKnown(reflect.TypeOf(in).Elem(), sent, known)
	exact, err := json.Marshal(known)
	if err != nil {
		return refuse("bad_request")
	}
	err = json.Unmarshal(exact, in)
	var r *refusal
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &r):
		return r
	case errors.As(err, &wrongType):
		return refuseField("bad_request", fmt.Sprintf("%s should not be a JSON %s", wrongType.Field, wrongType.Value))
	}
	return refuse("bad_request")
}

func addKnown(in reflect.Type, sent, known map[string]json.RawMessage) {
	for i := range in.NumField() {
		field := in.Field(i)
		if field.Anonymous {
			addKnown(field.Type, sent, known)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if value, ok := sent[name]; ok {
			known[name] = value
		}
	}
}

// given returns what p points to, and nothing for nil.
func given[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
