package scim

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

const patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// operation is one of the Operations of RFC 7644, 3.5.2.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// operations reads the body of a PATCH.
func (c *Call) operations() ([]operation, error) {
	body, err := c.object(patchURN)
	if err != nil {
		return nil, err
	}
	var raw any
	for name, value := range body {
		if strings.EqualFold(name, "Operations") {
			if raw != nil {
				return nil, invalid("invalidSyntax", "Operations is there twice.")
			}
			raw = value
		}
	}
	encoded, err := json.Marshal(raw)
	if err != nil {
		return nil, err
	}
	var out []operation
	if json.Unmarshal(encoded, &out) != nil || len(out) == 0 {
		return nil, invalid("invalidSyntax", "Operations should be an array of objects with op, path and value.")
	}
	return out, nil
}

// patch applies operations to the attributes of a resource. It returns those that the
// resource is to have, and changes none if one operation is rejected.
func patch(resource any, all []attribute, operations []operation) (map[string]any, error) {
	encoded, err := json.Marshal(resource)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(encoded, &object); err != nil {
		return nil, err
	}
	out, err := clean(all, object)
	if err != nil {
		return nil, err
	}
	for _, o := range operations {
		if err := o.apply(out, all); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// apply makes one operation. Entra writes the names of operations with a capital.
func (o operation) apply(object map[string]any, all []attribute) error {
	kind := strings.ToLower(o.Op)
	if kind != "add" && kind != "replace" && kind != "remove" {
		return invalid("invalidSyntax", "op %.60q should be add, replace or remove.", o.Op)
	}
	if o.Path != "" {
		return applyAt(object, all, kind, o.Path, o.Value, true)
	}
	if kind == "remove" {
		return invalid("noTarget", "An operation that removes needs a path.")
	}
	values, ok := o.Value.(map[string]any)
	if !ok {
		return invalid("invalidValue", "The value of an operation without a path should be an object.")
	}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		if err := applyAt(object, all, kind, path, values[path], false); err != nil {
			return err
		}
	}
	return nil
}

// applyAt makes one operation at a path. In an object without a path of its own, as Okta
// and Entra send it, unknown and read-only attributes are ignored like those of a whole
// resource.
func applyAt(object map[string]any, all []attribute, kind, text string, value any, strict bool) error {
	path, err := parsePath(text)
	var wrong *protocolError
	switch {
	case err == nil:
	case !strict && errors.As(err, &wrong) && wrong.scimType == "invalidPath":
		return nil // an attribute of an extension that is unknown
	default:
		return err
	}
	chain, known := path.resolve(all)
	readOnly := known && slices.ContainsFunc(chain, func(a attribute) bool { return a.readOnly })
	switch {
	case !strict && (!known || readOnly):
		return nil
	case !known:
		return invalid("invalidPath", "There is no attribute %.200q.", text)
	case readOnly:
		return invalid("mutability", "%.200q cannot be changed.", text)
	case chain[len(chain)-1].ignored:
		return nil
	case value == nil && kind == "add":
		return invalid("invalidValue", "The operation at %.200q has no value.", text)
	case value == nil:
		kind = "remove" // replacing by null is the same (RFC 7643, 2.5)
	}
	// All objects on the way to a single value are made if they are not there.
	for len(chain) > 1 && !chain[0].many {
		next, ok := object[chain[0].name].(map[string]any)
		if !ok {
			next = make(map[string]any)
			object[chain[0].name] = next
		}
		object, chain = next, chain[1:]
	}
	if path.filter != nil || len(chain) > 1 {
		return applyAmong(object, chain, kind, text, path.filter, value)
	}
	return applyTo(object, chain[0], kind, value)
}

// applyTo changes a whole attribute.
func applyTo(object map[string]any, a attribute, kind string, value any) error {
	if kind == "remove" {
		if list, ok := value.([]any); ok && a.many {
			return removeValues(object, a, list) // Entra's way to remove members of a group
		}
		delete(object, a.name)
		return nil
	}
	if _, list := value.([]any); a.many && !list {
		value = []any{value}
	}
	cleaned, err := cleanValue(a, value)
	if err != nil {
		return err
	}
	old, had := object[a.name]
	switch {
	case a.many && kind == "add" && had:
		object[a.name] = joined(old.([]any), cleaned.([]any))
	case a.kind == objectKind && !a.many && had:
		// What is not named stays (RFC 7644, 3.5.2.3).
		maps.Copy(old.(map[string]any), cleaned.(map[string]any))
	default:
		object[a.name] = cleaned
	}
	return nil
}

// joined adds values that are not there yet. A new primary value takes the place of the
// old one (RFC 7644, 3.5.2).
func joined(old, added []any) []any {
	if slices.ContainsFunc(added, isPrimary) {
		notPrimary(old)
	}
	there := make(map[string]bool) // a group can have thousands
	for _, value := range old {
		there[asText(value)] = true
	}
	for _, value := range added {
		if text := asText(value); !there[text] {
			there[text] = true
			old = append(old, value)
		}
	}
	return old
}

// asText is the same for equal values.
func asText(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic("mock: cannot encode an attribute: " + err.Error()) // it was made of JSON
	}
	return string(encoded)
}

