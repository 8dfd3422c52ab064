package mock_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// largeSchool is a Stytch with this many classes of ten, one of whom is in all of them.
type largeSchool struct {
	wire
	classes []mock.Class
	app     string // a Connected App
	known   int    // of the class that the calls are about
	n       int
}

// newLargeSchool makes one. With signedIn each member has a session, a link and the code of
// a Connected App, which are copies of those of one member: signing all of them in would cost a signature each.
func newLargeSchool(t testing.TB, classes int, signedIn bool) *largeSchool {
	s := &largeSchool{wire: newWire(t), known: classes / 2}
	for i := range classes {
		class := s.stytch.AddClass(fmt.Sprint("LAWS", i), mock.Settings{"email_allowed_domains": []string{fmt.Sprintf("d%d.example.edu", i)}, "email_jit_provisioning": "RESTRICTED"})
		s.classes = append(s.classes, class)
		for j := range 10 {
			s.stytch.AddStudent(class.ID, fmt.Sprintf("s%d-%d@example.edu", i, j))
		}
	}
	if !signedIn {
		return s
	}
	email, id := s.fresh()
	s.stytch.SignIn(id)
	s.app = s.stytch.AddConnectedApp(mock.ConnectedApp{RedirectURLs: []string{callback}})
	s.letIn(id)
	s.ok(http.MethodPost, links+"/email/login_or_signup", object{"organization_id": s.classes[s.known].ID, "email_address": email})
	p := newPanel(t, s.stytch)
	var state map[string]any
	require.NoError(t, json.Unmarshal(p.send("GET", "/fake/state", "", nil).Body.Bytes(), &state))
	for _, kind := range []string{"sessions", "links", "authorization_codes"} {
		records := state[kind].(map[string]any)
		var one map[string]any
		for _, record := range records {
			one = record.(map[string]any)
		}
		for i, member := range state["members"].([]any) {
			copied := maps.Clone(one)
			copied["member_id"] = member.(map[string]any)["member_id"]
			if kind == "sessions" {
				copied["session_token"] = fmt.Sprintf("%044d", i)
			}
			records[fmt.Sprintf("member-session-test-%d", i)] = copied
		}
	}
	changed, err := json.Marshal(state)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, p.send("PUT", "/fake/state", string(changed), nil).Code)
	return s
}

func (s *largeSchool) at() string { return organizations + "/" + string(s.classes[s.known].ID) }

// fresh returns an address that is new, and the member with it.
func (s *largeSchool) fresh() (string, grimoireauth.MemberID) {
	s.n++
	email := fmt.Sprintf("fresh%d@example.edu", s.n)
	return email, s.stytch.AddStudent(s.classes[s.known].ID, email)
}

// letIn lets the Connected App act for a member.
func (s *largeSchool) letIn(id grimoireauth.MemberID) {
	s.ok(http.MethodPost, authorize, object{
		"client_id": s.app, "redirect_uri": callback, "response_type": "code", "scopes": []string{"openid"}, "consent_granted": true,
		"organization_id": s.classes[s.known].ID, "member_id": id,
	})
}

// growing are calls that must not take longer as a school grows. Each prepares what it
// needs and returns the call itself.
var growing = map[string]func(s *largeSchool) func(){
	"a class is added": func(s *largeSchool) func() {
		s.n++
		name := fmt.Sprint("NEW", s.n)
		return func() { s.stytch.AddClass(name) }
	},
	"a member is added": func(s *largeSchool) func() { return func() { s.fresh() } },
	"sign in": func(s *largeSchool) func() {
		_, id := s.fresh()
		return func() { s.stytch.SignIn(id) }
	},
	"revoke a session": func(s *largeSchool) func() {
		_, id := s.fresh()
		c := s.stytch.SignIn(id)
		return func() { s.ok(http.MethodPost, sessions+"/revoke", object{"session_token": c.Token.Reveal()}) }
	},
	"revoke a member's sessions": func(s *largeSchool) func() {
		_, id := s.fresh()
		s.stytch.SignIn(id)
		return func() { s.ok(http.MethodPost, sessions+"/revoke", object{"member_id": id}) }
	},
	"revoke a Connected App": func(s *largeSchool) func() {
		_, id := s.fresh()
		s.stytch.SignIn(id)
		s.letIn(id)
		return func() {
			s.ok(http.MethodPost, s.at()+"/members/"+string(id)+"/connected_apps/"+s.app+"/revoke", nil)
		}
	},
	"list a member's sessions": func(s *largeSchool) func() {
		_, id := s.fresh()
		return func() {
			s.ok(http.MethodGet, sessions+"?organization_id="+string(s.classes[s.known].ID)+"&member_id="+string(id), nil)
		}
	},
	"delete a member": func(s *largeSchool) func() {
		_, id := s.fresh()
		s.stytch.SignIn(id)
		return func() { s.ok(http.MethodDelete, s.at()+"/members/"+string(id), nil) }
	},
	"delete a class": func(s *largeSchool) func() {
		s.n++
		class := s.stytch.AddClass(fmt.Sprint("NEW", s.n))
		s.stytch.SignIn(s.stytch.AddStudent(class.ID, "ada@example.edu"))
		return func() { s.ok(http.MethodDelete, organizations+"/"+string(class.ID), nil) }
	},
	"change an address": func(s *largeSchool) func() {
		_, id := s.fresh()
		s.n++
		return func() {
			s.ok(http.MethodPut, s.at()+"/members/"+string(id), object{"email_address": fmt.Sprintf("changed%d@example.edu", s.n)})
		}
	},
	"discover by link": func(s *largeSchool) func() {
		email, _ := s.fresh()
		return func() { s.discoveryIST(email) }
	},
	"discover by session": func(s *largeSchool) func() {
		_, id := s.fresh()
		c := s.stytch.SignIn(id)
		return func() { s.ok(http.MethodPost, discover+"/organizations", object{"session_token": c.Token.Reveal()}) }
	},
	"search two classes": func(s *largeSchool) func() {
		return func() {
			s.ok(http.MethodPost, organizations+"/members/search", object{"organization_ids": []string{string(s.classes[0].ID), string(s.classes[s.known].ID)}})
		}
	},
	"find a class": func(s *largeSchool) func() {
		return func() {
			s.ok(http.MethodPost, organizations+"/search", object{"query": object{"operator": "AND", "operands": []object{{"filter_name": "organization_slugs", "filter_value": []string{s.classes[s.known].Slug}}}}})
		}
	},
	"find the classes of a person": func(s *largeSchool) func() {
		email, _ := s.fresh()
		return func() {
			s.ok(http.MethodPost, organizations+"/search", object{"query": object{"operator": "AND", "operands": []object{{"filter_name": "member_emails", "filter_value": []string{email}}}}})
		}
	},
	"a page of classes": func(s *largeSchool) func() {
		return func() { s.ok(http.MethodPost, organizations+"/search", object{"limit": 10}) }
	},
}

