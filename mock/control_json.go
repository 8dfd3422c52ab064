package mock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// maxState bounds a snapshot: room for some hundred thousand members.
const maxState = 256 << 20

// errorSentence is the answer to a wrong call of the control plane. It is not
// Stytch's error object, so that nobody takes it for one.
type errorSentence struct {
	Error string `json:"error"`
}

func controlError(w http.ResponseWriter, status int, err error) {
	controlAnswer(w, status, errorSentence{Error: err.Error()})
}

func controlAnswer(w http.ResponseWriter, status int, v any) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // a link is to be copied from a terminal, and no browser takes this for HTML
	if err := encoder.Encode(v); err != nil {
		// Everything that is encoded here was made in this package.
		panic("mock: cannot encode an answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // nobody to tell: the client went away
}

// controlled adapts a call whose arguments come as a JSON object.
func controlled[In, Out any](serve func(In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		raw, ok := controlBody(w, r, maxBody)
		if !ok {
			return
		}
		var in In
		if err := strictJSON(raw, &in); err != nil {
			controlError(w, http.StatusBadRequest, err)
			return
		}
		out, err := serve(in)
		if err != nil {
			controlError(w, http.StatusBadRequest, err)
			return
		}
		controlAnswer(w, http.StatusOK, out)
	}
}

// controlBody reads a body, or answers what is wrong with it. The content type
// is one that no form of a web page can send, and no script without asking.
// Source: https://fetch.spec.whatwg.org/#simple-header
func controlBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if (err != nil || kind != "application/json") && r.Method != http.MethodDelete {
		controlError(w, http.StatusUnsupportedMediaType, errors.New("send a JSON object with Content-Type: application/json"))
		return nil, false
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		controlError(w, http.StatusRequestEntityTooLarge, fmt.Errorf("the body is larger than %d bytes", limit))
		return nil, false
	case err != nil:
		controlError(w, http.StatusBadRequest, errors.New("the body broke off"))
		return nil, false
	}
	return raw, true
}

// strictJSON reads a JSON object into a struct. A misspelt name would otherwise
// be a fault rule that never strikes, so unknown, repeated and differently
// capitalized names are errors. No body at all is an empty object.
func strictJSON(raw []byte, in any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	given, err := objectNames(raw)
	if err != nil {
		return err
	}
	known := jsonNames(reflect.TypeOf(in).Elem())
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
		return fmt.Errorf("%s should not be a JSON %s", wrongType.Field, wrongType.Value)
	}
	return err
}

// objectNames returns the names of a JSON object, with which raw must end.
func objectNames(raw []byte) ([]string, error) {
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

// jsonNames returns the names on the wire of a struct's fields, those of
// embedded structs among them.
func jsonNames(of reflect.Type) []string {
	var names []string
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Anonymous {
			names = append(names, jsonNames(field.Type)...)
			continue
		}
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.IsExported() && name != "-" {
			names = append(names, name)
		}
	}
	return names
}
