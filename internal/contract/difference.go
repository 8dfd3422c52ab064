package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Difference is one way in which the wire differs from Stytch's description. Two
// exchanges that differ in the same way give equal values.
type Difference struct {
	// Where is "schema.field", the name of an error type, or an endpoint.
	Where string
	// What is the kind: "unknown field", "missing", "null", "string, not integer", …
	What string
}

func (d Difference) String() string { return d.Where + ": " + d.What }

// check compares one value with the schema, and collects.
type check struct {
	facts *facts
	found []Difference
}

func (c *check) add(where, format string, args ...any) {
	d := Difference{Where: where, What: fmt.Sprintf(format, args...)}
	if !slices.Contains(c.found, d) {
		c.found = append(c.found, d)
	}
}

// value compares v, whose place is where, with s. v is as decode returns it.
func (c *check) value(v any, s *schema, where string) {
	s, name := c.facts.resolve(s, "")
	if got := kindOf(v); got != s.Type {
		c.add(where, "%s, not %s", got, s.Type)
		return
	}
	switch s.Type {
	case "object":
		if name == "" {
			name = where
		}
		c.object(v.(map[string]any), s, name)
	case "array":
		for _, item := range v.([]any) {
			c.value(item, s.Items, where+"[]")
		}
	case "string":
		if s.Enum != nil && !slices.Contains(s.Enum, v.(string)) {
			c.add(where, "enum has no %q", v)
		}
	}
}

func (c *check) object(fields map[string]any, s *schema, name string) {
	var values *schema // of the fields that have no schema of their own
	open := string(s.Additional) == "true"
	if len(s.Additional) > 0 && !open {
		values = new(schema)
		mustRead(s.Additional, values)
	}
	for _, required := range s.Required {
		if v, ok := fields[required]; !ok {
			c.add(name+"."+required, "missing")
		} else if v == nil {
			c.add(name+"."+required, "null")
		}
	}
	for field, v := range fields {
		where := name + "." + field
		of, ok := s.Properties[field]
		switch {
		case ok && v != nil:
			c.value(v, of, where)
		case ok: // null: said above if the field is required
		case values != nil:
			c.value(v, values, name+"{}")
		case !open:
			c.add(where, "unknown field")
		}
		if text, isText := v.(string); isText && !open && strings.HasSuffix(field, "_at") {
			c.time(text, where)
		}
	}
}

func (c *check) time(text, where string) {
	if text == "" {
		return
	}
	if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
		c.add(where, "no time of RFC 3339")
	}
}

// kindOf is OpenAPI's name for the type of a decoded value.
func kindOf(v any) string {
	switch n := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case json.Number:
		// All of Stytch's integers have the format int32.
		if i, err := n.Int64(); err == nil && int64(int32(i)) == i {
			return "integer"
		}
	}
	return "number"
}

// decode reads exactly one JSON object.
func decode(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out map[string]any
	if err := decoder.Decode(&out); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	if out == nil {
		return nil, errors.New("null")
	}
	return out, nil
}
