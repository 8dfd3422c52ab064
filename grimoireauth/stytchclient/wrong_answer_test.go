package stytchclient_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// tampering changes the answers of one endpoint on their way.
type tampering struct {
	stytch   *mock.Stytch
	method   string
	path     string // the end of the path
	rewrite  func(string) string
	tampered int
}

func (p *tampering) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := p.stytch.RoundTrip(r)
	if err != nil || p.rewrite == nil || r.Method != p.method || !strings.HasSuffix(r.URL.Path, p.path) || res.StatusCode != http.StatusOK {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	changed := []byte(p.rewrite(string(body)))
	if !bytes.Equal(changed, body) {
		p.tampered++
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(changed)), int64(len(changed))
	return res, nil
}

// An answer that lacks what it must have, or is about somebody else than was
// asked for, is never taken for an answer, whichever call it belongs to.
func TestAnswersAboutSomebodyElse(t *testing.T) {
	type school struct {
		client *stytchclient.Client
		class  grimoireauth.ClassID
		member grimoireauth.MemberID
		gone   grimoireauth.MemberID // was removed
		there  grimoireauth.ClassID  // another class of the member's
		here   grimoireauth.Credentials
	}
	ctx := context.Background()
	one := func(seq func(func(grimoireauth.Member, error) bool)) (err error) {
		for _, e := range seq {
			err = e
		}
		return err
	}
	calls := map[string]struct {
		method, path string
		swap         string // "class member there gone": whose ids are in the answer
		do           func(school) error
	}{
		"get class": {"GET", "", "class", func(s school) error { return errorOf(s.client.Classes.Get(ctx, s.class)) }},
		"update class": {"PUT", "", "class", func(s school) error {
			return errorOf(s.client.Classes.Update(ctx, s.class, stytchclient.ClassChange{}))
		}},
		"create class": {"POST", "/organizations", "", func(s school) error {
			return errorOf(s.client.Classes.Create(ctx, stytchclient.NewClass{Name: "New"}))
		}},
		"enroll": {"POST", "/members", "class", func(s school) error {
			return errorOf(s.client.Roster.Enroll(ctx, s.class, stytchclient.NewMember{Email: "new@example.edu"}))
		}},
		"invite": {"POST", "/invite", "class", func(s school) error {
			return errorOf(s.client.Roster.Invite(ctx, s.class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "new@example.edu"}}))
		}},
		"get member": {"GET", "/member", "class member", func(s school) error { return errorOf(s.client.Roster.Get(ctx, s.class, s.member)) }},
		"update member": {"PUT", "", "class member", func(s school) error {
			return errorOf(s.client.Roster.Update(ctx, s.class, s.member, stytchclient.MemberChange{}))
		}},
		"set role": {"PUT", "", "class member", func(s school) error {
			return errorOf(s.client.Roster.SetRole(ctx, s.class, s.member, grimoireauth.RoleTutor))
		}},
		"reenroll":  {"PUT", "/reactivate", "class gone", func(s school) error { return errorOf(s.client.Roster.Reenroll(ctx, s.class, s.gone)) }},
		"look back": {"POST", "/members/search", "class gone", func(s school) error { return errorOf(s.client.Roster.Reenroll(ctx, s.class, s.gone)) }},
		"reset MFA": {"DELETE", "", "class member", func(s school) error { return errorOf(s.client.Roster.ResetMFA(ctx, s.class, s.member)) }},
		"members":   {"POST", "/members/search", "class", func(s school) error { return one(s.client.Roster.Members(ctx, s.class)) }},
		"classes of": {"POST", "/members/search", "class", func(s school) (err error) {
			for _, e := range s.client.Roster.ClassesOf(ctx, stytchclient.Identity{Email: "sam@example.edu"}) {
				err = e
			}
			return err
		}},
		"sessions": {"GET", "/sessions", "class member", func(s school) error { return errorOf(s.client.Sessions.Of(ctx, s.class, s.member)) }},
		"switch":   {"POST", "/exchange", "there", func(s school) error { return errorOf(s.client.Sessions.Switch(ctx, s.here, s.there)) }},
	}
	for name, call := range calls {
		for _, kind := range append(strings.Fields(call.swap), "empty", "of another shape") {
			t.Run(name+", "+kind, func(t *testing.T) {
				stytch := new(mock.Stytch)
				p := &tampering{stytch: stytch, method: call.method}
				client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: p, Retries: -1})
				require.NoError(t, err)
				s := school{client: client, class: stytch.AddClass("Torts").ID, there: stytch.AddClass("Equity").ID}
				s.member, s.gone = stytch.AddStudent(s.class, "sam@example.edu"), stytch.AddStudent(s.class, "gone@example.edu")
				stytch.AddStudent(s.there, "sam@example.edu")
				s.here = stytch.SignIn(s.member)
				stytch.SignIn(s.gone)
				require.NoError(t, client.Roster.Remove(ctx, s.class, s.gone))
				_, err = client.Roster.Update(ctx, s.class, s.member, stytchclient.MemberChange{Phone: stytchclient.Set("+61491570156")})
				require.NoError(t, err)

				if p.path = call.path; p.path == "" {
					p.path = map[string]string{"class": string(s.class), "member": string(s.member)}[strings.Fields(call.swap)[len(strings.Fields(call.swap))-1]]
				}
				swapped := map[string]string{"class": string(s.class), "member": string(s.member), "gone": string(s.gone), "there": string(s.there)}[kind]
				p.rewrite = func(body string) string {
					switch kind {
					case "empty":
						return `{"status_code":200,"request_id":"request-id-test-1"}`
					case "of another shape":
						return `[]`
					}
					return strings.ReplaceAll(body, swapped, swapped[:len(swapped)-4]+"ffff")
				}
				err = call.do(s)
				require.Positive(t, p.tampered, "the test changes nothing")
				if kind == "empty" && (name == "members" || name == "classes of" || name == "sessions") {
					require.NoError(t, err, "nobody is a good answer to this")
					return
				}
				if kind == "empty" && name == "look back" {
					require.ErrorIs(t, err, grimoireauth.ErrNotFound)
					return
				}
				require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			})
		}
	}
}

