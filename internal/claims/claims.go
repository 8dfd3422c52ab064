package claims

import (
	"bytes"
	"time"
)

// Claims are the claims of a session_jwt: well-formed, each at most once, of the right kind.
// The caller checks their values. Byte slices are parts of the payload that was read.
//
// Source: https://stytch.com/docs/b2b/guides/sessions/using-jwts
type Claims struct {
	Issuer   []byte
	Audience []byte // the first one; nil if there was none
	// MoreAudiences are the others, in their order; nil for Stytch's default of one. At most
	// fifteen.
	MoreAudiences [][]byte
	Subject       []byte
	Expires       Date
	IssuedAt      Date
	NotBefore     Date

	HasSession bool // the session claim was there
	SessionID  []byte
	Roles      []string
	Factors    []Factor
	StartedAt  time.Time // zero if absent, like the next two
	AccessedAt time.Time
	EndsAt     time.Time // of the session, not of the token

	HasOrganization bool // the organization claim was there
	OrganizationID  []byte
	Slug            []byte

	// ClientID and Scope say that these claims were there. Together they mark an
	// access token (RFC 9068, 2.2), which the same keys sign.
	ClientID, Scope bool

	// Custom is a JSON object of all other claims, nil if there are none. Names
	// under https://stytch.com/ are Stytch's and not among them.
	Custom []byte
}

// Factor is one authentication factor of the session claim.
type Factor struct {
	Type                string
	DeliveryMethod      string
	LastAuthenticatedAt time.Time // zero if absent
}

// The names that are read. A name that equals one of them only when case is ignored is
// rejected, since another program may take it for the real one.
const (
	sessionName      = "https://stytch.com/session"
	organizationName = "https://stytch.com/organization"
	stytchPrefix     = "https://stytch.com/"
)

var (
	topNames          = reserved("iss", "aud", "sub", "exp", "iat", "nbf", sessionName, organizationName)
	sessionNames      = reserved("id", "started_at", "last_accessed_at", "expires_at", "attributes", "authentication_factors", "roles")
	organizationNames = reserved("organization_id", "slug")
	factorNames       = reserved("type", "delivery_method", "last_authenticated_at")
)

func reserved(names ...string) [][]byte {
	out := make([][]byte, len(names))
	for i, n := range names {
		out[i] = []byte(n)
	}
	return out
}

// limits leave room for Stytch's tokens, which nest four deep and have at most 4 KB of
// custom claims, and bound the work that a hostile token can cause.
var limits = Limits{Depth: 16, Members: 256}

const (
	maxRoles     = 256
	maxFactors   = 64
	maxAudiences = 16
	// maxText bounds role ids, factor names and slugs, which are kept in memory.
	maxText = 256
)

// unlike rejects a name that is none of the reserved ones and equals one of them under
// Unicode case folding, which also takes "ſ" for "s" and the Kelvin sign for "k".
func (r *Reader) unlike(memberName []byte, names [][]byte) {
	for _, n := range names {
		if bytes.EqualFold(memberName, n) {
			r.fail(ErrFolded)
		}
	}
}

// Read reads the claims of a session_jwt. text makes the strings of role ids and factor
// names, so that the caller can share equal ones; nil means string().
func Read(payload []byte, text func([]byte) string) (Claims, error) {
	if text == nil {
		text = func(b []byte) string { return string(b) }
	}
	var c Claims
	r := NewReader(payload, limits)
	top := r.Object()
	for {
		memberName, ok := r.Next(&top)
		if !ok {
			break
		}
		switch string(memberName) {
		case "iss":
			c.Issuer = r.Text()
		case "aud":
			c.Audience, c.MoreAudiences = r.audience()
		case "sub":
			c.Subject = r.Text()
		case "exp":
			c.Expires = r.Date()
		case "iat":
			c.IssuedAt = r.Date()
		case "nbf":
			c.NotBefore = r.Date()
		case sessionName:
			c.HasSession = true
			r.session(&c, text)
		case organizationName:
			c.HasOrganization = true
			r.organization(&c)
		default:
			r.unlike(memberName, topNames)
			c.ClientID = c.ClientID || string(memberName) == "client_id"
			c.Scope = c.Scope || string(memberName) == "scope"
			value := r.Raw()
			if !bytes.HasPrefix(memberName, []byte(stytchPrefix)) && r.err == nil {
				c.Custom = r.custom(c.Custom, r.at(r.count-1), value)
			}
		}
	}
	if c.Custom != nil {
		c.Custom = append(c.Custom, '}')
	}
	if err := r.End(); err != nil {
		return Claims{}, err
	}
	return c, nil
}

