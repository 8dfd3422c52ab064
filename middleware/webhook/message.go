package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// message is the body of a webhook of Stytch's, as far as it is used.
// https://stytch.com/docs/workspace-management/webhooks
type message struct {
	project string
	event   string // Stytch's event_id
	// What happened, in lower case. The name of the event is not used, since Stytch
	// writes its parts in two orders: "dashboard.update.member" and
	// "dashboard.member.update". Empty: not a plain word.
	source, object, action string
	id                     string // of the object
	class                  grimoireauth.OrganizationID
	at                     time.Time // when Stytch sent the event; zero if it does not say
}

// errMalformed means that the body is signed and is no event of Stytch's.
var errMalformed = errors.New("not an event of Stytch's")

// parse reads a body. What it does not know it leaves out, except for the ids without
// which a message can revoke nothing.
func parse(body []byte) (message, error) {
	fields, err := object(body)
	if err != nil {
		return message{}, err
	}
	m := message{
		project: text(fields["project_id"]),
		source:  word(fields["source"]), object: word(fields["object_type"]), action: word(fields["action"]),
		id: text(fields["id"]),
	}
	if m.event = text(fields["event_id"]); !isID(m.event, "") {
		m.event = ""
	}
	if !isID(m.project, "project-") {
		return message{}, errMalformed
	}
	m.at, _ = time.Parse(time.RFC3339Nano, text(fields["timestamp"]))
	m.class = classOf(fields, m.object)
	switch m.object {
	case "member":
		if !isID(m.id, "member-") {
			return message{}, errMalformed
		}
	case "organization":
		if !isID(m.id, "organization-") {
			return message{}, errMalformed
		}
		m.class = grimoireauth.OrganizationID(m.id)
	default:
		if !isID(m.id, "") {
			m.id = ""
		}
	}
	return m, nil
}

// classOf returns the Organization to which the object of an event belongs, or none: a
// deletion names only what was deleted. Stytch writes the object under the name of its
// type. Some events have it in "details" instead, which is not documented.
func classOf(fields map[string]json.RawMessage, objectType string) grimoireauth.OrganizationID {
	for _, name := range []string{objectType, "details"} {
		inner, err := object(fields[name])
		if err != nil {
			continue
		}
		if id := text(inner["organization_id"]); isID(id, "organization-") {
			return grimoireauth.OrganizationID(id)
		}
	}
	return ""
}

// object returns the members of a JSON object by their exact names. [json.Unmarshal]
// into a struct would ignore the case of names, and take the last of two.
func object(text []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errMalformed
	}
	fields := make(map[string]json.RawMessage)
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return nil, errMalformed
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errMalformed
		}
		if _, twice := fields[name]; twice {
			return nil, errMalformed
		}
		fields[name] = value
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, errMalformed
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errMalformed
	}
	return fields, nil
}

// text returns a JSON string, or "" for everything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// word returns a JSON string of letters and underscores in lower case, or "".
func word(raw json.RawMessage) string {
	w := strings.ToLower(text(raw))
	if len(w) > 64 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return w
}

// isID reports whether a value looks like an id: the prefix, something after it, and only
// characters that print as themselves.
func isID(value, prefix string) bool {
	if len(value) <= len(prefix) || len(value) > 128 || !strings.HasPrefix(value, prefix) {
		return false
	}
	for i := range len(value) {
		switch c := value[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
