package mock

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// reply is a finished HTTP answer.
type reply struct {
	status    int
	header    http.Header
	body      []byte
	cut       bool // only half of the body arrives
	errorType string
}

// stamped is the body of a successful answer: a struct that embeds envelope.
type stamped interface{ stamp(requestID string) }

// envelope is what every successful answer of Stytch's has besides its own
// fields.
type envelope struct {
	RequestID  string `json:"request_id"`
	StatusCode int    `json:"status_code"`
}

func (e *envelope) stamp(requestID string) { e.RequestID, e.StatusCode = requestID, http.StatusOK }

// statusOnly is the answer of calls that return nothing.
type statusOnly struct{ envelope }

// redirect is the answer of a page for browsers: go there.
type redirect struct {
	envelope
	location string
}

// errorBody is Stytch's error object.
type errorBody struct {
	StatusCode   int    `json:"status_code"`
	RequestID    string `json:"request_id"`
	ErrorType    string `json:"error_type"`
	ErrorMessage string `json:"error_message"`
	ErrorURL     string `json:"error_url"`
}

// moment is a time on the wire: RFC 3339 in UTC with a fraction, as in Stytch's
// answers. Go's own encoding would drop a fraction of zero, and a client that
// cannot read fractions would pass its tests.
type moment time.Time

func (m moment) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(m).UTC().Format(`"2006-01-02T15:04:05.000000Z"`)), nil
}

func refused(r *refusal, requestID string) reply {
	out := jsonReply(r.status, errorBody{
		StatusCode:   r.status,
		RequestID:    requestID,
		ErrorType:    r.kind,
		ErrorMessage: r.message,
		ErrorURL:     r.url(),
	})
	out.errorType = r.kind
	if len(r.allow) > 0 {
		out.header.Set("Allow", strings.Join(r.allow, ", "))
	}
	return out
}

func jsonReply(status int, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		// Everything that is encoded here was made in this package.
		panic("mock: cannot encode an answer: " + err.Error())
	}
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   body,
	}
}

func succeeded(v stamped, requestID string) reply {
	if to, ok := v.(*redirect); ok {
		return reply{
			status: http.StatusFound,
			header: http.Header{
				"Location":        {to.location},
				"Cache-Control":   {"no-store"},
				"Referrer-Policy": {"no-referrer"},
			},
		}
	}
	if page, ok := v.(*htmlPage); ok {
		return reply{
			status: http.StatusOK,
			header: http.Header{
				"Content-Type":            {"text/html; charset=utf-8"},
				"Cache-Control":           {"no-store"},
				"Referrer-Policy":         {"no-referrer"},
				"X-Content-Type-Options":  {"nosniff"},
				"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
			},
			body: []byte(page.body),
		}
	}
	v.stamp(requestID)
	return jsonReply(http.StatusOK, v)
}
