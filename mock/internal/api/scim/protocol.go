package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// mediaType is that of all answers (RFC 7644, 8.1).
const mediaType = "application/scim+json"

// Call is a request of a directory, with the lock held.
type Call struct {
	*core.Request
	org *state.Organization
	n   *state.SCIMConnection
}

// Speak adapts an endpoint of SCIM 2.0. It asks for the connection's bearer token and
// writes errors in the form of RFC 7644, 3.12.
func Speak(serve func(*Call) (*wire.Document, error)) func(*core.Request) (wire.Success, error) {
	return func(r *core.Request) (wire.Success, error) {
		c, err := authenticate(r)
		var out *wire.Document
		if err == nil {
			out, err = serve(c)
		}
		if err != nil {
			return errorDocument(err), nil
		}
		return out, nil
	}
}

// authenticate gives an unknown connection and a wrong token the same answer.
func authenticate(r *core.Request) (*Call, error) {
	wrong := &protocolError{status: http.StatusUnauthorized, detail: "The bearer token is not that of this SCIM connection."}
	sent := r.Header.Values("Authorization")
	if len(sent) != 1 {
		wrong.detail = "The Authorization header should be Bearer and the token of the SCIM connection."
		return nil, wrong
	}
	scheme, token, _ := strings.Cut(sent[0], " ")
	n := r.State.SCIMConnection(r.Params["connection_id"])
	if n == nil || !strings.EqualFold(scheme, "Bearer") || !n.Accepts(token, r.Now) {
		return nil, wrong
	}
	r.Source = core.SourceSCIM
	return &Call{Request: r, org: r.State.Org(n.OrganizationID), n: n}, nil
}

// protocolError is an error of SCIM.
type protocolError struct {
	status   int
	scimType string // RFC 7644, table 9; empty: none fits
	detail   string
}

func (e *protocolError) Error() string {
	return fmt.Sprintf("%d %s: %s", e.status, e.scimType, e.detail)
}

// invalid is a 400 with a scimType of RFC 7644.
func invalid(scimType, format string, args ...any) error {
	return &protocolError{http.StatusBadRequest, scimType, fmt.Sprintf(format, args...)}
}

// conflict is the 409 about a value that another resource has.
func conflict(format string, args ...any) error {
	return &protocolError{http.StatusConflict, "uniqueness", fmt.Sprintf(format, args...)}
}

// beyond is the 501 about a part of SCIM that this package does not have.
func beyond(format string, args ...any) error {
	return &protocolError{http.StatusNotImplemented, "", "The mock does not have this: " + fmt.Sprintf(format, args...) + "."}
}

// taken are the error types of Stytch's that say the same as uniqueness.
var taken = map[string]bool{"duplicate_member_email": true, "retired_member_email": true}

// errorDocument writes an error. One of Stytch's comes from a rule that its other calls
// have too.
func errorDocument(err error) *wire.Document {
	var e *protocolError
	var stytch *wire.APIError
	switch {
	case errors.As(err, &e):
	case errors.As(err, &stytch) && taken[stytch.Type]:
		e = &protocolError{http.StatusConflict, "uniqueness", stytch.Message}
	case errors.As(err, &stytch):
		e = &protocolError{http.StatusBadRequest, "invalidValue", stytch.Message}
	default:
		e = &protocolError{http.StatusInternalServerError, "", "The mock has failed."}
	}
	out := document(e.status, struct {
		Schemas  []string `json:"schemas"`
		Status   string   `json:"status"`
		ScimType string   `json:"scimType,omitempty"`
		Detail   string   `json:"detail"`
	}{[]string{"urn:ietf:params:scim:api:messages:2.0:Error"}, strconv.Itoa(e.status), e.scimType, e.detail})
	if e.status == http.StatusUnauthorized {
		out.Header = http.Header{"Www-Authenticate": {`Bearer realm="scim"`}}
	}
	return out
}

func document(status int, body any) *wire.Document {
	return &wire.Document{Status: status, ContentType: mediaType, Body: body}
}

// created is the answer about a new resource, with its address.
func created(location string, body any) *wire.Document {
	out := document(http.StatusCreated, body)
	out.Header = http.Header{"Location": {location}}
	return out
}

// object reads the body, which is of the schema.
func (c *Call) object(schema string) (map[string]any, error) {
	if len(c.Body) > core.MaxBody {
		return nil, &protocolError{http.StatusRequestEntityTooLarge, "", "The body is larger than 1 MiB."}
	}
	decoder := json.NewDecoder(bytes.NewReader(c.Body))
	decoder.UseNumber()
	var out map[string]any
	if err := decoder.Decode(&out); err != nil || out == nil {
		return nil, invalid("invalidSyntax", "The body is no JSON object.")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("invalidSyntax", "The body has more than one JSON value.")
	}
	var named bool
	for name, value := range out {
		if list, ok := value.([]any); ok && strings.EqualFold(name, "schemas") {
			for _, urn := range list {
				text, _ := urn.(string)
				named = named || strings.EqualFold(text, schema)
			}
		}
	}
	if !named {
		return nil, invalid("invalidSyntax", "The schemas of the body should have %s.", schema)
	}
	return out, nil
}

// Beyond answers what this package does not have.
func Beyond(c *Call) (*wire.Document, error) {
	what := c.Params["path..."]
	switch first, _, _ := strings.Cut(what, "/"); strings.ToLower(first) {
	case "bulk":
		return nil, beyond("bulk operations, RFC 7644, 3.7")
	case "me":
		return nil, beyond("/Me, RFC 7644, 3.11")
	}
	if strings.HasSuffix(what, ".search") {
		return nil, beyond("queries by POST, RFC 7644, 3.4.3")
	}
	return nil, beyond("this method for %.100q. There are GET, POST, PUT, PATCH and DELETE for Users and Groups, and GET for ServiceProviderConfig, ResourceTypes and Schemas", what)
}
