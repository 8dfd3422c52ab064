package scim

import (
	"maps"
	"slices"
	"strings"
)

// The schemas of RFC 7643.
const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// attributeKind is the type of an attribute's values.
type attributeKind uint8

const (
	textKind attributeKind = iota
	flagKind
	objectKind
)

// attribute is an attribute of a resource.
type attribute struct {
	name     string
	kind     attributeKind
	many     bool // the value is an array
	required bool
	readOnly bool
	ignored  bool        // Stytch stores none
	sub      []attribute // of objects
}

func texts(names ...string) []attribute {
	var out []attribute
	for _, name := range names {
		out = append(out, attribute{name: name})
	}
	return out
}

// values is an attribute of which there can be several, such as e-mail addresses.
func values(name string) attribute {
	return attribute{name: name, kind: objectKind, many: true, sub: append(texts("value", "type"),
		attribute{name: "primary", kind: flagKind}, attribute{name: "display", ignored: true})}
}

// userAttributes and groupAttributes are those of the resources. The password is taken and forgotten, as Okta may
// send one.
var (
	userAttributes = slices.Concat(
		[]attribute{{name: "id", readOnly: true}, {name: "meta", kind: objectKind, readOnly: true}, {name: "userName", required: true}},
		texts("externalId", "password", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone"),
		[]attribute{
			{name: "active", kind: flagKind},
			{name: "name", kind: objectKind, sub: texts("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")},
			values("emails"), values("phoneNumbers"), values("ims"), values("photos"),
			{name: "addresses", kind: objectKind, many: true, sub: append(
				texts("formatted", "streetAddress", "locality", "region", "postalCode", "country", "type"), attribute{name: "primary", kind: flagKind})},
			{name: "groups", kind: objectKind, many: true, readOnly: true, sub: texts("value", "display")},
			values("entitlements"), values("roles"), values("x509Certificates"),
			{name: enterpriseURN, kind: objectKind, sub: append(
				texts("employeeNumber", "costCenter", "division", "department", "organization"),
				attribute{name: "manager", kind: objectKind, sub: texts("value", "$ref", "displayName")})},
		})
	groupAttributes = []attribute{
		{name: "id", readOnly: true}, {name: "meta", kind: objectKind, readOnly: true},
		{name: "displayName", required: true}, {name: "externalId"},
		{name: "members", kind: objectKind, many: true, sub: texts("value", "type", "display", "$ref")},
	}
)

// attributeNamed returns the attribute of this name, in any case (RFC 7643, 2.1), or nil.
func attributeNamed(all []attribute, name string) *attribute {
	if i := slices.IndexFunc(all, func(a attribute) bool { return strings.EqualFold(a.name, name) }); i >= 0 {
		return &all[i]
	}
	return nil
}

// clean returns the attributes of an object by their own names. It leaves out what is
// unknown, ignored, read-only or null, and rejects values of another type.
func clean(all []attribute, in map[string]any) (map[string]any, error) {
	out := make(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(in)) {
		a := attributeNamed(all, name)
		if a == nil || a.ignored || a.readOnly || in[name] == nil {
			continue
		}
		if _, twice := out[a.name]; twice {
			return nil, invalid("invalidSyntax", "%s is there twice.", a.name)
		}
		value, err := cleanValue(*a, in[name])
		if err != nil {
			return nil, err
		}
		out[a.name] = value
	}
	return out, nil
}

func cleanValue(a attribute, value any) (any, error) {
	if !a.many {
		return cleanOne(a, value)
	}
	list, ok := value.([]any)
	if !ok {
		return nil, invalid("invalidValue", "%s should be an array.", a.name)
	}
	out := make([]any, 0, len(list))
	primaries := 0
	for _, item := range list {
		one, err := cleanOne(a, item)
		if err != nil {
			return nil, err
		}
		if isPrimary(one) {
			primaries++
		}
		out = append(out, one)
	}
	if primaries > 1 {
		return nil, invalid("invalidValue", "%s should have one primary value.", a.name)
	}
	return out, nil
}

func isPrimary(value any) bool {
	object, _ := value.(map[string]any)
	return object["primary"] == true
}

// cleanOne takes "True" for true, and a text in place of an object that has a value:
// Entra sends both.
// Source: https://learn.microsoft.com/en-us/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility
func cleanOne(a attribute, value any) (any, error) {
	switch a.kind {
	case flagKind:
		if text, ok := value.(string); ok {
			switch strings.ToLower(text) {
			case "true":
				return true, nil
			case "false":
				return false, nil
			}
		}
		if flag, ok := value.(bool); ok {
			return flag, nil
		}
		return nil, invalid("invalidValue", "%s should be true or false.", a.name)
	case objectKind:
		if text, ok := value.(string); ok && attributeNamed(a.sub, "value") != nil {
			return map[string]any{"value": text}, nil
		}
		if object, ok := value.(map[string]any); ok {
			return clean(a.sub, object)
		}
		return nil, invalid("invalidValue", "%s should be an object.", a.name)
	}
	if text, ok := value.(string); ok {
		return text, nil
	}
	return nil, invalid("invalidValue", "%s should be a string.", a.name)
}
