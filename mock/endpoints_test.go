package mock

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/mock/internal/api"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
	"github.com/stretchr/testify/require"
)

//go:generate go test -run ^(TestEndpointList|TestW01_EveryMethodOfStytchGo)$ -update .

var update = flag.Bool("update", false, "write docs/mock-endpoints.md anew")

const endpointList = "../docs/mock-endpoints.md"

// The list for readers says what Stytch's description and the table of routes say.
// go test ./mock -run TestEndpointList -update writes it.
func TestEndpointList(t *testing.T) {
	want := listEndpoints(sdkMethods(t))
	if *update {
		require.NoError(t, os.WriteFile(endpointList, []byte(want), 0o644))
	}
	got, err := os.ReadFile(endpointList)
	require.NoError(t, err)
	require.Equal(t, want, string(got), "go generate ./mock writes it anew")
}

// All of Stytch's B2B operations are served. That each of them also has an answer 200 in
// the tests is what the comparison with Stytch's description says.
func TestW01_AllOperationsAreServed(t *testing.T) {
	served := 0
	for _, o := range contract.Operations() {
		if r := routeOf(o); r != nil && r.Serve != nil {
			served++
			continue
		}
		t.Errorf("%s is not served", o.Endpoint())
	}
	require.Equal(t, 97, served)
}

// routeOf returns the route of an operation, or nil.
func routeOf(o *contract.Operation) *core.Route {
	i := slices.IndexFunc(api.Routes, func(r core.Route) bool { return r.Endpoint == o.Endpoint() })
	if i < 0 {
		return nil
	}
	return &api.Routes[i]
}

// onlyNode are the methods of the Node SDK 14.2.0 that stytch-go v16.41.0 does not have,
// by endpoint. The tests in internal/node find all methods of that SDK in the list.
var onlyNode = map[string]string{
	"DELETE /v1/b2b/organizations/{organization_id}/external_id":                     "Node's `organizations.deleteExternalId`",
	"DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/external_id": "Node's `organizations.members.deleteExternalId`",
	"GET /v1/b2b/rbac/organizations/{organization_id}":                               "Node's `rbac.organizations.getOrgPolicy`",
	"PUT /v1/b2b/rbac/organizations/{organization_id}":                               "Node's `rbac.organizations.setOrgPolicy`",
	"POST /v1/email/risk": "Node's `fraud.email.risk`",
}

// listEndpoints writes the list. sdk has the methods of stytch-go by endpoint.
func listEndpoints(sdk map[string][]string) string {
	methods := func(endpoint string) string {
		if len(sdk[endpoint]) == 0 {
			return onlyNode[endpoint]
		}
		return "`" + strings.Join(sdk[endpoint], "`, `") + "`"
	}
	var operations, others, directory, absent, consumer strings.Builder
	served, described := 0, make(map[string]bool)
	for _, o := range contract.Operations() {
		described[o.Endpoint()] = true
		answer, who := "501", "project"
		if r := routeOf(o); r != nil {
			who = callers(*r)
			if r.Serve != nil {
				answer = "served"
				served++
			}
		}
		fmt.Fprintf(&operations, "| `%s` | `%s` | %s | %s | %s |\n", o.Endpoint(), o.Name, methods(o.Endpoint()), who, answer)
	}
	for _, r := range api.Routes {
		if !described[r.Endpoint] {
			fmt.Fprintf(&others, "| `%s` | %s | %s |\n", r.Endpoint, methods(r.Endpoint), callers(r))
		}
	}
	for _, r := range api.Directory {
		fmt.Fprintf(&directory, "- `%s`\n", r.Endpoint)
	}
	onlyConsumer := 0
	for _, r := range api.Elsewhere {
		refusal := r.Refusal(r.Endpoint)
		if refusal.Status == http.StatusNotImplemented {
			_, why, _ := strings.Cut(refusal.Message, r.Endpoint+": ")
			fmt.Fprintf(&absent, "| `%s` | %s | %s | %s |\n", r.Endpoint, methods(r.Endpoint), callers(r), strings.TrimSuffix(why, "."))
			continue
		}
		onlyConsumer++
		fmt.Fprintf(&consumer, "- `%s`\n", r.Endpoint)
	}
	return fmt.Sprintf(`<!-- Written by go generate ./mock; TestEndpointList holds it. -->

# What mock.Stytch answers

"project" means HTTP Basic with the project id and secret. Where a permission stands
beside it, the RBAC headers %s and %s are honoured:
the member whose session they have needs that action on that resource. "update.*" is the
action of each field that the call changes, and "*" all actions, where Stytch states none.
"anyone" is for browsers and fetchers of the key set.

## Stytch B2B: %d of %d operations

These are the operations of Stytch's own description of its API, by path. Each of them
has an answer 200 in the tests, and all answers are compared with the description.
The methods of Stytch's SDKs are those that call an endpoint: of stytch-go v16.41.0, and
of the Node SDK 14.2.0, which has the same names with small letters at the beginning. The
tests call all methods of both, and the SDKs read every answer.

| Endpoint | Operation | Method of the SDKs | Who may call it | |
| --- | --- | --- | --- | --- |
%s
## Besides

What the description leaves out: pages for browsers, what is for all projects, and what
other systems call. Paths that begin with /mock are the scripted identity provider's own.

| Endpoint | Method of the SDKs | Who may call it |
| --- | --- | --- |
%s
## SCIM 2.0

The base URL of a SCIM connection, for a school's directory with the bearer token of the
connection. The last line is everything else there: it answers 501.

%s
## What every project has at Stytch, and the mock has not

These answer 501 with their name and a sentence. An asterisk stands for every method.

| Endpoint | Method of the SDKs | Who may call it | Why |
| --- | --- | --- | --- |
%s
## What only consumer projects have

These %d answer 400 %s, as Stytch does to a B2B project:

%s
## Everything else

404 %s, or 405 %s for a path that takes another method, as at Stytch.
`, "`"+core.SessionTokenHeader+"`", "`"+core.SessionJWTHeader+"`", served, len(contract.Operations()), operations.String(), others.String(),
		directory.String(), absent.String(), onlyConsumer, "`invalid_consumer_endpoint`", consumer.String(), "`route_not_found`", "`method_not_allowed`")
}

// callers says in words who may call a route.
func callers(r core.Route) string {
	switch r.Access {
	case core.BySecret:
		return "project"
	case core.ByAnyone:
		return "anyone"
	}
	p, ok := needed[r.Endpoint]
	if !ok {
		return "project, or a member through it"
	}
	said := fmt.Sprintf("project, or a member with `%s` on `%s`", p.action, p.resource)
	if aboutThemselves(r.Endpoint) {
		said += fmt.Sprintf(", or on `%s` about themselves", wire.ResourceSelf)
	}
	return said
}
