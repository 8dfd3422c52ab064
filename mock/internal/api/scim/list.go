package scim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// pageSize is how many resources a list has if the directory names no number, and
// maxPageSize how many it has at most. Stytch's are not published.
const (
	pageSize    = 100
	maxPageSize = 1000
)

// filter reads the filter of a list, which compares one of these attributes; nil: none.
func (c *Call) filter(all []attribute, names ...string) (*comparison, error) {
	if c.Query.Has("sortBy") || c.Query.Has("sortOrder") {
		return nil, beyond("sorting")
	}
	if !c.Query.Has("filter") {
		return nil, nil
	}
	f, err := parseFilter(c.Query.Get("filter"))
	if err != nil {
		return nil, err
	}
	a := attributeNamed(all, f.attribute)
	if a == nil || !slices.Contains(names, a.name) {
		return nil, beyond("a filter by %.60q; there are those by %s", f.attribute, strings.Join(names, " and "))
	}
	if _, ok := f.value.(string); !ok {
		return nil, invalid("invalidFilter", "%s is a string.", a.name)
	}
	f.attribute = a.name
	return &f, nil
}

// listResponse is RFC 7644, 3.4.2.
type listResponse struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	StartIndex   int      `json:"startIndex"`
	ItemsPerPage int      `json:"itemsPerPage"`
	Resources    []any    `json:"Resources"`
}

// list answers with the page that is asked for (RFC 7644, 3.4.2.4).
func list[T, R any](c *Call, found []T, resource func(T) R, all []attribute) (*wire.Document, error) {
	start, err := c.number("startIndex", 1)
	if err != nil {
		return nil, err
	}
	count, err := c.number("count", pageSize)
	if err != nil {
		return nil, err
	}
	start, count = max(start, 1), min(max(count, 0), maxPageSize)
	out := listResponse{
		Schemas:      []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		TotalResults: len(found), StartIndex: start, Resources: []any{},
	}
	found = found[min(start-1, len(found)):]
	for _, item := range found[:min(count, len(found))] {
		shown, err := c.project(resource(item), all)
		if err != nil {
			return nil, err
		}
		out.Resources = append(out.Resources, shown)
	}
	out.ItemsPerPage = len(out.Resources)
	return document(http.StatusOK, out), nil
}

func (c *Call) number(name string, usual int) (int, error) {
	if !c.Query.Has(name) {
		return usual, nil
	}
	n, err := strconv.Atoi(c.Query.Get(name))
	if err != nil {
		return 0, invalid("invalidValue", "%s should be a number.", name)
	}
	return n, nil
}

// one answers with a resource.
func (c *Call) one(status int, resource any, all []attribute) (*wire.Document, error) {
	shown, err := c.project(resource, all)
	if err != nil {
		return nil, err
	}
	return document(status, shown), nil
}

// project leaves out of a resource what the directory does not want (RFC 7644, 3.9): Entra
// looks at groups without their members.
func (c *Call) project(resource any, all []attribute) (any, error) {
	only, err := c.attributeNames("attributes", all)
	if err != nil {
		return nil, err
	}
	without, err := c.attributeNames("excludedAttributes", all)
	if err != nil || (only == nil && without == nil) {
		return resource, err
	}
	encoded, err := json.Marshal(resource)
	if err != nil {
		return nil, err
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &out); err != nil {
		return nil, err
	}
	for name := range out {
		always := name == "schemas" || name == "id"
		if !always && (slices.Contains(without, name) || (only != nil && !slices.Contains(only, name))) {
			delete(out, name)
		}
	}
	return out, nil
}

// attributeNames reads a list of attributes. Unknown ones are ignored.
func (c *Call) attributeNames(parameter string, all []attribute) ([]string, error) {
	if all == nil || !c.Query.Has(parameter) {
		return nil, nil
	}
	out := []string{}
	for _, name := range strings.Split(c.Query.Get(parameter), ",") {
		name = withoutURN(strings.TrimSpace(name))
		if a := attributeNamed(all, name); a != nil {
			out = append(out, a.name)
		} else if strings.Contains(name, ".") {
			return nil, beyond("parts of attributes in %s", parameter)
		}
	}
	return out, nil
}
