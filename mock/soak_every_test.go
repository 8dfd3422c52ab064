package mock

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/api"
	"github.com/promptgrimoire/auth/mock/internal/api/sessions"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
	"github.com/stretchr/testify/require"
)

// Eight callers, every endpoint, arguments that are right, wrong or missing. The
// race detector judges; besides, no answer may be a fault of this package, and
// what is remembered must not contradict itself.
func TestSoakEveryEndpoint(t *testing.T) {
	s := &Stytch{LockAfter: 50}
	for i := range 3 {
		class := s.AddClass(fmt.Sprint("Class ", i), Settings{"email_jit_provisioning": wire.Restricted, "email_allowed_domains": []string{"example.edu"}, "sso_jit_provisioning": wire.AllAllowed})
		for j := range 3 {
			s.SignIn(s.AddMember(class.ID, fmt.Sprintf("p%d@example.edu", j), "stytch_admin"))
		}
		s.AddSSO(class.ID, state.SAMLKind, nil)
		s.AddSCIM(class.ID, "okta")
	}
	var served [600]atomic.Int64
	deadline := time.Now().Add(time.Second)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(42, uint64(worker)))
			for n := 0; time.Now().Before(deadline); n++ {
				status, err := soakCall(s, random)
				if err != nil {
					t.Error(err)
					return
				}
				served[status].Add(1)
				if n%50 == 0 {
					if fault := invariant(s); fault != "" {
						t.Error(fault)
						return
					}
				}
			}
		})
	}
	group.Wait()
	require.Empty(t, invariant(s))
	require.Positive(t, served[200].Load())
	require.Positive(t, served[302].Load())
	require.Positive(t, served[400].Load())
}

// soakCall makes one call of a random endpoint.
func soakCall(s *Stytch, random *rand.Rand) (int, error) {
	if random.IntN(8) == 0 {
		return soakDirectory(s, random)
	}
	r := api.Routes[random.IntN(len(api.Routes))]
	if r.Serve == nil {
		return 0, nil
	}
	if strings.HasPrefix(r.Endpoint, "DELETE /v1/b2b/organizations/{organization_id}") && random.IntN(10) > 0 {
		return 0, nil // or nobody would be left to call about
	}
	args := soakArguments(s, random)
	path := strings.SplitN(r.Endpoint, " ", 2)[1]
	for _, segment := range r.Segments {
		if name, ok := core.Param(segment); ok {
			value, _ := args[name].(string)
			if value == "" || random.IntN(20) == 0 {
				value = "nothing"
			}
			path = strings.ReplaceAll(path, segment, url.PathEscape(value))
		}
	}
	query := url.Values{"public_token": {s.PublicToken()}}
	for _, name := range []string{"organization_id", "member_id", "mock_persona", "connection_id", "state", "persona", "token"} {
		if value, ok := args[name].(string); ok && random.IntN(3) > 0 {
			query.Set(name, value)
		}
	}
	for name := range paramNames(r) {
		delete(args, name) // the body must not contradict the path
	}
	body, err := json.Marshal(args)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequest(r.Method, s.BaseURL()+path+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.SetBasicAuth(s.ProjectID(), s.Secret().Reveal())
	if token, ok := args["session_token"].(string); ok && random.IntN(4) == 0 {
		req.Header.Set(core.SessionTokenHeader, token)
	}
	res, err := s.RoundTrip(req)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", r.Endpoint, body, err)
	}
	if res.StatusCode >= 500 && res.StatusCode != http.StatusNotImplemented {
		return 0, fmt.Errorf("%s %s: %d", r.Endpoint, body, res.StatusCode)
	}
	return res.StatusCode, nil
}

