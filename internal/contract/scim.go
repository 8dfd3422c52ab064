package contract

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/promptgrimoire/auth/internal/wiretap"
)

// scimPath is below the base URL of a SCIM connection, where RFC 7644 applies in place of
// Stytch's description.
var scimPath = regexp.MustCompile(`^/+v1/+b2b/+scim/+scim-connection-(test|live)-[0-9a-f-]+/+(.+)$`)

func isSCIM(x wiretap.Exchange) bool {
	m := scimPath.FindStringSubmatch(x.URL.Path)
	return m != nil && m[2] != "connection"
}

// scimTypes are the reasons of a 400 and a 409. Source: RFC 7644, table 9
var scimTypes = []string{
	"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue",
	"invalidVers", "sensitive",
}

const scimMessages = "urn:ietf:params:scim:api:messages:2.0:"

// scim compares an answer with the forms of RFC 7644: an error (3.12), a list (3.4.2), or
// a resource with what each has (RFC 7643, 3.1).
func (c *check) scim(x wiretap.Exchange) {
	const name = "SCIM"
	if x.Status == http.StatusNoContent {
		if len(x.Body) > 0 {
			c.add(name, "a body with 204")
		}
		return
	}
	if got := x.Header.Get("Content-Type"); got != "application/scim+json" {
		c.add(name, "Content-Type %q", got)
		return
	}
	body, err := decode(x.Body)
	if err != nil {
		c.add(name, "no JSON object")
		return
	}
	schemas, _ := body["schemas"].([]any)
	if len(schemas) == 0 {
		c.add(name+".schemas", "missing")
		return
	}
	switch {
	case x.Status >= 400:
		c.scimError(x, body)
	case schemas[0] == scimMessages+"ListResponse":
		c.scimList(body)
	case x.Status == http.StatusOK || x.Status == http.StatusCreated:
		c.scimResource(body)
	default:
		c.add(name, "status %d", x.Status)
	}
	if meta, _ := body["meta"].(map[string]any); x.Status == http.StatusCreated && (meta == nil || x.Header.Get("Location") != meta["location"]) {
		c.add(name, "no Location of what was created")
	}
}

func (c *check) scimError(x wiretap.Exchange, body map[string]any) {
	const name = "SCIM error"
	if fmt.Sprint(body["schemas"]) != "["+scimMessages+"Error]" {
		c.add(name+".schemas", "not that of an error")
	}
	if body["status"] != strconv.Itoa(x.Status) {
		c.add(name+".status", "not the status of the answer, as a string")
	}
	if text, _ := body["detail"].(string); text == "" {
		c.add(name+".detail", "missing")
	}
	kind, given := body["scimType"].(string)
	if given && !slices.Contains(scimTypes, kind) {
		c.add(name+".scimType", "%q", kind)
	}
	if !given && (x.Status == http.StatusBadRequest || x.Status == http.StatusConflict) {
		c.add(name+".scimType", "missing")
	}
	if x.Status == http.StatusUnauthorized && x.Header.Get("Www-Authenticate") == "" {
		c.add(name, "401 without WWW-Authenticate")
	}
	for field := range body {
		if !slices.Contains([]string{"schemas", "status", "scimType", "detail"}, field) {
			c.add(name+"."+field, "unknown field")
		}
	}
}

func (c *check) scimList(body map[string]any) {
	const name = "SCIM list"
	resources, ok := body["Resources"].([]any)
	if !ok {
		c.add(name+".Resources", "missing")
	}
	for _, field := range []string{"totalResults", "startIndex", "itemsPerPage"} {
		if kindOf(body[field]) != "integer" {
			c.add(name+"."+field, "no integer")
		}
	}
	if fmt.Sprint(body["itemsPerPage"]) != strconv.Itoa(len(resources)) {
		c.add(name+".itemsPerPage", "not the number of Resources")
	}
	for _, r := range resources {
		if _, ok := r.(map[string]any)["schemas"]; !ok {
			c.add(name+".Resources[].schemas", "missing")
		}
	}
}

// scimResource compares what all resources have. A projection may have no meta.
func (c *check) scimResource(body map[string]any) {
	const name = "SCIM resource"
	meta, ok := body["meta"].(map[string]any)
	if !ok {
		if _, id := body["id"]; !id {
			c.add(name, "neither id nor meta")
		}
		return
	}
	for _, field := range []string{"resourceType", "location"} {
		if text, _ := meta[field].(string); text == "" {
			c.add(name+".meta."+field, "missing")
		}
	}
	for _, field := range []string{"created", "lastModified"} {
		if text, ok := meta[field].(string); ok {
			c.time(text, name+".meta."+field)
		}
	}
}
