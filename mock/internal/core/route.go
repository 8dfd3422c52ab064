package core

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Route is one endpoint.
type Route struct {
	// endpoint is its method and path as Stytch's documentation writes them, and
	// the name that faults and the journal use.
	Endpoint string
	Access   Access
	// serve answers it, with the lock held. Nil: Stytch has it, this package not.
	Serve func(*Request) (wire.Success, error)
	// Refusal is the answer of a route without Serve to a request with this name.
	// Nil: 501 with the name.
	Refusal func(name string) *wire.APIError

	Method   string // "*": every method
	Segments []string
	prefix   bool // the last segment is {path...}, which stands for one or more
}

// Access says who may call an endpoint.
type Access uint8

const (
	BySecret Access = iota // the project, with its id and secret
	ByMember               // the same, and it honours a member's session in the RBAC headers
	ByAnyone               // no credentials: browsers and key set fetchers
	ByBearer               // a directory, with the bearer token of its SCIM connection; the endpoint looks at it
)

// Table prepares the routes for [Find].
func Table(routes []Route) []Route {
	for i, r := range routes {
		routes[i] = r.split()
	}
	return routes
}

// split fills in what matching needs.
func (r Route) split() Route {
	method, path, ok := strings.Cut(r.Endpoint, " ")
	if !ok {
		panic("mock: endpoint " + r.Endpoint + " has no method")
	}
	r.Method, r.Segments = method, strings.Split(strings.TrimPrefix(path, "/"), "/")
	r.prefix = strings.HasSuffix(path, "...}")
	return r
}

// Match is what a path led to.
type Match struct {
	route   *Route // nil if there is no such endpoint
	params  map[string]string
	methods []string // what the path has instead, if only the method is wrong
	public  bool     // the path needs no credentials of the project
}

// EndpointName is the route's name, or nothing.
func (m Match) EndpointName() string {
	if m.route == nil {
		return ""
	}
	return m.route.Endpoint
}

var slashes = regexp.MustCompile(`/{2,}`)

// FindIn looks a request up in one table after the other. A later table is asked about
// paths that the earlier ones do not have.
func FindIn(method string, u *url.URL, tables ...[]Route) Match {
	var found Match
	for _, table := range tables {
		found = Find(table, method, u)
		if found.route != nil || len(found.methods) > 0 {
			break
		}
	}
	return found
}

// Find looks a request up in the table. It works on the escaped path, because an
// id may contain an escaped slash, and takes several slashes for one, because
// stytch-go asks for //v1/b2b/… when its base URI ends in a slash.
func Find(table []Route, method string, u *url.URL) Match {
	path := slashes.ReplaceAllString(u.EscapedPath(), "/")
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range segments {
		plain, err := url.PathUnescape(segments[i])
		if err != nil {
			return Match{}
		}
		segments[i] = plain
	}
	if method == http.MethodHead {
		// Only browsers send HEAD, and only to pages made for them.
		if m := Find(table, http.MethodGet, u); m.public {
			return m
		}
	}
	var found Match
	for i := range table {
		r := &table[i]
		params, ok := r.fits(segments)
		if !ok {
			continue
		}
		found.public = found.public || r.Access == ByAnyone || r.Access == ByBearer
		switch {
		case r.Method != method && r.Method != "*":
			found.methods = append(found.methods, r.Method)
		case found.route == nil || moreLiteral(r, found.route):
			found.route, found.params = r, params
		}
	}
	slices.Sort(found.methods)
	found.methods = slices.Compact(found.methods)
	return found
}

// nameFor is the endpoint's name with the method of a request.
func (r *Route) nameFor(method string) string {
	if path, ok := strings.CutPrefix(r.Endpoint, "* "); ok {
		return method + " " + path
	}
	return r.Endpoint
}

