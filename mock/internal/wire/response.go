// Package wire is what goes over the wire between Stytch and its callers: the envelope
// of a response, timestamps, the JSON objects and the table of errors. It knows no
// state and imports nothing of this module.
package wire

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Response is a finished HTTP answer.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte
	Truncated bool // only half of the body arrives
	ErrorType string
}

// Success is the body of a successful answer: a struct that embeds envelope.
type Success interface{ stamp(requestID string) }

// Envelope is what every successful answer of Stytch's has besides its own
// fields.
type Envelope struct {
	RequestID  string `json:"request_id"`
	StatusCode int    `json:"status_code"`
}

func (e *Envelope) stamp(requestID string) { e.RequestID, e.StatusCode = requestID, http.StatusOK }

// StatusOnly is the answer of calls that return nothing.
type StatusOnly struct{ Envelope }

// ShortEnvelope is the envelope of the one answer that has no request_id, by Stytch's
// description and its SDKs: that of the groups of a SCIM connection.
type ShortEnvelope struct {
	StatusCode int `json:"status_code"`
}

func (e *ShortEnvelope) stamp(string) { e.StatusCode = http.StatusOK }

// Redirect is the answer of a page for browsers: go there.
type Redirect struct {
	Envelope
	Location string
}

// Document is the answer of an endpoint that speaks another protocol than Stytch's, such
// as SCIM 2.0.
type Document struct {
	Envelope
	Status      int
	Header      http.Header // besides the Content-Type; nil: none
	ContentType string
	Body        any // nil: no body
}

func (d *Document) response() Response {
	out := Response{Status: d.Status, Header: http.Header{}}
	if d.Body != nil {
		out = jsonResponse(d.Status, d.Body)
		out.Header.Set("Content-Type", d.ContentType)
	}
	for name, values := range d.Header {
		out.Header[name] = values
	}
	return out
}

// errorBody is Stytch's error object.
type errorBody struct {
	StatusCode   int            `json:"status_code"`
	RequestID    string         `json:"request_id"`
	ErrorType    string         `json:"error_type"`
	ErrorMessage string         `json:"error_message"`
	ErrorURL     string         `json:"error_url"`
	ErrorDetails map[string]any `json:"error_details,omitempty"`
}

// oauth2ErrorBody is the error object of Stytch's endpoints of OAuth 2.0.
// Source: stytcherror.OAuth2Error of stytch-go; RFC 6749, 5.2
type oauth2ErrorBody struct {
	StatusCode       int    `json:"status_code"`
	RequestID        string `json:"request_id"`
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
	ErrorURI         string `json:"error_uri"`
}

// Timestamp is a time on the wire: RFC 3339 in UTC with a fraction, as in Stytch's
// answers. Go's own encoding would drop a fraction of zero, and a client that
// cannot read fractions would pass its tests.
type Timestamp time.Time

// MarshalJSON writes six digits of a fraction.
func (m Timestamp) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(m).UTC().Format(`"2006-01-02T15:04:05.000000Z"`)), nil
}

// ErrorResponse is the response with Stytch's error object.
func ErrorResponse(r *APIError, requestID string) Response {
	var body any = errorBody{
		StatusCode:   r.Status,
		RequestID:    requestID,
		ErrorType:    r.Type,
		ErrorMessage: r.Message,
		ErrorURL:     r.url(),
		ErrorDetails: r.Details,
	}
	if r.OAuth2 {
		body = oauth2ErrorBody{r.Status, requestID, r.Type, r.Message, r.url()}
	}
	out := jsonResponse(r.Status, body)
	out.ErrorType = r.Type
	if len(r.Allow) > 0 {
		out.Header.Set("Allow", strings.Join(r.Allow, ", "))
	}
	return out
}

func jsonResponse(status int, v any) Response {
	body, err := json.Marshal(v)
	if err != nil {
		// Everything that is encoded here was made in this package.
		panic("mock: cannot encode an answer: " + err.Error())
	}
	return Response{
		Status: status,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   body,
	}
}

// SuccessResponse is the response of an endpoint: a page, a redirect, a JSON object of
// Stytch's or a document of another protocol.
func SuccessResponse(v Success, requestID string) Response {
	if to, ok := v.(*Redirect); ok {
		return Response{
			Status: http.StatusFound,
			Header: http.Header{
				"Location":        {to.Location},
				"Cache-Control":   {"no-store"},
				"Referrer-Policy": {"no-referrer"},
			},
		}
	}
	if page, ok := v.(*Page); ok {
		return page.response(http.StatusOK)
	}
	if d, ok := v.(*Document); ok {
		return d.response()
	}
	v.stamp(requestID)
	return jsonResponse(http.StatusOK, v)
}

// ClaimTime is a time in Stytch's claims: RFC 3339 with whole seconds.
func ClaimTime(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// OrNull returns nil for an empty string: optional fields without a value are
// null on the wire.
func OrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
