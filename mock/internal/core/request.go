// Package core is the part of the mock that all families of endpoints share: the project
// ([Server]), a call on its way through an endpoint ([Request]), routing, how a sign-in
// begins and ends, factors, session_jwts and their keys, mail, limits, policy and search.
package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Request is one request on its way through an endpoint, with the lock held.
type Request struct {
	*Server
	Now    time.Time
	ahead  time.Duration     // of Stytch's clock for the caller, see Clock
	Params map[string]string // from the path
	Header http.Header
	Query  url.Values
	Body   []byte
	Caller *state.Session // the member on whose behalf the project calls, nil for the project itself
	Source string         // of the changes, for webhooks: SourceDirect, SourceDashboard or SourceSCIM

	// PinnedID is the id of the next organization or member that is made; empty: a new one.
	PinnedID string

	changes changes // so far
}

// Body adapts an endpoint whose arguments come as a JSON object. In names them:
// a pointer or a slice is nil if the argument is absent or null, which is how a
// partial update tells "leave it" from "clear it".
func Body[In any, Out wire.Success](serve func(*Request, In) (Out, error)) func(*Request) (wire.Success, error) {
	return func(c *Request) (wire.Success, error) {
		var in In
		if err := c.Decode(&in); err != nil {
			return nil, err
		}
		out, err := serve(c, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

// NoArguments adapts an endpoint that takes a body without arguments: an object, or
// nothing. SDKs repeat the parameters of the path in it.
func NoArguments(serve func(*Request) (wire.Success, error)) func(*Request) (wire.Success, error) {
	return func(c *Request) (wire.Success, error) {
		var none struct{}
		if err := c.Decode(&none); err != nil {
			return nil, err
		}
		return serve(c)
	}
}

// Decode reads the body into a struct. Unknown names are ignored, as Stytch
// does; a known name with a value of the wrong type is an error.
func (c *Request) Decode(in any) error {
	raw := bytes.TrimSpace(c.Body)
	if len(raw) == 0 {
		raw = []byte("{}") // DELETE and some PUT calls come without a body
	}
	if len(c.Body) > MaxBody || raw[0] != '{' {
		return wire.Error("bad_request")
	}
	var sent map[string]json.RawMessage
	if err := json.Unmarshal(raw, &sent); err != nil {
		return wire.Error("bad_request")
	}
	// SDKs repeat path parameters in the body. They must not say something else.
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		value := c.Params[name]
		var repeated string
		if json.Unmarshal(sent[name], &repeated) == nil && repeated != "" && repeated != value {
			return wire.FieldError("bad_request", name)
		}
	}
	// encoding/json would also take "Email_Address" for email_address.
	known := make(map[string]json.RawMessage)
	addKnown(reflect.TypeOf(in).Elem(), sent, known)
	exact, err := json.Marshal(known)
	if err != nil {
		return wire.Error("bad_request")
	}
	err = json.Unmarshal(exact, in)
	var r *wire.APIError
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &r):
		return r
	case errors.As(err, &wrongType):
		return wire.FieldError("bad_request", fmt.Sprintf("%s should not be a JSON %s", fieldOf(in, wrongType), wrongType.Value))
	}
	return wire.Error("bad_request")
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

// Flag returns a boolean of the query. SDKs write it as their language does, such as
// True; absent is false.
func (c *Request) Flag(name string) (bool, error) {
	text := c.Query.Get(name)
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, wire.FieldError("bad_request", name)
	}
	return value, nil
}

// Given returns what p points to, and nothing for nil.
func Given[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
