package scim

import (
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// object is a JSON object of the documents about this service.
type object = map[string]any

// ServiceProviderConfig is GET /ServiceProviderConfig (RFC 7643, 5).
func ServiceProviderConfig(c *Call) (*wire.Document, error) {
	no := object{"supported": false}
	return document(http.StatusOK, object{
		"schemas":        []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":          object{"supported": true},
		"bulk":           object{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter":         object{"supported": true, "maxResults": maxPageSize},
		"changePassword": no, "sort": no, "etag": no,
		"authenticationSchemes": []object{{
			"type": "oauthbearertoken", "name": "Bearer token", "primary": true,
			"description": "The bearer token of the SCIM connection.",
		}},
		"meta": object{"resourceType": "ServiceProviderConfig", "location": endpoint(c.Request, c.n) + "/ServiceProviderConfig"},
	}), nil
}

// resourceTypes are the resources (RFC 7643, 6).
func resourceTypes(c *Call) []object {
	at := endpoint(c.Request, c.n) + "/ResourceTypes/"
	types := func(name, schema string) object {
		return object{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"},
			"id":      name, "name": name, "endpoint": "/" + name + "s", "schema": schema,
			"meta": object{"resourceType": "ResourceType", "location": at + name},
		}
	}
	users := types("User", userURN)
	users["schemaExtensions"] = []object{{"schema": enterpriseURN, "required": false}}
	return []object{users, types("Group", groupURN)}
}

// schemas are the attributes of the resources (RFC 7643, 7).
func schemas(c *Call) []object {
	at := endpoint(c.Request, c.n) + "/Schemas/"
	schema := func(id, name string, attributes []attribute) object {
		return object{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"},
			"id":      id, "name": name, "description": name, "attributes": attributeObjects(attributes),
			"meta": object{"resourceType": "Schema", "location": at + id},
		}
	}
	return []object{
		schema(userURN, "User", userAttributes), schema(groupURN, "Group", groupAttributes),
		schema(enterpriseURN, "EnterpriseUser", attributeNamed(userAttributes, enterpriseURN).sub),
	}
}

// attributeObjects leaves out what all resources have, and what none stores.
func attributeObjects(all []attribute) []object {
	out := []object{}
	for _, a := range all {
		switch a.name {
		case "id", "meta", "externalId", enterpriseURN:
			continue
		}
		if a.ignored {
			continue
		}
		mutability, returned, uniqueness := "readWrite", "default", "none"
		if a.readOnly {
			mutability = "readOnly"
		}
		if a.name == "password" {
			mutability, returned = "writeOnly", "never"
		}
		if a.name == "userName" {
			uniqueness = "server"
		}
		shown := object{
			"name": a.name, "type": [...]string{"string", "boolean", "complex"}[a.kind], "multiValued": a.many, "description": a.name,
			"required": a.required, "caseExact": false, "mutability": mutability, "returned": returned, "uniqueness": uniqueness,
		}
		if a.kind == objectKind {
			shown["subAttributes"] = attributeObjects(a.sub)
		}
		out = append(out, shown)
	}
	return out
}

// ResourceTypes is GET /ResourceTypes, and ResourceType GET /ResourceTypes/{name}.
func ResourceTypes(c *Call) (*wire.Document, error) { return all(c, resourceTypes(c)) }

// ResourceType is GET /ResourceTypes/{name}.
func ResourceType(c *Call) (*wire.Document, error) { return about(c, resourceTypes(c)) }

// Schemas is GET /Schemas.
func Schemas(c *Call) (*wire.Document, error) { return all(c, schemas(c)) }

// Schema is GET /Schemas/{name}.
func Schema(c *Call) (*wire.Document, error) { return about(c, schemas(c)) }

// all lists documents about this service. They cannot be filtered (RFC 7644, 4).
func all(c *Call, documents []object) (*wire.Document, error) {
	if c.Query.Has("filter") {
		return nil, &protocolError{http.StatusForbidden, "", "These documents cannot be filtered."}
	}
	return list(c, documents, func(o object) object { return o }, nil)
}

func about(c *Call, documents []object) (*wire.Document, error) {
	for _, o := range documents {
		if strings.EqualFold(o["id"].(string), c.Params["name"]) {
			return document(http.StatusOK, o), nil
		}
	}
	return nil, &protocolError{http.StatusNotFound, "", "There is no such document."}
}