// fits returns the path's parameters. An empty segment is no parameter: an
// empty id is never the id of something.
func (r *Route) fits(segments []string) (map[string]string, bool) {
	if r.prefix && len(segments) > len(r.Segments) {
		segments = segments[:len(r.Segments)]
	}
	if len(segments) != len(r.Segments) {
		return nil, false
	}
	params := make(map[string]string)
	for i, want := range r.Segments {
		if name, isParam := Param(want); isParam {
			if segments[i] == "" {
				return nil, false
			}
			params[name] = segments[i]
		} else if segments[i] != want {
			return nil, false
		}
	}
	// Behind /v1/b2b/scim/ is a connection's id in the paths of a directory, and that of
	// an organization in the project's.
	return params, r.Access != ByBearer || strings.HasPrefix(params["connection_id"], "scim-connection-")
}

// Param returns the name of a path parameter such as {member_id}.
func Param(segment string) (name string, ok bool) {
	if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

// moreLiteral reports whether a names the leftmost segment in which they differ
// and b has a parameter there: /organizations/members/search is not the member
// called "search".
func moreLiteral(a, b *Route) bool {
	for i := range min(len(a.Segments), len(b.Segments)) {
		_, inA := Param(a.Segments[i])
		_, inB := Param(b.Segments[i])
		if inA != inB {
			return inB
		}
	}
	return b.prefix && !a.prefix
}

// MaxBody bounds a request body. Stytch's own bound is not published; metadata
// and claims are limited to kilobytes.
const MaxBody = 1 << 20

// IsIdPPage reports whether a browser asks for a page of the identity provider, whose
// refusals are for people then.
func IsIdPPage(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/mock/") && wire.WantsPage(r.Header)
}

// Process answers a request to which no fault applies. Credentials are looked at before
// the route, as observed: a stranger learns no route names.
func (s *Server) Process(r *http.Request, found Match, body []byte, requestID string) wire.Response {
	if !s.Remote && IsRemote(r) {
		return wire.ErrorResponse(wire.Error(wire.TypeRemote), requestID)
	}
	known := found.route != nil || len(found.methods) > 0
	if !found.public && (known || !IsIdPPage(r)) {
		if err := s.checkCredentials(r); err != nil {
			return wire.ErrorResponse(err, requestID)
		}
	}
	switch {
	case found.route == nil && len(found.methods) > 0:
		wrong := wire.Error("method_not_allowed")
		wrong.Allow = found.methods
		return wire.ErrorResponse(wrong, requestID)
	case found.route == nil:
		return wire.ErrorResponse(wire.Error("route_not_found"), requestID)
	case found.route.Serve == nil && found.route.Refusal != nil:
		return wire.ErrorResponse(found.route.Refusal(found.route.nameFor(r.Method)), requestID)
	case found.route.Serve == nil:
		return wire.ErrorResponse(wire.FieldError(wire.TypeNotBuilt, found.route.Endpoint), requestID)
	}

	s.Mu.Lock()
	defer s.Mu.Unlock()
	c := &Request{
		Server: s,
		Now:    time.Now().UTC().Truncate(time.Microsecond),
		ahead:  AheadOf(r.Context()),
		Params: found.params,
		Header: r.Header,
		Query:  r.URL.Query(),
		Body:   body,
		Source: SourceDirect,
	}
	defer c.finish()
	if found.route.Access == ByMember {
		if err := c.identifyCaller(r.Header); err != nil {
			return wire.ErrorResponse(wire.AsError(err), requestID)
		}
	}
	out, err := found.route.Serve(c)
	if err != nil {
		return wire.ErrorResponse(wire.AsError(err), requestID)
	}
	// Encoded under the lock, because the answer refers to what is stored.
	return wire.SuccessResponse(out, requestID)
}

// IsRemote reports whether the request arrived over a network. A real server
// says in the context which of its addresses the client connected to; a handler
// that is called directly has none.
func IsRemote(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	if local.Network() == "unix" {
		return false
	}
	at, err := netip.ParseAddrPort(local.String())
	return err != nil || !at.Addr().Unmap().IsLoopback()
}
