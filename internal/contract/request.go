package contract

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/promptgrimoire/auth/internal/wiretap"
)

// Request compares a request with the description: path, method, parameters and
// body. The pages for browsers are not described, so requests for their paths are
// not compared.
func Request(x wiretap.Exchange) []Difference {
	c := &check{facts: known()}
	o, path := c.facts.find(x.Method, x.URL)
	if o == nil {
		if !forBrowsers(x.URL.Path) {
			c.add(x.Method+" "+x.URL.Path, "no such operation")
		}
		return c.found
	}
	c.parameters(o, "query", x.URL.Query())
	headers := make(url.Values)
	for name, values := range x.RequestHeader {
		if strings.HasPrefix(name, "X-Stytch-") {
			headers[name] = values
		}
	}
	c.parameters(o, "header", headers)
	switch {
	case o.Body != "":
		c.requestBody(o, x.RequestBody, path)
	case len(x.RequestBody) > 0 && string(x.RequestBody) != "{}": // Node's SDK sends {}
		c.add(o.Endpoint(), "a body")
	}
	return c.found
}

// forBrowsers reports whether a path is a page's, which links lead to. Those below
// /mock are the mock's own.
func forBrowsers(path string) bool {
	return strings.HasPrefix(path, "/v1/b2b/public/") || strings.HasPrefix(path, "/v1/public/") ||
		strings.HasPrefix(path, "/mock") || path == "/v1/b2b/magic_links/redirect"
}

// parameters compares those of one kind: query or header.
func (c *check) parameters(o *Operation, in string, got url.Values) {
	described := make(map[string]parameter)
	for _, p := range o.Parameters {
		if p.In != in {
			continue
		}
		name := p.Name
		if in == "header" {
			name = http.CanonicalHeaderKey(name)
		}
		described[name] = p
		if p.Required && got.Get(name) == "" {
			c.add(o.Endpoint()+" "+in+" "+p.Name, "missing")
		}
	}
	for name, values := range got {
		where := o.Endpoint() + " " + in + " " + name
		p, ok := described[name]
		switch {
		case !ok:
			c.add(where, "unknown parameter")
		case len(values) != 1:
			c.add(where, "%d values", len(values))
		case !fits(values[0], p.Type):
			c.add(where, "not %s", p.Type)
		}
	}
}

func fits(text, kind string) bool {
	switch kind {
	case "boolean":
		return text == "true" || text == "false"
	case "integer":
		_, err := strconv.ParseUint(text, 10, 31)
		return err == nil
	default:
		return true
	}
}

// requestBody compares a body. Stytch's Go SDK repeats the parameters of the path
// in it, which is no difference as long as both agree.
func (c *check) requestBody(o *Operation, raw []byte, path map[string]string) {
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	body, err := decode(raw)
	if err != nil {
		c.add(o.Endpoint(), "no JSON object")
		return
	}
	s, name := c.facts.resolve(&schema{Ref: o.Body}, "")
	for parameter, value := range path {
		if _, own := s.Properties[parameter]; !own && body[parameter] == value {
			delete(body, parameter)
		}
	}
	c.object(body, s, name)
}
