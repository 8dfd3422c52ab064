package webhook_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/webhook"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// school is a service that receives the webhooks of its Stytch, and another program that
// changes things there and announces nothing.
type school struct {
	t             *testing.T
	stytch        *mock.Stytch
	elsewhere     *stytchclient.Client
	app           http.Handler
	guard         *middleware.Guard
	class         grimoireauth.ClassID     // in the addresses of the service
	organization  grimoireauth.ClassID     // at Stytch
	iris          grimoireauth.MemberID    // an instructor
	asIris, asSam grimoireauth.Credentials // of one Organization
	asOtto        grimoireauth.Credentials // of another Organization
	failing       atomic.Bool              // whether OnRevoke fails
	mu            sync.Mutex               // guards events
	events        []grimoireauth.WebhookReceived
	streamEnded   chan error
}

// mappings are the two ways to map a school.
var mappings = []string{"an organization per class", "classes in tables"}

// newSchool returns a school whose handler knows these secrets, and whose Stytch signs with
// those. It needs virtual time.
func newSchool(t *testing.T, mapping string, known, signs []string) *school {
	t.Helper()
	s := &school{t: t, streamEnded: make(chan error, 1)}
	revocations := new(jwtlocal.MemoryRevocations)
	receive := http.NewServeMux()
	s.stytch = &mock.Stytch{Webhooks: []mock.Webhook{{Handler: receive, Secrets: secretsOf(signs)}}}
	hooks, err := webhook.New(webhook.Config{
		Secrets: secretsOf(known), ProjectID: s.stytch.ProjectID(),
		OnRevoke: func(ctx context.Context, revocation grimoireauth.Revocation) error {
			if s.failing.Load() {
				return errTest
			}
			return revocations.Add(ctx, revocation)
		},
		Observe: func(_ context.Context, event grimoireauth.Event) {
			if e, ok := event.(grimoireauth.WebhookReceived); ok {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.events = append(s.events, e)
			}
		},
	})
	require.NoError(t, err)
	client := func(onRevoke grimoireauth.OnRevoke) *stytchclient.Client {
		c, err := stytchclient.New(stytchclient.Config{
			ProjectID: s.stytch.ProjectID(), Secret: s.stytch.Secret(), BaseURL: s.stytch.BaseURL(), Transport: s.stytch, OnRevoke: onRevoke,
		})
		require.NoError(t, err)
		return c
	}
	s.elsewhere = client(nil)
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: s.stytch.ProjectID(), BaseURL: s.stytch.BaseURL(), Transport: s.stytch,
		Refresh: client(revocations.Add).Sessions.Authenticate, Revocations: revocations,
	})
	require.NoError(t, err)

	config := middleware.Config{Watch: verifier.Watch}
	s.organization = s.stytch.AddClass("Contracts").ID
	s.class = s.organization
	s.iris = s.stytch.AddInstructor(s.organization, "iris@example.edu")
	sam := s.stytch.AddStudent(s.organization, "sam@example.edu")
	if mapping != mappings[0] {
		s.class = "contracts"
		table := map[grimoireauth.MemberID]grimoireauth.Role{s.iris: grimoireauth.RoleInstructor, sam: grimoireauth.RoleStudent}
		config.Role = func(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
			if class != s.class {
				return grimoireauth.RoleNone, nil
			}
			return table[session.Member()], nil
		}
	}
	otto := s.stytch.AddStudent(s.stytch.AddClass("Torts").ID, "otto@example.edu")
	s.guard, err = middleware.New(verifier.Authenticate, config)
	require.NoError(t, err)

	students := s.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
	instructors := s.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux := http.NewServeMux()
	mux.Handle("GET /me", s.guard.Require(ok))
	mux.Handle("GET /classes/{class}/notes", students(ok))
	mux.Handle("GET /classes/{class}/drafts", instructors(ok))
	mux.Handle("GET /classes/{class}/live", instructors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := s.guard.Watch(r)
		<-ctx.Done()
		s.streamEnded <- context.Cause(ctx)
	})))
	mux.Handle("POST /webhooks/stytch", hooks)
	s.app = http.NewCrossOriginProtection().Handler(s.guard.Protect(mux, "POST /webhooks/stytch"))
	receive.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/webhooks/stytch"
		s.app.ServeHTTP(w, r)
	})

	// The first sign-in proves an address, which updates the member.
	for range 2 {
		s.asIris, s.asSam, s.asOtto = s.stytch.SignIn(s.iris), s.stytch.SignIn(sam), s.stytch.SignIn(otto)
		require.NoError(t, s.stytch.DeliverWebhooks(t.Context()))
		time.Sleep(2 * time.Minute)
	}
	for _, c := range []grimoireauth.Credentials{s.asIris, s.asSam, s.asOtto} { // fetches the keys, too
		_, _ = s.status(c, "me")
		s.requireStatus(c, "me", 204, 0)
	}
	s.received()
	return s
}

// received returns the webhooks since the last call.
func (s *school) received() []grimoireauth.WebhookReceived {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events = nil
	return events
}

func secretsOf(values []string) (secrets []grimoireauth.Secret) {
	for _, value := range values {
		secrets = append(secrets, grimoireauth.NewSecret(value))
	}
	return secrets
}

// status returns the status of a request, and how many calls to Stytch it caused.
func (s *school) status(as grimoireauth.Credentials, page string) (status, calls int) {
	s.t.Helper()
	r := httptest.NewRequest("GET", "/classes/"+string(s.class)+"/"+page, nil)
	if page == "me" {
		r = httptest.NewRequest("GET", "/me", nil)
	}
	require.NoError(s.t, s.guard.Attach(r, as))
	before := len(s.stytch.Journal())
	w := httptest.NewRecorder()
	s.app.ServeHTTP(w, r)
	return w.Code, len(s.stytch.Journal()) - before
}

