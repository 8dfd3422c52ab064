package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Sample is a request that an operation answers 200, and what its variants need to make
// sense: values such as ids that exist.
type Sample struct {
	Path  map[string]string // every parameter of the path
	Query map[string]string
	Body  map[string]any
	// Values are those of fields and parameters that Query and Body lack, by name. It may
	// have more than the operation takes.
	Values map[string]any
	// With says what else changes if a field or parameter is present, by its name or by
	// "name=value", and may give its value. Nil takes a name away.
	With map[string]map[string]any
}

// Kind is what a variant changes.
type Kind string

const (
	AsItIs     Kind = "as it is"
	Present    Kind = "present"      // an optional field that the sample lacks
	Absent     Kind = "absent"       // an optional field that the sample has
	EnumValue  Kind = "enum value"   // one of those described
	Missing    Kind = "missing"      // a required field, or null in it
	NullValue  Kind = "null"         // an optional field
	WrongType  Kind = "wrong type"   // a number for a text, and so on
	WrongValue Kind = "wrong value"  // not in the enum
	UnknownID  Kind = "unknown name" // in the path, or a session in a header that is none
)

// accepts reports whether an answer may have the status. Null is what JSON has for a
// field that is not there, so it is answered as if the field were absent; whether that
// is 200 depends on the other fields.
func (k Kind) accepts(status int) bool {
	switch k {
	case AsItIs, Present, EnumValue:
		return status == 200
	case WrongType, WrongValue:
		return status == 400
	case Missing, UnknownID:
		return status >= 400 && status < 500
	default:
		return status == 200 || status >= 400 && status < 500
	}
}

// Variant is a sample with one change.
type Variant struct {
	Kind  Kind
	Where string // the place of the change, such as "query.operands[]"; empty for none
	What  string // more about the change; may be empty

	Path, Query, Header map[string]string
	Body                map[string]any // nil: the operation has none
	Raw                 string         // in place of Body, if it is no JSON object
}

func (v Variant) String() string {
	return strings.TrimSpace(strings.Join([]string{v.Where, string(v.Kind), v.What}, " "))
}

// Variants returns the sample as it is, and a variant for each optional field present
// and absent, each enum value, and each type wrong once, nested fields among them. It
// returns an error if the sample has no value for a field.
func (o *Operation) Variants(s Sample) ([]Variant, error) {
	g := &generator{facts: known(), o: o, sample: s}
	g.add(Variant{Kind: AsItIs}, s)
	g.path()
	g.parameters()
	if o.Body != "" {
		g.body()
	}
	return g.out, errors.Join(g.faults...)
}

type generator struct {
	facts  *facts
	o      *Operation
	sample Sample
	out    []Variant
	faults []error
}

func (g *generator) fault(format string, args ...any) {
	g.faults = append(g.faults, fmt.Errorf(g.o.Endpoint()+": "+format, args...))
}

// add adds a variant with what it lacks from the sample.
func (g *generator) add(v Variant, s Sample) {
	if v.Path == nil {
		v.Path = s.Path
	}
	if v.Query == nil {
		v.Query = s.Query
	}
	if v.Body == nil && g.o.Body != "" {
		v.Body = s.Body
		if v.Body == nil {
			v.Body = map[string]any{}
		}
	}
	g.out = append(g.out, v)
}

// with returns the sample with a field or parameter that it lacks.
func (g *generator) with(name string, query bool) (Sample, bool) {
	s := g.sample
	if value, ok := s.Values[name]; ok {
		s = s.change(map[string]any{name: value}, query)
	}
	for _, key := range []string{name, g.o.Endpoint() + " " + name} {
		s = s.change(s.With[key], query)
	}
	_, ok := s.Body[name]
	if query {
		_, ok = s.Query[name]
	}
	if !ok {
		g.fault("the recipe has no value for %s", name)
	}
	return s, ok
}

// change returns the sample with these names changed; nil takes one away.
func (s Sample) change(changes map[string]any, query bool) Sample {
	s.Body, s.Query = maps.Clone(s.Body), maps.Clone(s.Query)
	for name, value := range changes {
		text, isText := value.(string)
		switch {
		case query && isText:
			put(&s.Query, name, text)
		case query:
			delete(s.Query, name)
		case value == nil:
			delete(s.Body, name)
		default:
			put(&s.Body, name, value)
		}
	}
	return s
}

func put[V any](m *map[string]V, name string, value V) {
	if *m == nil {
		*m = make(map[string]V)
	}
	(*m)[name] = value
}

// path changes each parameter of the path to one that names nothing.
func (g *generator) path() {
	for _, p := range g.o.Parameters {
		if p.In != "path" {
			continue
		}
		if g.sample.Path[p.Name] == "" {
			g.fault("the recipe has no %s for the path", p.Name)
			continue
		}
		path := maps.Clone(g.sample.Path)
		path[p.Name] += "0"
		g.add(Variant{Kind: UnknownID, Where: "path " + p.Name, Path: path}, g.sample)
	}
}

