package mock

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// route is one endpoint.
type route struct {
	// endpoint is its method and path as Stytch's documentation writes them, and
	// the name that faults and the journal use.
	endpoint string
	access   access
	// serve answers it, with the lock held. Nil: Stytch has it, this package not.
	serve func(*call) (stamped, error)

	method   string
	segments []string
}

// access says who may call an endpoint.
type access uint8

const (
	bySecret access = iota // the project, with its id and secret
	byMember               // the same, and it honours a member's session in the RBAC headers
	byAnyone               // no credentials: browsers and key set fetchers
)

// split fills in what matching needs.
func (r route) split() route {
	method, path, ok := strings.Cut(r.endpoint, " ")
	if !ok {
		panic("mock: endpoint " + r.endpoint + " has no method")
	}
	r.method, r.segments = method, strings.Split(strings.TrimPrefix(path, "/"), "/")
	return r
}

// match is what a path led to.
type match struct {
	route   *route // nil if there is no such endpoint
	params  map[string]string
	methods []string // what the path has instead, if only the method is wrong
	public  bool     // the path needs no credentials
}

// endpointName is the route's name, or nothing.
func (m match) endpointName() string {
	if m.route == nil {
		return ""
	}
	return m.route.endpoint
}

var slashes = regexp.MustCompile(`/{2,}`)

// find looks a request up in the table. It works on the escaped path, because an
// id may contain an escaped slash, and takes several slashes for one, because
// stytch-go asks for //v1/b2b/… when its base URI ends in a slash.
func find(table []route, method string, u *url.URL) match {
	path := slashes.ReplaceAllString(u.EscapedPath(), "/")
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range segments {
		plain, err := url.PathUnescape(segments[i])
		if err != nil {
			return match{}
		}
		segments[i] = plain
	}
	if method == http.MethodHead {
		// Only browsers send HEAD, and only to pages made for them.
		if m := find(table, http.MethodGet, u); m.public {
			return m
		}
	}
	var found match
	for i := range table {
		r := &table[i]
		params, ok := r.fits(segments)
		if !ok {
			continue
		}
		found.public = found.public || r.access == byAnyone
		switch {
		case r.method != method:
			found.methods = append(found.methods, r.method)
		case found.route == nil || moreLiteral(r, found.route):
			found.route, found.params = r, params
		}
	}
	slices.Sort(found.methods)
	found.methods = slices.Compact(found.methods)
	return found
}

// fits returns the path's parameters. An empty segment is no parameter: an
// empty id is never the id of something.
func (r *route) fits(segments []string) (map[string]string, bool) {
	if len(segments) != len(r.segments) {
		return nil, false
	}
	params := make(map[string]string)
	for i, want := range r.segments {
		if name, isParam := param(want); isParam {
			if segments[i] == "" {
				return nil, false
			}
			params[name] = segments[i]
		} else if segments[i] != want {
			return nil, false
		}
	}
	return params, true
}

func param(segment string) (name string, ok bool) {
	if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

// moreLiteral reports whether a names the leftmost segment in which they differ
// and b has a parameter there: /organizations/members/search is nobody's member
// called "search".
func moreLiteral(a, b *route) bool {
	for i := range a.segments {
		_, inA := param(a.segments[i])
		_, inB := param(b.segments[i])
		if inA != inB {
			return inB
		}
	}
	return false
}