// soakDirectory makes one call of a directory, of one of the classes that have one.
func soakDirectory(s *Stytch, random *rand.Rand) (int, error) {
	r := api.Directory[random.IntN(len(api.Directory)-1)] // the last one takes every method
	s.core.Mu.Lock()
	var n *state.SCIMConnection
	user, group := "nothing", "nothing"
	for _, o := range s.core.State.Organizations {
		if o.SCIM != nil && (n == nil || random.IntN(4) == 0) {
			n = o.SCIM
		}
	}
	if n != nil {
		for _, m := range s.core.State.Roster(s.core.State.Org(n.OrganizationID)).Members {
			if m.SCIM != nil && (user == "nothing" || random.IntN(4) == 0) {
				user = m.ID
			}
		}
		if len(n.Groups) > 0 {
			group = n.Groups[random.IntN(len(n.Groups))].ID
		}
	}
	if n == nil {
		s.core.Mu.Unlock()
		return 0, nil
	}
	connection, bearer := n.ID, n.Bearer.Value
	s.core.Mu.Unlock()
	const member, add = `{"value":"%s"}`, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`
	person := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"p%d@example.edu","active":%t}`, random.IntN(200), random.IntN(5) > 0)
	crowd := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"G%d","members":[`+member+`]}`, random.IntN(20), user)
	bodies := []string{
		person, person, crowd, crowd,
		fmt.Sprintf(add, `{"op":"replace","path":"active","value":false}`), fmt.Sprintf(add, `{"op":"replace","value":{"active":true,"title":"Dr"}}`),
		fmt.Sprintf(add, fmt.Sprintf(`{"op":"replace","path":"userName","value":"p%d@example.edu"}`, random.IntN(200))),
		fmt.Sprintf(add, `{"op":"add","path":"members","value":[`+fmt.Sprintf(member, user)+`]}`), fmt.Sprintf(add, `{"op":"remove","path":"members"}`),
	}
	_, path, _ := strings.Cut(r.Endpoint, " ")
	path = strings.NewReplacer("{connection_id}", connection, "{user_id}", user, "{group_id}", group, "{name}", "User").Replace(path)
	req, err := http.NewRequest(r.Method, s.BaseURL()+path, strings.NewReader(bodies[random.IntN(len(bodies))]))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	res, err := s.RoundTrip(req)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", r.Endpoint, err)
	}
	if res.StatusCode >= 500 && res.StatusCode != http.StatusNotImplemented {
		return 0, fmt.Errorf("%s: %d", r.Endpoint, res.StatusCode)
	}
	return res.StatusCode, nil
}

func paramNames(r core.Route) map[string]bool {
	out := make(map[string]bool)
	for _, segment := range r.Segments {
		if name, ok := core.Param(segment); ok {
			out[name] = true
		}
	}
	return out
}

// soakArguments are arguments for any endpoint, since unknown ones are ignored:
// mostly of one member and what they have, some of others, some left out.
func soakArguments(s *Stytch, random *rand.Rand) map[string]any {
	args := map[string]any{
		"organization_name": "Soaked", "organization_slug": fmt.Sprint("soaked-", random.IntN(1000)),
		"organization_ids": []string{}, "name": "Somebody", "roles": []string{"tutor"}, "trusted_metadata": map[string]any{"a": random.IntN(9)},
		"password": "otter-lantern-9-quiver", "existing_password": "otter-lantern-9-quiver", "new_password": "marble-ninety-fjord-lemon",
		"hash": strings.Repeat("ab", 16), "hash_type": "md_5", "provider": "google", "metadata_url": "https://idp.example.edu",
		"mfa_phone_number": fmt.Sprintf("+1500555%04d", random.IntN(10000)), "code": "123456", "limit": 1 + random.IntN(3),
		"external_id": fmt.Sprint("ext-", random.IntN(1000)), "profile_id": sessions.TrustedProfile, "project_id": s.ProjectID(),
	}
	s.core.Mu.Lock()
	members := len(s.core.State.Members)
	if members > 0 {
		m := s.core.State.Members[random.IntN(members)]
		args["organization_id"], args["member_id"], args["email_address"] = m.OrganizationID, m.ID, m.Email
		args["mock_persona"], args["persona"] = m.Email, m.Email
		args["organization_ids"] = []string{m.OrganizationID}
		if m.TOTP != nil {
			args["code"] = m.TOTP.Code(time.Now().Unix() / state.TOTPStep)
		} else if sent := s.core.State.Codes[core.EmailPurpose(s.core.State.Org(m.OrganizationID), m.Email)]; len(sent) > 0 && random.IntN(2) == 0 {
			args["code"] = sent[len(sent)-1].Value
		} else if sent := s.core.State.Codes["sms "+m.ID]; len(sent) > 0 {
			args["code"] = sent[len(sent)-1].Value
		}
		if len(s.core.State.Org(m.OrganizationID).Connections) > 0 {
			args["connection_id"] = s.core.State.Org(m.OrganizationID).Connections[0].ID
		}
		if n := s.core.State.Org(m.OrganizationID).SCIM; n != nil && random.IntN(2) == 0 {
			args["connection_id"] = n.ID
		}
		if m.Password != nil {
			args["member_password_id"] = m.Password.ID
		}
	}
	token := func(name string, of []string) {
		if len(of) > 0 {
			args[name] = of[random.IntN(len(of))]
		}
	}
	session, unfinished := make([]string, 0, 64), keys(s.core.State.Intermediates)
	for _, id := range keys(s.core.State.Sessions) {
		session = append(session, s.core.State.Sessions[id].Token)
	}
	if random.IntN(2) == 0 {
		token("session_token", session)
	} else {
		token("intermediate_session_token", unfinished)
	}
	for _, name := range []string{"magic_links_token", "discovery_magic_links_token", "password_reset_token", "token"} {
		token(name, keys(s.core.State.Links))
	}
	for _, name := range []string{"oauth_token", "discovery_oauth_token", "sso_token"} {
		token(name, keys(s.core.State.Grants))
	}
	token("state", keys(s.core.State.Visits))
	s.core.Mu.Unlock()
	if random.IntN(8) == 0 {
		args["email_address"] = fmt.Sprintf("new%d@example.edu", random.IntN(10_000))
	}
	for name := range maps.Clone(args) {
		switch random.IntN(25) {
		case 0:
			delete(args, name)
		case 1:
			args[name] = "nonsense"
		}
	}
	return args
}

// keys returns at most 64 of them, so that a long soak does not slow down.
func keys[V any](m map[string]V) []string {
	var out []string
	for key := range m {
		if out = append(out, key); len(out) == 64 {
			break
		}
	}
	return out
}

// invariant returns what contradicts itself in what a Stytch remembers.
func invariant(s *Stytch) string {
	s.core.Mu.Lock()
	defer s.core.Mu.Unlock()
	slugs := make(map[string]bool)
	known := make(map[*state.Organization]bool)
	for _, o := range s.core.State.Organizations {
		known[o] = true
		for _, name := range []string{strings.ToLower(o.Slug), o.ExternalID} {
			if name != "" && slugs[name] {
				return "two organizations are called " + name
			}
			slugs[name] = true
		}
		if fault := rosterInvariant(s, o); fault != "" {
			return fault
		}
		if o.DefaultConnection != "" && o.Connection(o.DefaultConnection) == nil {
			return "the default connection of " + o.ID + " does not exist"
		}
		if err := o.Settings.Consistent(); err != nil {
			return "the settings of " + o.ID + " contradict each other: " + err.Error()
		}
	}
	for id, session := range s.core.State.Sessions {
		m := s.core.State.Member(session.MemberID)
		switch {
		case session.ID != id || s.core.State.SessionByToken(session.Token) != session:
			return "a session is filed under another name"
		case m.Status != state.StatusActive:
			return "a session of a member who is " + m.Status
		case !known[s.core.State.Org(m.OrganizationID)]:
			return "a session in an organization that was deleted"
		case len(session.Factors) == 0:
			return "a session that nothing has proven"
		case session.StartedAt.After(session.LastAccessedAt) || !session.ExpiresAt.After(session.StartedAt):
			return "a session whose times are out of order"
		}
	}
	for token, i := range s.core.State.Intermediates {
		if i.Token != token || i.Email == "" || (i.MemberID != "" && s.core.State.Member(i.MemberID).Status == state.StatusDeleted) {
			return "an unfinished sign-in of nobody"
		}
	}
	for _, m := range s.core.State.Members {
		switch {
		case m.DefaultMFA == "totp" && !m.HasTOTP():
			return "the default second factor of " + m.ID + " is not there"
		case m.PhoneVerified && m.Phone == "":
			return "a proven number that is none"
		case s.core.State.Member(m.ID) != m:
			return m.ID + " is filed under another name"
		}
	}
	return ""
}

// scimInvariant returns what contradicts itself between a SCIM connection and the people
// that have come through it.
func scimInvariant(s *Stytch, o *state.Organization) string {
	names := 0
	for _, m := range s.core.State.Roster(o).Members {
		if m.SCIM == nil {
			continue
		}
		names++
		if o.SCIM == nil || m.SCIM.ConnectionID != o.SCIM.ID {
			return m.ID + " is from a SCIM connection that is gone"
		}
		if s.core.State.Roster(o).ByUserName[wire.FoldEmail(m.SCIM.Person.UserName)] != m {
			return "the index does not find the userName of " + m.ID
		}
		for i, id := range m.SCIM.Groups {
			if o.SCIM.Group(id) == nil || slices.Contains(m.SCIM.Groups[:i], id) {
				return m.ID + " is in a group that is gone, or twice in one"
			}
		}
	}
	if names != len(s.core.State.Roster(o).ByUserName) {
		return fmt.Sprintf("the index has %d userNames of %d", len(s.core.State.Roster(o).ByUserName), names)
	}
	if n := o.SCIM; n != nil {
		for _, r := range n.GroupRoles {
			if n.Group(r.GroupID) == nil {
				return "a role of a group that is gone"
			}
		}
		if s.core.State.SCIMConnection(n.ID) != n {
			return "the index does not find " + n.ID
		}
	}
	return ""
}

func rosterInvariant(s *Stytch, o *state.Organization) string {
	if fault := scimInvariant(s, o); fault != "" {
		return fault
	}
	live := 0
	seen := make(map[string]bool)
	for _, m := range s.core.State.Roster(o).Members {
		if m.OrganizationID != o.ID {
			return m.ID + " is in the index of another organization"
		}
		if m.Status == state.StatusDeleted {
			continue
		}
		live++
		email := wire.FoldEmail(m.Email)
		if seen[email] || s.core.State.Roster(o).ByEmail[email] != m {
			return "the index does not find " + m.Email
		}
		seen[email] = true
		for _, old := range m.Retired {
			if other := s.core.State.Roster(o).ByEmail[wire.FoldEmail(old.EmailAddress)]; other != nil && other != m {
				return old.EmailAddress + " was retired by one member and is used by another"
			}
		}
		if m.ExternalID != "" && s.core.State.Roster(o).ByExternal[m.ExternalID] != m {
			return "the index does not find " + m.ExternalID
		}
	}
	if live != s.core.State.Roster(o).Live || live != len(s.core.State.Roster(o).ByEmail) {
		return fmt.Sprintf("the index of %s counts %d of %d", o.ID, s.core.State.Roster(o).Live, live)
	}
	if !slices.IsSortedFunc(s.core.State.Roster(o).Members, func(a, b *state.Member) int { return int(a.Seq - b.Seq) }) {
		return "the index is out of order"
	}
	return ""
}
