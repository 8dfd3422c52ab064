package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/rbac"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"
)

// refusals sorts the error types by which Stytch refuses a project, its secret or
// its environment. Source: https://stytch.com/docs/b2b/api/errors
var refusals = func() map[string]string {
	out := make(map[string]string)
	for code, types := range map[string]string{
		"secret-refused":    "unauthorized_credentials invalid_secret_authentication invalid_secret_id secret_not_found invalid_authorization_header",
		"project-unknown":   "invalid_project_id_authentication invalid_project_id project_not_found",
		"wrong-environment": "unauthorized_project_id_live unauthorized_project_id_test wrong_stack_live wrong_stack_test live_id_used_in_test_environment test_id_used_in_live_environment",
		"not-b2b":           "invalid_b2b_endpoint invalid_consumer_endpoint",
	} {
		for errorType := range strings.FieldsSeq(types) {
			out[errorType] = code
		}
	}
	return out
}()

// refusal returns the finding for an error that says clearly that the project is
// refused. Everything else is no answer to that question.
func refusal(class grimoireauth.ClassID, err error) (grimoireauth.Finding, bool) {
	var e *grimoireauth.Error
	if !errors.As(err, &e) || e.Type == "" {
		return grimoireauth.Finding{}, false
	}
	code := refusals[e.Type]
	switch {
	case code != "":
	case stytchhttp.ProjectFault(e.Type):
		code = "project-refused"
	case e.Status == http.StatusUnauthorized:
		code = "secret-refused" // in a word that Stytch added since
	default:
		return grimoireauth.Finding{}, false
	}
	out := symptoms.found(code, class, e.Type)
	out.Err = err
	return out, true
}

// keys asks for the key set as a verifier does: on the same transport, without the
// secret.
func (d *examination) keys(ctx context.Context) Report {
	keys, ahead, err := d.fetchKeys(ctx)
	if err != nil {
		if found, ok := refusal("", err); ok {
			return Report{found}
		}
		return Report{unanswered(checkKeys, "", err)}
	}
	usable := 0
	for _, key := range keys {
		if usableKey(key) {
			usable++
		}
	}
	var out Report
	if usable == 0 {
		out = append(out, symptoms.found("keys-unusable", "", len(keys)))
	} else {
		out = append(out, well(checkKeys, "", fmt.Sprintf("the key set verifies session_jwts (keys: %d)", usable)))
	}
	// A machine whose clock is ahead merely refreshes early; and an answer from a
	// cache, whose Date is old, looks just the same.
	if ahead > clockAllowance {
		out = append(out, symptoms.found("clock-behind", "", ahead.Round(time.Second)))
	}
	return out
}

// clockAllowance is what jwtlocal allows clocks to differ by.
const clockAllowance = 5 * time.Second

// fetchKeys returns the elements of the key set, and how far Stytch's clock is ahead
// of ours at least. Source: https://stytch.com/docs/b2b/api/get-jwks
func (d *examination) fetchKeys(ctx context.Context) (keys []json.RawMessage, ahead time.Duration, err error) {
	const op = "fetch the key set"
	ctx, got := stytchhttp.WithAnswer(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.project.BaseURL+"/v1/b2b/sessions/jwks/"+d.project.ID, nil)
	if err != nil {
		return nil, 0, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrInvalid, Err: err}
	}
	res, err := d.http.Do(req)
	if err != nil {
		return nil, 0, stytchhttp.Explain(op, err, got)
	}
	// The transport has read the whole body, so there is nothing to close it for.
	defer func() { _ = res.Body.Close() }()
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil { // RFC 9110, 6.6.1
		ahead = time.Until(at)
	}
	if res.StatusCode != http.StatusOK {
		var refused stytcherror.Error
		if err := json.NewDecoder(res.Body).Decode(&refused); err != nil {
			return nil, 0, stytchhttp.Incomplete(op, "", "is no error object")
		}
		refused.StatusCode = res.StatusCode
		return nil, 0, stytchhttp.Explain(op, refused, got)
	}
	var set struct {
		RequestID string            `json:"request_id"`
		Keys      []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(res.Body).Decode(&set); err != nil || set.Keys == nil {
		return nil, 0, stytchhttp.Incomplete(op, set.RequestID, "is no key set")
	}
	return set.Keys, ahead, nil
}