// parameters changes those of the query and the headers.
func (g *generator) parameters() {
	for _, p := range g.o.Parameters {
		where := p.In + " " + p.Name
		switch p.In {
		case "header":
			g.header(p.Name, where)
		case "query":
			s := g.sample
			if _, there := s.Query[p.Name]; there {
				kind := Absent
				if p.Required {
					kind = Missing
				}
				g.add(Variant{Kind: kind, Where: where}, s.change(map[string]any{p.Name: nil}, true))
			} else if with, ok := g.with(p.Name, true); ok {
				s = with
				g.add(Variant{Kind: Present, Where: where}, s)
			} else {
				continue
			}
			set := func(kind Kind, value string) {
				g.add(Variant{Kind: kind, Where: where, What: value}, s.change(map[string]any{p.Name: value}, true))
			}
			switch p.Type {
			case "boolean":
				set(Present, "true")
				set(Present, "false")
				set(WrongType, "7")
			case "integer":
				set(WrongType, "seven")
			}
		}
	}
}

// header adds the session of a member who may do everything, and one that is none.
func (g *generator) header(name, where string) {
	s := g.sample.change(g.sample.With[name], false)
	value, ok := s.Values[name].(string)
	if !ok {
		g.fault("the recipe has no value for %s", where)
		return
	}
	g.add(Variant{Kind: Present, Where: where, Header: map[string]string{name: value}}, s)
	g.add(Variant{Kind: UnknownID, Where: where, Header: map[string]string{name: "none"}}, s)
}

func (g *generator) body() {
	for _, raw := range []string{`[]`, `"text"`, `{"`} {
		g.add(Variant{Kind: WrongType, Where: "body", What: raw, Raw: raw}, g.sample)
	}
	s, _ := g.facts.resolve(&schema{Ref: g.o.Body}, "")
	for _, name := range slices.Sorted(maps.Keys(g.sample.Body)) {
		if s.Properties[name] == nil {
			g.fault("the recipe has %s, which the operation does not take", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		required := slices.Contains(s.Required, name)
		sample := g.sample
		if _, there := sample.Body[name]; !there {
			if required {
				g.fault("the recipe lacks %s, which is required", name)
				continue
			}
			var ok bool
			if sample, ok = g.with(name, false); !ok {
				continue
			}
			g.add(Variant{Kind: Present, Where: name}, sample)
		}
		g.field(sample, plain(sample.Body), []any{name}, s.Properties[name], required)
	}
}

// field adds the variants of the field at a place in the body, which has it.
func (g *generator) field(sample Sample, body any, at []any, of *schema, required bool) {
	of, _ = g.facts.resolve(of, "")
	where := placeOf(at)
	set := func(kind Kind, what string, value any) {
		changed := plain(body).(map[string]any)
		replace(changed, at, value)
		g.add(Variant{Kind: kind, Where: where, What: what, Body: changed}, sample)
	}
	_, element := at[len(at)-1].(int)
	switch {
	case element:
	case required:
		set(Missing, "", absent)
		set(Missing, "null", nil)
	default:
		if _, optionalInSample := g.sample.Body[where]; optionalInSample || len(at) > 1 {
			set(Absent, "", absent)
		}
		set(NullValue, "", nil)
	}
	switch of.Type {
	case "string":
		set(WrongType, "number", 7)
	case "integer":
		set(WrongType, "string", "7")
		set(WrongType, "fraction", 7.5)
	case "boolean":
		set(WrongType, "string", "true")
	case "array":
		set(WrongType, "object", map[string]any{})
	case "object":
		set(WrongType, "array", []any{})
	}
	for _, value := range of.Enum {
		changed := plain(body).(map[string]any)
		replace(changed, at, value)
		s := sample.change(changed, false).change(sample.With[where+"="+value], false)
		g.add(Variant{Kind: EnumValue, Where: where, What: value}, s)
	}
	if of.Enum != nil {
		set(WrongValue, "", "no_such_value")
	}
	switch value := valueAt(body, at).(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(of.Properties)) {
			if _, there := value[name]; !there {
				g.fault("the recipe's %s lacks %s", where, name)
				continue
			}
			g.field(sample, body, append(slices.Clone(at), name), of.Properties[name], slices.Contains(of.Required, name))
		}
	case []any:
		if len(value) == 0 {
			g.fault("the recipe's %s is empty", where)
			return
		}
		g.field(sample, body, append(slices.Clone(at), 0), of.Items, true)
	}
}

// absent stands for no value at all.
var absent = new(struct{ _ int })

// plain returns a deep copy, with the types that JSON has.
func plain(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("contract: a recipe has what JSON has not: " + err.Error())
	}
	var out any
	mustRead(raw, &out)
	return out
}

func placeOf(at []any) string {
	var b strings.Builder
	for _, step := range at {
		if name, ok := step.(string); ok {
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(name)
		} else {
			b.WriteString("[]")
		}
	}
	return b.String()
}

func valueAt(v any, at []any) any {
	for _, step := range at {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		}
	}
	return v
}

// replace puts a value where at leads, which must be there.
func replace(v any, at []any, value any) {
	v = valueAt(v, at[:len(at)-1])
	switch step := at[len(at)-1].(type) {
	case string:
		if value == any(absent) {
			delete(v.(map[string]any), step)
			return
		}
		v.(map[string]any)[step] = value
	case int:
		v.([]any)[step] = value
	}
}