// custom appends a member to a JSON object. It copies the name as written, with its
// escapes.
func (r *Reader) custom(object []byte, n name, value []byte) []byte {
	if object == nil {
		object = make([]byte, 0, int(n.end-n.start)+len(value)+6)
		object = append(object, '{')
	} else {
		object = append(object, ',')
	}
	object = append(object, r.src[n.start-1:n.end+1]...)
	object = append(object, ':')
	return append(object, value...)
}

// audience reads the aud claim: one string, or an array of at least one (RFC 7519, 4.1.3).
// Stytch writes the project, and the custom audience of a JWT template beside it. Which of
// them count is for the caller to say (RFC 8725, 3.9).
func (r *Reader) audience() (first []byte, more [][]byte) {
	if r.Is('"') {
		return r.Text(), nil
	}
	n := 0
	for a := r.Array(); r.More(&a); n++ {
		switch value := r.Text(); n {
		case 0:
			first = value
		case maxAudiences:
			r.fail(ErrTooMuch)
		default:
			more = append(more, value)
		}
	}
	if n == 0 {
		r.fail(ErrShape)
	}
	return first, more
}

func (r *Reader) session(c *Claims, text func([]byte) string) {
	o := r.Object()
	for {
		memberName, ok := r.Next(&o)
		if !ok {
			return
		}
		switch string(memberName) {
		case "id":
			c.SessionID = r.Text()
		case "started_at":
			c.StartedAt = r.Timestamp()
		case "last_accessed_at":
			c.AccessedAt = r.Timestamp()
		case "expires_at":
			c.EndsAt = r.Timestamp()
		case "roles":
			c.Roles = r.roles(text)
		case "authentication_factors":
			c.Factors = r.factors(text)
		default:
			if string(memberName) != "attributes" {
				r.unlike(memberName, sessionNames)
			}
			r.Raw()
		}
	}
}

// roles reads an array of role ids. A null means no roles: some encoders write an empty
// list so.
func (r *Reader) roles(text func([]byte) string) []string {
	if r.Null() {
		return nil
	}
	var roles []string
	for a := r.Array(); r.More(&a); {
		if len(roles) == maxRoles {
			r.fail(ErrTooMuch)
			return nil
		}
		if roles == nil {
			roles = make([]string, 0, 4)
		}
		roles = append(roles, text(r.shown()))
	}
	return roles
}

func (r *Reader) factors(text func([]byte) string) []Factor {
	if r.Null() {
		return nil
	}
	var factors []Factor
	for a := r.Array(); r.More(&a); {
		if len(factors) == maxFactors {
			r.fail(ErrTooMuch)
			return nil
		}
		if factors == nil {
			factors = make([]Factor, 0, 2)
		}
		factors = append(factors, r.factor(text))
	}
	return factors
}

func (r *Reader) factor(text func([]byte) string) (f Factor) {
	o := r.Object()
	for {
		memberName, ok := r.Next(&o)
		if !ok {
			return f
		}
		switch string(memberName) {
		case "type":
			f.Type = text(r.shown())
		case "delivery_method":
			f.DeliveryMethod = text(r.shown())
		case "last_authenticated_at":
			f.LastAuthenticatedAt = r.Timestamp()
		default:
			r.unlike(memberName, factorNames)
			r.Raw()
		}
	}
}

func (r *Reader) organization(c *Claims) {
	o := r.Object()
	for {
		memberName, ok := r.Next(&o)
		if !ok {
			return
		}
		switch string(memberName) {
		case "organization_id":
			c.OrganizationID = r.Text()
		case "slug":
			c.Slug = r.shown()
		default:
			r.unlike(memberName, organizationNames)
			r.Raw()
		}
	}
}

// shown reads a text that is displayed or compared: of bounded length, and without
// invisible characters.
func (r *Reader) shown() []byte {
	text := r.Text()
	if len(text) > maxText || !Printable(text) {
		r.fail(ErrShape)
		return nil
	}
	return text
}
