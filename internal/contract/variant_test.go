package contract_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/internal/wiretap"
)

func operation(t *testing.T, endpoint string) *contract.Operation {
	t.Helper()
	all := contract.Operations()
	i := slices.IndexFunc(all, func(o *contract.Operation) bool { return o.Endpoint() == endpoint })
	require.GreaterOrEqual(t, i, 0, endpoint)
	return all[i]
}

const startEmailUpdate = "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/start_email_update"

// Each field is there and away, each enum value is sent, each type is wrong once, and
// nested fields are too.
func TestW01_VariantsChangeOneThing(t *testing.T) {
	o := operation(t, "POST /v1/b2b/organizations/search")
	query := map[string]any{"operator": "AND", "operands": []any{map[string]any{}}}
	variants, err := o.Variants(contract.Sample{
		Body:   map[string]any{"limit": 1},
		Values: map[string]any{"query": query, "cursor": "c"},
		With:   map[string]map[string]any{"cursor": {"limit": nil}, "query.operator=OR": {"limit": 2}},
	})
	require.NoError(t, err)
	var names []string
	for _, v := range variants {
		names = append(names, v.String())
		switch v.String() {
		case "cursor present":
			require.Equal(t, map[string]any{"cursor": "c"}, v.Body, "what goes with it changes too")
		case "query.operator enum value OR":
			require.Equal(t, 2, v.Body["limit"])
			require.Equal(t, "OR", v.Body["query"].(map[string]any)["operator"])
		}
	}
	require.Equal(t, []string{
		"as it is", "body wrong type []", `body wrong type "text"`, `body wrong type {"`,
		"cursor present", "cursor null", "cursor wrong type number",
		"limit absent", "limit null", "limit wrong type string", "limit wrong type fraction",
		"query present", "query null", "query wrong type array",
		"query.operands missing", "query.operands missing null", "query.operands wrong type object", "query.operands[] wrong type array",
		"query.operator missing", "query.operator missing null", "query.operator wrong type number",
		"query.operator enum value OR", "query.operator enum value AND", "query.operator wrong value",
	}, names)
}

// A recipe that would leave a field without a test is a fault.
func TestW01_VariantsNeedAValueForEachField(t *testing.T) {
	o := operation(t, startEmailUpdate)
	path := map[string]string{"organization_id": "o"}
	_, err := o.Variants(contract.Sample{Path: path, Body: map[string]any{"email": "ada@example.edu"}, Values: map[string]any{"locale": "en"}})
	for _, want := range []string{
		"no member_id for the path", "has email, which the operation does not take", "lacks email_address, which is required",
		"no value for login_redirect_url", "no value for delivery_method",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "locale")
}

// Each answer that a mistake in the mock could give to a variant is found.
func TestW01_WrongAnswersToVariantsAreFound(t *testing.T) {
	all := exchanges(t)
	good, refused := all["create"], all["refusal"]
	with := func(x wiretap.Exchange, status int) wiretap.Exchange {
		x.Status = status
		return x
	}
	o := operation(t, "POST /v1/b2b/organizations")
	for _, tt := range []struct {
		name  string
		kind  contract.Kind
		x     wiretap.Exchange
		found bool
	}{
		{"the sample is answered 200", contract.AsItIs, good, false},
		{"the sample is refused", contract.AsItIs, refused, true},
		{"an optional field is refused", contract.Present, refused, true},
		{"an enum value is refused", contract.EnumValue, refused, true},
		{"a wrong type is accepted", contract.WrongType, good, true},
		{"a wrong type is not found", contract.WrongType, refused, true}, // 404
		{"an unknown enum value is accepted", contract.WrongValue, good, true},
		{"a missing field is accepted", contract.Missing, good, true},
		{"a missing field is refused", contract.Missing, refused, false},
		{"an unknown id is accepted", contract.UnknownID, good, true},
		{"an unknown id is refused", contract.UnknownID, refused, false},
		{"an absent field is refused", contract.Absent, refused, false},
		{"null is accepted", contract.NullValue, good, false},
		{"null breaks the mock", contract.NullValue, with(good, http.StatusInternalServerError), true},
		{"an absent field redirects", contract.Absent, with(good, http.StatusFound), true},
		{"an answer is none of Stytch's", contract.Absent, with(good, http.StatusBadRequest), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := contract.NewScore()
			if tt.x.Status == http.StatusNotFound { // to this operation
				tt.x.Method, tt.x.URL = http.MethodPost, &url.URL{Path: "/v1/b2b/organizations"}
			}
			s.Add(o, contract.Variant{Kind: tt.kind, Where: "organization_name"}, tt.x)
			require.Equal(t, tt.found, len(s.Failures(false)) > 0, "%v", s.Failures(false))
			require.NotEmpty(t, s.Failures(true), "lines of the ledger that do not occur")
		})
	}
}
