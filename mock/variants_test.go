package mock_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/internal/wiretap"
	"github.com/promptgrimoire/auth/mock"
)

// Each operation answers 200 to its recipe. Variants of that request, generated from the
// description, change one thing each: every answer is what the contract says, an optional
// field and each enum value is accepted, and a wrong type is refused.
func TestW01_Variants(t *testing.T) {
	score := contract.NewScore()
	t.Run("operations", func(t *testing.T) {
		for _, o := range contract.Operations() {
			made, ok := recipeOf(o)
			if !ok {
				continue // TestW01_EveryOperationHasARecipe
			}
			t.Run(o.Endpoint(), func(t *testing.T) {
				t.Parallel()
				// The clock stands still in the bubble, so that codes and tokens last.
				synctest.Test(t, func(t *testing.T) { sendVariants(t, o, made, score) })
			})
		}
	})
	fmt.Println(score.Summary())
	all := !strings.Contains(flag.Lookup("test.run").Value.String(), "/") // no choice among the subtests
	for _, f := range score.Failures(all && !t.Failed()) {
		t.Error(f)
	}
}

func sendVariants(t *testing.T, o *contract.Operation, made recipe, score *contract.Score) {
	r := newRoom(t, made.crossOrg)
	sample := made.make(r)
	variants, err := o.Variants(sample)
	require.NoError(t, err)
	before := mock.SnapshotOf(r.stytch)
	for _, v := range variants {
		mock.RestoreTo(t, r.stytch, before)
		score.Add(o, v, r.exchange(o, v))
	}
}

// exchange sends a variant and returns what went over the wire.
func (r *room) exchange(o *contract.Operation, v contract.Variant) wiretap.Exchange {
	path := o.Path
	for name, value := range v.Path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	if len(v.Query) > 0 {
		query := make(url.Values)
		for name, value := range v.Query {
			query.Set(name, value)
		}
		path += "?" + query.Encode()
	}
	var body []byte
	switch {
	case v.Raw != "":
		body = []byte(v.Raw)
	case v.Body != nil:
		var err error
		body, err = json.Marshal(v.Body)
		require.NoError(r.t, err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), o.Method, r.stytch.BaseURL()+path, bytes.NewReader(body))
	require.NoError(r.t, err)
	req.SetBasicAuth(r.stytch.ProjectID(), r.stytch.Secret().Reveal())
	for name, value := range v.Header {
		req.Header.Set(name, value)
	}
	res, err := r.stytch.RoundTrip(req)
	require.NoError(r.t, err)
	answer, err := io.ReadAll(res.Body)
	require.NoError(r.t, err)
	return wiretap.Exchange{
		Method: o.Method, URL: req.URL, RequestHeader: req.Header, RequestBody: body,
		Status: res.StatusCode, Header: res.Header, Body: answer,
	}
}
