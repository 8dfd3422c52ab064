package contract

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/promptgrimoire/auth/internal/wiretap"
)

// Answer compares an answer of Stytch's, or of the mock's, with the description. A
// error is compared for every path; any other answer only if it is to one of the
// operations, since the pages for browsers are not described.
func Answer(x wiretap.Exchange) []Difference {
	c := &check{facts: known()}
	o, _ := c.facts.find(x.Method, x.URL)
	switch {
	case x.Method == http.MethodHead: // has no body
	case isSCIM(x):
		c.scim(x)
	case x.Status >= 400:
		c.refusal(x)
	case o != nil:
		c.success(x, o)
	}
	return c.found
}

// success compares an answer without an error. The SDKs of Go and Python take
// only 200 for one.
func (c *check) success(x wiretap.Exchange, o *Operation) {
	if x.Status != http.StatusOK {
		c.add(o.Endpoint(), "status %d", x.Status)
		return
	}
	body := c.body(x, o.Endpoint())
	if body == nil {
		return
	}
	s, name := c.facts.resolve(&schema{Ref: o.Response}, "")
	c.object(body, s, name)
	c.envelope(body, x.Status, o.Response)
}

var requestIDForm = regexp.MustCompile(`^request-id-(test|live)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// envelope compares what every answer has.
func (c *check) envelope(body map[string]any, status int, where string) {
	if id, ok := body["request_id"].(string); ok && !requestIDForm.MatchString(id) {
		c.add(where+".request_id", "not of the form request-id-test-<uuid>")
	}
	if fmt.Sprint(body["status_code"]) != strconv.Itoa(status) && kindOf(body["status_code"]) == "integer" {
		c.add(where+".status_code", "not the status of the answer")
	}
}

// body returns the JSON object of an answer, or nil.
func (c *check) body(x wiretap.Exchange, where string) map[string]any {
	if got := x.Header.Get("Content-Type"); got != "application/json" {
		c.add(where, "Content-Type %q", got)
		return nil
	}
	body, err := decode(x.Body)
	if err != nil {
		c.add(where, "no JSON object")
		return nil
	}
	return body
}

// refusalSchema is Stytch's error object. Source: the SDKs' error types and
// https://stytch.com/docs/b2b/api/errors.
var refusalSchema = &schema{
	Type: "object",
	Properties: map[string]*schema{
		"status_code":   {Type: "integer"},
		"request_id":    {Type: "string"},
		"error_type":    {Type: "string"},
		"error_message": {Type: "string"},
		"error_url":     {Type: "string"},
		"error_details": {Type: "object", Additional: []byte("true")},
	},
	Required: []string{"status_code", "request_id", "error_type", "error_message", "error_url"},
}

// oauth2Refusal is the error object of the endpoints of OAuth 2.0, with the names of
// RFC 6749, 5.2. Source: stytcherror.OAuth2Error of stytch-go.
var oauth2Refusal = &schema{
	Type: "object",
	Properties: map[string]*schema{
		"status_code":       {Type: "integer"},
		"request_id":        {Type: "string"},
		"error":             {Type: "string"},
		"error_description": {Type: "string"},
		"error_uri":         {Type: "string"},
	},
	Required: []string{"status_code", "request_id", "error", "error_description", "error_uri"},
}

// errorPage is where the pages about errors are. Three forms were observed.
var errorPage = regexp.MustCompile(`^https://stytch\.com/docs/(api/errors/|b2b/api/errors/|api-reference/b2b/api/errors/)([0-9]{3})(#([a-z0-9_]+))?$`)

// detailed are the error types that are known to have error_details. Its keys are not
// published. Source: https://github.com/stytchauth/stytch-node/pull/379
var detailed = []string{"invalid_email_for_jit_provisioning"}

func (c *check) refusal(x wiretap.Exchange) {
	const name = "refusal"
	body := c.body(x, name)
	if body == nil {
		return
	}
	envelope, typeField, messageField, pageField := refusalSchema, "error_type", "error_message", "error_url"
	if _, ok := body["error"]; ok && strings.Contains(x.URL.Path, "/oauth2/") {
		envelope, typeField, messageField, pageField = oauth2Refusal, "error", "error_description", "error_uri"
	}
	c.object(body, envelope, name)
	c.envelope(body, x.Status, name)
	kind, _ := body[typeField].(string)
	if statuses, ok := c.facts.errors[kind]; !ok {
		c.add(name+" "+kind, "unknown error type")
	} else if !slices.Contains(statuses, x.Status) {
		c.add(name+" "+kind, "status %d, not %s", x.Status, strings.Trim(fmt.Sprint(statuses), "[]"))
	}
	if _, ok := body["error_details"]; !ok && slices.Contains(detailed, kind) {
		c.add(name+" "+kind, "no error_details")
	}
	if text, ok := body[messageField].(string); ok && text == "" {
		c.add(name+"."+messageField, "empty")
	}
	if page, ok := body[pageField].(string); ok {
		m := errorPage.FindStringSubmatch(page)
		if m == nil || m[2] != strconv.Itoa(x.Status) || m[4] != "" && m[4] != kind {
			c.add(name+"."+pageField, "not the page of the error")
		}
	}
}
