package contract_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/internal/wiretap"
	"github.com/promptgrimoire/auth/mock"
)

// scimExchanges are what requests of a directory lead to.
func scimExchanges(t *testing.T) map[string]wiretap.Exchange {
	t.Helper()
	s := new(mock.Stytch)
	base, bearer := s.AddSCIM(s.AddClass("LAWS1100").ID, "okta")
	out := make(map[string]wiretap.Exchange)
	send := func(name, method, path, token, body string) {
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		wiretap.Listen(func(x wiretap.Exchange) { out[name] = x })
		defer wiretap.Listen(nil)
		_, err = s.RoundTrip(req)
		require.NoError(t, err)
	}
	const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.edu"}`
	send("created", "POST", "/Users", bearer.Reveal(), user)
	send("conflict", "POST", "/Users", bearer.Reveal(), user)
	send("list", "GET", "/Users", bearer.Reveal(), "")
	send("refused", "GET", "/Users", "x", "")
	send("beyond", "POST", "/Bulk", bearer.Reveal(), "")
	return out
}

// Each change that a mistake in the mock could make to an answer to a directory is found.
func TestW01_ChangedSCIMAnswersAreFound(t *testing.T) {
	all := scimExchanges(t)
	header := func(name, value string) func(object, *wiretap.Exchange) {
		return func(_ object, x *wiretap.Exchange) {
			x.Header = x.Header.Clone()
			x.Header.Set(name, value)
		}
	}
	for _, tt := range []struct {
		name, exchange string
		change         func(body object, x *wiretap.Exchange)
		want           []string
	}{
		{"Stytch's Content-Type", "list", header("Content-Type", "application/json"), []string{`SCIM: Content-Type "application/json"`}},
		{"no schemas", "created", func(b object, _ *wiretap.Exchange) { delete(b, "schemas") }, []string{"SCIM.schemas: missing"}},
		{"no Location", "created", header("Location", ""), []string{"SCIM: no Location of what was created"}},
		{"another Location", "created", func(b object, _ *wiretap.Exchange) { b["meta"].(object)["location"] = "/Users/x" }, []string{"SCIM: no Location of what was created"}},
		{"no resourceType", "created", func(b object, _ *wiretap.Exchange) { delete(b["meta"].(object), "resourceType") }, []string{"SCIM resource.meta.resourceType: missing"}},
		{"date", "created", func(b object, _ *wiretap.Exchange) { b["meta"].(object)["created"] = "yesterday" }, []string{"SCIM resource.meta.created: no time of RFC 3339"}},
		{"status 202", "created", func(_ object, x *wiretap.Exchange) { x.Status = 202 }, []string{"SCIM: status 202"}},
		{"status as a number", "conflict", func(b object, _ *wiretap.Exchange) { b["status"] = 409 }, []string{"SCIM error.status: not the status of the answer, as a string"}},
		{"unknown scimType", "conflict", func(b object, _ *wiretap.Exchange) { b["scimType"] = "duplicate" }, []string{`SCIM error.scimType: "duplicate"`}},
		{"no scimType", "conflict", func(b object, _ *wiretap.Exchange) { delete(b, "scimType") }, []string{"SCIM error.scimType: missing"}},
		{"no detail", "beyond", func(b object, _ *wiretap.Exchange) { b["detail"] = "" }, []string{"SCIM error.detail: missing"}},
		{"a field of Stytch's", "beyond", func(b object, _ *wiretap.Exchange) { b["error_type"] = "x" }, []string{"SCIM error.error_type: unknown field"}},
		{"no WWW-Authenticate", "refused", func(_ object, x *wiretap.Exchange) { x.Header = http.Header{"Content-Type": {"application/scim+json"}} }, []string{"SCIM error: 401 without WWW-Authenticate"}},
		{"number of resources", "list", func(b object, _ *wiretap.Exchange) { b["itemsPerPage"] = 2 }, []string{"SCIM list.itemsPerPage: not the number of Resources"}},
		{"total as a text", "list", func(b object, _ *wiretap.Exchange) { b["totalResults"] = "1" }, []string{"SCIM list.totalResults: no integer"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := all[tt.exchange]
			require.Empty(t, contract.Answer(x))
			var body object
			require.NoError(t, json.Unmarshal(x.Body, &body))
			tt.change(body, &x)
			var err error
			x.Body, err = json.Marshal(body)
			require.NoError(t, err)
			require.ElementsMatch(t, tt.want, texts(contract.Answer(x)))
		})
	}
}