func (s *school) requireStatus(as grimoireauth.Credentials, page string, status, calls int) {
	s.t.Helper()
	gotStatus, gotCalls := s.status(as, page)
	require.Equal(s.t, []int{status, calls}, []int{gotStatus, gotCalls}, "status and calls")
}

// What was changed at Stytch, in the dashboard or by another program, takes effect when the
// webhook arrives, for the members that it concerns and at the price of one call for each session.
func TestP08_ChangedElsewhere(t *testing.T) {
	for _, row := range []struct {
		name         string
		change       func(t *testing.T, s *school)
		perClass     int // of Iris's drafts, with an Organization for each class
		inTables     int // with classes in tables
		concernsOtto bool
		concernsSam  bool
	}{
		{"demoted in the dashboard", func(_ *testing.T, s *school) { s.stytch.SetRoles(s.iris) }, 403, 204, false, false},
		{"demoted by another program", func(t *testing.T, s *school) {
			_, err := s.elsewhere.Roster.SetRole(t.Context(), s.organization, s.iris, grimoireauth.RoleStudent, stytchclient.EvenLastInstructor)
			require.NoError(t, err)
		}, 403, 204, false, false},
		{"removed", func(t *testing.T, s *school) {
			require.NoError(t, s.elsewhere.Roster.Remove(t.Context(), s.organization, s.iris, stytchclient.EvenLastInstructor))
		}, 401, 401, false, false},
		{"only renamed", func(t *testing.T, s *school) {
			_, err := s.elsewhere.Roster.Update(t.Context(), s.organization, s.iris, stytchclient.MemberChange{Name: stytchclient.Set("Iris")})
			require.NoError(t, err)
		}, 204, 204, false, false},
		{"the organization is updated", func(t *testing.T, s *school) {
			_, err := s.elsewhere.Classes.Update(t.Context(), s.organization, stytchclient.ClassChange{Name: stytchclient.Set("Contract law")})
			require.NoError(t, err)
		}, 204, 204, false, true},
		{"the organization is deleted", func(t *testing.T, s *school) {
			require.NoError(t, s.elsewhere.Classes.Delete(t.Context(), s.organization))
		}, 401, 401, false, true},
	} {
		for i, mapping := range mappings {
			t.Run(row.name+"/"+mapping, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSchool(t, mapping, []string{oldSecret}, []string{oldSecret})
					s.requireStatus(s.asIris, "drafts", 204, 0)
					row.change(t, s)
					s.requireStatus(s.asIris, "drafts", 204, 0) // nothing has arrived yet

					require.NoError(t, s.stytch.DeliverWebhooks(t.Context()))
					require.NotEmpty(t, s.received())
					want := []int{row.perClass, row.inTables}[i]
					s.requireStatus(s.asIris, "drafts", want, 1)
					if want != 401 {
						s.requireStatus(s.asIris, "drafts", want, 0)
					}
					_, calls := s.status(s.asSam, "me")
					require.Equal(t, row.concernsSam, calls == 1)
					s.requireStatus(s.asOtto, "me", 204, 0)
				})
			})
		}
	}
}

// A stream ends when the webhook arrives.
func TestP08_AStreamEnds(t *testing.T) {
	for _, mapping := range mappings {
		t.Run(mapping, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSchool(t, mapping, []string{oldSecret}, []string{oldSecret})
				r := httptest.NewRequest("GET", "/classes/"+string(s.class)+"/live", nil)
				require.NoError(t, s.guard.Attach(r, s.asIris))
				go s.app.ServeHTTP(httptest.NewRecorder(), r)
				time.Sleep(time.Second)
				require.NoError(t, s.elsewhere.Roster.Remove(t.Context(), s.organization, s.iris, stytchclient.EvenLastInstructor))
				before := time.Now()
				require.NoError(t, s.stytch.DeliverWebhooks(t.Context()))
				require.ErrorIs(t, <-s.streamEnded, grimoireauth.ErrUnauthenticated)
				require.Less(t, time.Since(before), 2*time.Second)
			})
		})
	}
}

// Both sides of a rotation of the secret, in each order in which it can be done.
func TestP08_RotationAtStytch(t *testing.T) {
	for _, row := range []struct {
		name         string
		known, signs []string
	}{
		{"Stytch has rotated first", []string{oldSecret}, []string{newSecret, oldSecret}},
		{"both are known", []string{oldSecret, newSecret}, []string{newSecret, oldSecret}},
		{"the old one is gone at Stytch", []string{oldSecret, newSecret}, []string{newSecret}},
		{"the old one is gone here", []string{newSecret}, []string{newSecret, oldSecret}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSchool(t, mappings[0], row.known, row.signs)
				s.stytch.SetRoles(s.iris)
				require.NoError(t, s.stytch.DeliverWebhooks(t.Context()))
				s.requireStatus(s.asIris, "drafts", 403, 1)
			})
		})
	}
}

// OnRevoke fails for a while. Svix sends the webhook again, and then it takes effect.
func TestP08_SentAgainByStytch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSchool(t, mappings[0], []string{oldSecret}, []string{oldSecret})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.stytch.RunWebhooks(ctx) }()
		s.failing.Store(true)
		s.stytch.SetRoles(s.iris)
		time.Sleep(time.Minute)
		s.requireStatus(s.asIris, "drafts", 204, 0)
		require.Len(t, s.received(), 2, "at once, and after 5 seconds")
		s.failing.Store(false)
		time.Sleep(5 * time.Minute)
		events := s.received()
		require.Len(t, events, 1)
		require.True(t, events[0].Revoked)
		status, _ := s.status(s.asIris, "drafts")
		require.Equal(t, 403, status)
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}
