package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// StrictJSON reads a JSON object into a struct. Unknown, repeated and differently
// capitalized names are errors, since a misspelt one would make a fault rule that never
// applies. An empty body counts as an empty object.
func StrictJSON(raw []byte, in any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	given, err := ObjectNames(raw)
	if err != nil {
		return err
	}
	known := JSONNames(reflect.TypeOf(in).Elem())
	for i, name := range given {
		switch {
		case len(known) == 0:
			return fmt.Errorf("the field %.60q is unknown: this call takes none", name)
		case !slices.Contains(known, name):
			return fmt.Errorf("the field %.60q is unknown: the fields are %s", name, strings.Join(known, ", "))
		case slices.Contains(given[:i], name):
			return fmt.Errorf("the field %q is there twice", name)
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(in)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return fmt.Errorf("%s should not be a JSON %s", fieldOf(in, wrongType), wrongType.Value)
	}
	return err
}

// ObjectNames returns the names of a JSON object, with which raw must end.
func ObjectNames(raw []byte) ([]string, error) {
	if !json.Valid(raw) {
		return nil, errors.New("the body is no JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return nil, errors.New("the body is no JSON object")
	}
	var names []string
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		names = append(names, name.(string)) // what stands before a value is a string
	}
	return names, nil
}

// JSONNames returns the names on the wire of a struct's fields, those of
// embedded structs among them.
func JSONNames(of reflect.Type) []string {
	var names []string
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Anonymous {
			names = append(names, JSONNames(field.Type)...)
			continue
		}
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.IsExported() && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// fieldOf is the path of a value of the wrong type as the request has it. encoding/json
// names embedded structs too, of which the request knows nothing.
func fieldOf(in any, wrongType *json.UnmarshalTypeError) string {
	var path []string
	at := reflect.TypeOf(in)
	for _, step := range strings.Split(wrongType.Field, ".") {
		field, embedded := fieldNamed(at, step)
		if at = field; !embedded {
			path = append(path, step)
		}
	}
	return strings.Join(path, ".")
}

// fieldNamed returns the type of the field with this name on the wire, or of the embedded
// struct with this name in Go; nil if there is neither.
func fieldNamed(of reflect.Type, name string) (field reflect.Type, embedded bool) {
	for of != nil && (of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map) {
		of = of.Elem()
	}
	if of == nil || of.Kind() != reflect.Struct {
		return nil, false
	}
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Anonymous && f.Name == name {
			return f.Type, true
		}
		if onWire, _, _ := strings.Cut(f.Tag.Get("json"), ","); !f.Anonymous && onWire == name {
			return f.Type, false
		}
	}
	return nil, false
}