func notPrimary(list []any) {
	for _, item := range list {
		if isPrimary(item) {
			item.(map[string]any)["primary"] = false
		}
	}
}

// removeValues removes the values that a list names. An address has none to be named by.
func removeValues(object map[string]any, a attribute, list []any) error {
	cleaned, err := cleanValue(a, list)
	if err != nil {
		return err
	}
	old, _ := object[a.name].([]any)
	object[a.name] = slices.DeleteFunc(old, func(item any) bool {
		return slices.ContainsFunc(cleaned.([]any), func(gone any) bool {
			value := gone.(map[string]any)["value"]
			return value != nil && value == item.(map[string]any)["value"]
		})
	})
	return nil
}

// applyAmong changes those values of an attribute that match the filter, or an attribute
// within them.
func applyAmong(object map[string]any, chain []attribute, kind, text string, filter *comparison, value any) error {
	a := chain[0]
	if filter == nil {
		return beyond("the path %.200q, which needs a filter", text)
	}
	by := attributeNamed(a.sub, filter.attribute)
	if !a.many || by == nil {
		return invalid("invalidPath", "The filter of %.200q names no attribute there.", text)
	}
	want, err := cleanOne(*by, filter.value) // Entra writes primary eq "True"
	if err != nil {
		return invalid("invalidFilter", "The filter of %.200q compares with a value of another type.", text)
	}
	list, _ := object[a.name].([]any)
	matches := func(item any) bool { return comparison{value: want}.matches(item.(map[string]any)[by.name], false) }
	if kind == "remove" {
		if len(chain) == 1 || chain[1].name == "value" {
			list = slices.DeleteFunc(list, matches)
		} else {
			for _, item := range list {
				if matches(item) {
					delete(item.(map[string]any), chain[1].name)
				}
			}
		}
		object[a.name] = list
		return nil
	}
	if !slices.ContainsFunc(list, matches) {
		if kind == "replace" {
			return invalid("noTarget", "%.200q matches no value.", text)
		}
		list = append(list, map[string]any{by.name: want})
	}
	for i, item := range list {
		if !matches(item) {
			continue
		}
		changed := maps.Clone(item.(map[string]any))
		target := a
		target.many = false
		if len(chain) > 1 {
			target = chain[1]
		}
		cleaned, err := cleanOne(target, value)
		if err != nil {
			return err
		}
		if len(chain) > 1 {
			changed[target.name] = cleaned
		} else {
			maps.Copy(changed, cleaned.(map[string]any))
		}
		if isPrimary(changed) && !isPrimary(item) {
			notPrimary(list)
		}
		list[i] = changed
	}
	object[a.name] = list
	return nil
}