// No call takes longer in a school that is ten times as large: what walks all classes,
// members or sessions takes ten times as long. The fastest of many calls are compared, so
// that it does not matter what else the machine does.
func TestW10_CallsDoNotGrowWithTheSchool(t *testing.T) {
	if raced {
		t.Skip("times mean nothing with the race detector")
	}
	small, large := newLargeSchool(t, 200, true), newLargeSchool(t, 2000, true)
	fastest := func(s *largeSchool, prepare func(*largeSchool) func()) time.Duration {
		best := time.Hour
		for range 40 {
			call := prepare(s)
			began := time.Now()
			call()
			best = min(best, time.Since(began))
		}
		return best
	}
	for name, prepare := range growing {
		t.Run(name, func(t *testing.T) {
			few, many := fastest(small, prepare), fastest(large, prepare)
			t.Logf("%v with 200 classes, %v with 2,000", few, many)
			require.Less(t, many, 3*few+20*time.Microsecond)
		})
	}
}

// Nor in a class that is ten times as large, as where a whole school is one class.
func TestW10_CallsDoNotGrowWithTheClass(t *testing.T) {
	if raced {
		t.Skip("times mean nothing with the race detector")
	}
	type class struct {
		wire
		mock.Class
		saml, last string // the connection, and the address of the newest member
	}
	fill := func(size int) class {
		c := class{wire: newWire(t)}
		c.Class = c.stytch.AddClass("School", mock.Settings{"sso_jit_provisioning": "ALL_ALLOWED"})
		c.saml = c.stytch.AddSSO(c.ID, "saml", nil)
		for i := range size {
			c.last = fmt.Sprintf("s%d@example.edu", i)
			c.stytch.AddStudent(c.ID, c.last)
		}
		return c
	}
	small, large := fill(1_000), fill(30_000)
	for name, call := range map[string]func(c class, n int){
		"SSO":   func(c class, _ int) { c.sso(c.saml, c.last) },
		"OAuth": func(c class, _ int) { c.oauth("google", c.Slug, c.last) },
		"phone": func(c class, n int) {
			c.ok(http.MethodPost, organizations+"/"+c.Slug+"/members", object{"email_address": fmt.Sprintf("phone%d@example.edu", n), "mfa_phone_number": fmt.Sprintf("+614915%05d", n)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			few, many := time.Hour, time.Hour
			for n := range 20 { // in turn, so that a busy machine is busy for both
				began := time.Now()
				call(small, n)
				between := time.Now()
				call(large, n)
				few, many = min(few, between.Sub(began)), min(many, time.Since(between))
			}
			t.Logf("%v in a class of 1,000, %v of 30,000", few, many)
			require.Less(t, many, few+few/4+50*time.Microsecond)
		})
	}
}

// Adding 10,000 classes of ten, and signing in and removing a person in each of them,
// takes at most twelve times as long as 1,000.
func BenchmarkW10_Classes(b *testing.B) {
	var few time.Duration
	for _, classes := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(classes), func(b *testing.B) {
			for b.Loop() {
				s := newLargeSchool(b, classes, false)
				for s.known = range classes {
					_, id := s.fresh()
					s.stytch.SignIn(id)
					s.ok(http.MethodPost, sessions+"/revoke", object{"member_id": id})
					s.ok(http.MethodDelete, s.at()+"/members/"+string(id), nil)
				}
			}
			each := b.Elapsed() / time.Duration(b.N)
			if classes == 1_000 {
				few = each
			} else {
				b.ReportMetric(float64(each)/float64(few), "x-of-1000")
			}
		})
	}
}