// usableKey reports whether a JWK (RFC 7517, 4) could verify RS256 signatures. It
// tells a key set from something else; which key counts is for jwtlocal to say.
func usableKey(raw json.RawMessage) bool {
	var key struct{ Kty, Use, Alg, Kid, N, E string }
	if json.Unmarshal(raw, &key) != nil || key.Kty != "RSA" || key.Kid == "" || key.E == "" {
		return false
	}
	modulus, err := base64.RawURLEncoding.DecodeString(key.N)
	return err == nil && new(big.Int).SetBytes(modulus).BitLen() >= 2048 && // RFC 7518, 3.3
		slices.Contains([]string{"", "sig"}, key.Use) && slices.Contains([]string{"", "RS256"}, key.Alg)
}

// policy asks for the RBAC policy: the smallest question that takes the secret, and
// the one that tells about roles. Source: https://stytch.com/docs/b2b/api/get-rbac-policy
func (d *examination) policy(ctx context.Context) Report {
	const op = "fetch the RBAC policy"
	ctx, got := stytchhttp.WithAnswer(ctx)
	answer, err := d.client.Stytch().RBAC.Policy(ctx, &rbac.PolicyParams{})
	if err != nil {
		err = stytchhttp.Explain(op, err, got)
		if found, ok := refusal("", err); ok {
			d.refused.Store(true)
			return Report{found}
		}
		return Report{unanswered(checkSecret, "", err)}
	}
	d.noteAnswer()
	if !isPolicy(answer.Policy) {
		return Report{unanswered(checkSecret, "", stytchhttp.Incomplete(op, answer.RequestID, "has no policy"))}
	}
	out := Report{well(checkSecret, "", "Stytch takes the project's id and secret")}
	wrong := roleFaults(d.config.Roles, answer.Policy)
	if len(wrong) == 0 {
		wrong = Report{well(checkRoles, "", "the RBAC policy has every role of the role table")}
	}
	return append(append(out, wrong...), limitsUntold)
}

// isPolicy reports whether an answer can be a project's policy: each has stytch_member,
// which cannot be deleted.
func isPolicy(policy *rbac.Policy) bool {
	return policy != nil && slices.ContainsFunc(policy.Roles, func(role rbac.PolicyRole) bool { return role.RoleID == grimoireauth.StytchMember })
}

// limitsUntold is said of every project: the settings of Stytch's own limits stand in no
// answer of its API. A Member has is_locked, which is false while nothing has gone wrong.
// Source: https://github.com/stytchauth/stytch-openapi (api_organization_v1_Member)
var limitsUntold = grimoireauth.Finding{
	Code:    checkLimits,
	Problem: "no call of Stytch's tells whether user locks are on, nor which rate limits this project has",
	Remedy:  "Look in the Stytch dashboard. Without user locks, only package signin limits wrong codes and passwords, in each process by itself.",
}

// roleFaults compares the role table with the policy.
func roleFaults(table grimoireauth.RoleTable, policy *rbac.Policy) Report {
	has := map[string]bool{grimoireauth.StytchMember: true}
	for _, role := range policy.Roles {
		has[role.RoleID] = true
	}
	var out Report
	written := make(map[grimoireauth.Role]bool) // of several ids the first is the one that is written
	for _, name := range table {
		code := "role-not-in-policy"
		if written[name.Role] {
			code = "role-read-only"
		}
		written[name.Role] = true
		if !has[name.ID] {
			out = append(out, symptoms.found(code, "", name.ID))
		}
	}
	for _, role := range []grimoireauth.Role{grimoireauth.RoleStudent, grimoireauth.RoleInstructor} {
		if !written[role] {
			out = append(out, symptoms.found("role-without-name", "", role))
		}
	}
	if table.Role(grimoireauth.StytchMember) == grimoireauth.RoleNone {
		out = append(out, symptoms.found("members-without-role", ""))
	}
	return out
}
