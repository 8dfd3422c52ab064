package mock

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/mock/internal/api"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/stretchr/testify/require"
)

//go:generate go test -run ^TestEndpointList$ -update .

var update = flag.Bool("update", false, "write docs/mock-endpoints.md anew")

const endpointList = "../docs/mock-endpoints.md"

// The list for readers says what the table of routes says.
// go test ./mock -run TestEndpointList -update writes it.
func TestEndpointList(t *testing.T) {
	want := listEndpoints()
	if *update {
		require.NoError(t, os.WriteFile(endpointList, []byte(want), 0o644))
	}
	got, err := os.ReadFile(endpointList)
	require.NoError(t, err)
	require.Equal(t, want, string(got), "go generate ./mock writes it anew")
}

func listEndpoints() string {
	var there, missing strings.Builder
	built := 0
	for _, r := range slices.Concat(api.Routes, api.Directory) {
		if r.Serve == nil {
			fmt.Fprintf(&missing, "- `%s`\n", r.Endpoint)
			continue
		}
		built++
		who := map[core.Access]string{core.BySecret: "project", core.ByMember: "project, or a member through it", core.ByAnyone: "anyone", core.ByBearer: "directory"}[r.Access]
		fmt.Fprintf(&there, "| `%s` | %s |\n", r.Endpoint, who)
	}
	return fmt.Sprintf(`<!-- Written by go generate ./mock; TestEndpointList holds it. -->

# What mock.Stytch answers

%d endpoints, in the order of the table of routes. "project" means HTTP Basic with
the project id and secret; "a member through it" means that the RBAC headers
%s and %s are honoured; "anyone" is
for browsers and fetchers of the key set; "directory" means the bearer token of the
SCIM connection, for SCIM 2.0 at its base URL. There "*" is what is not there: it
answers 501. Paths that begin with /mock are the scripted identity provider's own.

| Endpoint | Who may call it |
| --- | --- |
%s
Stytch has these and the mock has not. They answer 501 with their name:

%s
Anything else is answered as Stytch answers it: 404 %s, or 405 %s for
a path that takes another method.
`, built, "`"+core.SessionTokenHeader+"`", "`"+core.SessionJWTHeader+"`", there.String(), missing.String(), "`route_not_found`", "`method_not_allowed`")
}