// A search by address that finds another one, or by external id.
func TestClassesOfSomebodyElse(t *testing.T) {
	stytch := new(mock.Stytch)
	p := &tampering{stytch: stytch, method: http.MethodPost, path: "/members/search"}
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: p})
	require.NoError(t, err)
	_, err = client.Roster.Enroll(t.Context(), stytch.AddClass("Torts").ID, stytchclient.NewMember{Email: "sam@example.edu", ExternalID: "s1"})
	require.NoError(t, err)
	p.rewrite = strings.NewReplacer("sam@example.edu", "pat@example.edu", `"s1"`, `"s2"`).Replace
	for _, who := range []stytchclient.Identity{{Email: "sam@example.edu"}, {ExternalID: "s1"}} {
		rounds := 0
		for _, err := range client.Roster.ClassesOf(t.Context(), who) {
			rounds++
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
		}
		require.Equal(t, 1, rounds)
	}
}

// A search that hands out the same cursor for ever would go round for ever.
func TestRepeatedCursor(t *testing.T) {
	stytch, client := school(t, nil)
	class := stytch.AddClass("Torts").ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/organizations/members/search", Body: `{"members":[{"member_id":"` + string(sam) + `","organization_id":"` + string(class) + `"}],"results_metadata":{"next_cursor":"same"}}`})
	rounds := 0
	for _, err := range client.Roster.Members(t.Context(), class) {
		if rounds++; rounds > 2 {
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
		} else {
			require.NoError(t, err)
		}
	}
	require.Equal(t, 3, rounds)
}
