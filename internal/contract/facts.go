package contract

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed testdata/operations.json
var operationsJSON []byte

//go:embed testdata/elsewhere.json
var elsewhereJSON []byte

//go:embed testdata/errors.json
var errorsJSON []byte

// Operation is one of Stytch's B2B operations.
type Operation struct {
	Method     string      `json:"method"`
	Path       string      `json:"path"` // with {names} of parameters
	Name       string      `json:"operation"`
	Parameters []parameter `json:"parameters"`
	Body       string      `json:"body"`     // the schema's name; empty: none
	Response   string      `json:"response"` // the schema's name

	segments []string
}

// Endpoint is method and path, as documentation writes them.
func (o *Operation) Endpoint() string { return o.Method + " " + o.Path }

type parameter struct {
	In       string `json:"in"` // path, query or header
	Name     string `json:"name"`
	Type     string `json:"type"`
	Required bool   `json:"required"`
}

// schema is the type of a value, as OpenAPI writes it.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Enum       []string           `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
	// Additional is true for an object with any fields, or the schema of its values.
	Additional json.RawMessage `json:"additionalProperties"`
}

// facts are the test data, read once.
type facts struct {
	Operations []*Operation       `json:"operations"`
	Schemas    map[string]*schema `json:"schemas"`
	Source     string             `json:"source"`

	errors map[string][]int // statuses by error type
}

var known = sync.OnceValue(func() *facts {
	var f facts
	mustRead(operationsJSON, &f)
	for _, o := range f.Operations {
		o.segments = strings.Split(o.Path, "/")
	}
	var types struct {
		Types  map[string][]int `json:"types"`
		Source string           `json:"source"`
	}
	mustRead(errorsJSON, &types)
	f.errors = types.Types
	return &f
})

func mustRead(raw []byte, into any) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(into); err != nil {
		panic("contract: test data: " + err.Error())
	}
}

// Operations returns all of Stytch's B2B operations, by path.
func Operations() []*Operation { return slices.Clone(known().Operations) }

// Elsewhere returns what Stytch's description has besides B2B, by path. Bodies and
// parameters are left out.
func Elsewhere() []*Operation {
	var f facts
	mustRead(elsewhereJSON, &f)
	return f.Operations
}

// resolve follows a reference. name is that of the last one.
func (f *facts) resolve(s *schema, name string) (*schema, string) {
	for s.Ref != "" {
		name = s.Ref
		s = f.Schemas[name]
		if s == nil {
			panic("contract: test data has no schema " + name)
		}
	}
	return s, name
}

var slashes = regexp.MustCompile(`/{2,}`)

// find returns the operation of a request, with the values of its path parameters,
// or nil. Where two paths fit, the one with fewer parameters is meant.
func (f *facts) find(method string, u *url.URL) (*Operation, map[string]string) {
	segments := strings.Split(slashes.ReplaceAllString(u.EscapedPath(), "/"), "/")
	var best *Operation
	var values map[string]string
	for _, o := range f.Operations {
		if o.Method != method || len(o.segments) != len(segments) {
			continue
		}
		if v, ok := o.fit(segments); ok && (best == nil || len(v) < len(values)) {
			best, values = o, v
		}
	}
	return best, values
}

func (o *Operation) fit(segments []string) (map[string]string, bool) {
	values := make(map[string]string)
	for i, s := range o.segments {
		if strings.HasPrefix(s, "{") {
			plain, err := url.PathUnescape(segments[i])
			if err != nil || plain == "" {
				return nil, false
			}
			values[strings.Trim(s, "{}")] = plain
		} else if s != segments[i] {
			return nil, false
		}
	}
	return values, true
}
