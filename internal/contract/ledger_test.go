package contract

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/wiretap"
)

func TestW01_AllOperationsAreDescribed(t *testing.T) {
	require.Len(t, Operations(), 97)
	for _, o := range Operations() {
		for _, schema := range []string{o.Body, o.Response} {
			if schema != "" {
				require.Equal(t, "object", known().Schemas[schema].Type, schema)
			}
		}
		path := strings.NewReplacer("{", "", "}", "").Replace(o.Path)
		found, _ := known().find(o.Method, &url.URL{Path: path})
		require.Equal(t, o.Endpoint(), found.Endpoint())
	}
}

func TestW01_LedgerGivesReasons(t *testing.T) {
	var entries []entry
	require.NoError(t, json.Unmarshal(ledgerJSON, &entries))
	lines := 0
	for _, e := range entries {
		require.NotEmpty(t, e.Reason, "%v", e.Where)
		require.Contains(t, []Suite{Mock, Client, Variants}, e.Suite)
		require.NotEqual(t, unanswered, e.What, "every operation is served, and has an answer 200")
		lines += len(e.Where)
	}
	ledger, err := readLedger(ledgerJSON)
	require.NoError(t, err)
	require.Len(t, ledger, lines, "a difference is named once")
}

func TestW01_DifferenceOutsideTheLedgerFails(t *testing.T) {
	x := wiretap.Exchange{Method: http.MethodGet, URL: &url.URL{Path: "/v1/b2b/rbac/policy"}, Status: http.StatusOK,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{}`)}
	w := &Watch{suite: Mock, served: map[string]int{}, seen: map[Difference]string{}, ledger: map[Difference]line{}}
	w.See(x)
	require.Len(t, w.Failures(false), 2, "request_id and status_code are missing")

	d := Difference{Where: "api_b2b_rbac_v1_PolicyResponse.status_code", What: "missing"}
	w.ledger[d] = line{Difference: d, suite: Mock}
	require.Len(t, w.Failures(false), 1, "the ledger has one of them")

	x.Faulted = true
	w = &Watch{suite: Other, served: map[string]int{}, seen: map[Difference]string{}}
	w.See(x)
	require.Empty(t, w.Failures(true), "what a rule of the test answers is not compared")
}

func TestW01_LineThatNoLongerDiffersFails(t *testing.T) {
	d := Difference{Where: "api_b2b_rbac_v1_PolicyResponse.status_code", What: "missing"}
	w := &Watch{suite: Client, served: map[string]int{}, seen: map[Difference]string{}, ledger: map[Difference]line{d: {Difference: d, suite: Client}}}
	require.Empty(t, w.Failures(false), "not all tests ran")
	require.Len(t, w.Failures(true), 1)
	w.suite = Other
	require.Empty(t, w.Failures(true), "other tests cause too little to judge")
}

func TestW01_OperationsWithoutAnAnswerAreListed(t *testing.T) {
	w := NewWatch(Mock)
	found := 0
	for _, f := range w.Failures(true) {
		if strings.Contains(f, unanswered) {
			found++
		}
	}
	listed := 0
	for d := range w.ledger {
		if d.What == unanswered {
			listed++
		}
	}
	require.LessOrEqual(t, listed, 4, "Connected Apps are the last that the mock cannot answer")
	require.Equal(t, 97-listed, found)
}

func TestW07_KnownDetailsAreRequired(t *testing.T) {
	x := wiretap.Exchange{Method: http.MethodPost, URL: &url.URL{Path: "/v1/b2b/magic_links/email/login_or_signup"}, Status: http.StatusBadRequest,
		Header: http.Header{"Content-Type": {"application/json"}}}
	body := `{"status_code":400,"request_id":"request-id-test-01234567-89ab-4cde-8f01-23456789abcd","error_type":"invalid_email_for_jit_provisioning",` +
		`"error_message":"No.","error_url":"https://stytch.com/docs/api/errors/400#invalid_email_for_jit_provisioning"`
	x.Body = []byte(body + `}`)
	require.Equal(t, []Difference{{Where: "refusal invalid_email_for_jit_provisioning", What: "no error_details"}}, Answer(x))
	x.Body = []byte(body + `,"error_details":{"key":{"any":"value"}}}`)
	require.Empty(t, Answer(x))
	x.Body = []byte(body + `,"error_details":"text"}`)
	require.Equal(t, []Difference{{Where: "refusal.error_details", What: "string, not object"}}, Answer(x))
}
