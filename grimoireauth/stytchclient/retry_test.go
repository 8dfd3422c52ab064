package stytchclient_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/backoff"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// attempts counts the requests that an endpoint got.
func attempts(stytch *mock.Stytch, endpoint string) int {
	n := 0
	for _, r := range stytch.Journal() {
		if r.Endpoint == endpoint {
			n++
		}
	}
	return n
}

// Which calls are made again after a failure that passes by itself. What sends
// an e-mail, creates or redeems something is made once, whatever happens.
func TestWhatIsRepeated(t *testing.T) {
	const organization, members = "/v1/b2b/organizations/{organization_id}", "/v1/b2b/organizations/{organization_id}/members"
	type deed struct {
		endpoint string
		repeated bool
		do       func(context.Context, *stytchclient.Client, grimoireauth.Person, grimoireauth.Credentials) error
	}
	deeds := map[string]deed{
		"get a class": {"GET " + organization, true, func(ctx context.Context, c *stytchclient.Client, p grimoireauth.Person, _ grimoireauth.Credentials) error {
			_, err := c.Classes.Get(ctx, p.Class)
			return err
		}},
		"search members": {"POST /v1/b2b/organizations/members/search", true, func(ctx context.Context, c *stytchclient.Client, p grimoireauth.Person, _ grimoireauth.Credentials) error {
			for _, err := range c.Roster.Members(ctx, p.Class) {
				return err
			}
			return nil
		}},
		"change a class": {"PUT " + organization, true, func(ctx context.Context, c *stytchclient.Client, p grimoireauth.Person, _ grimoireauth.Credentials) error {
			_, err := c.Classes.Update(ctx, p.Class, stytchclient.ClassChange{Name: stytchclient.Set("Equity")})
			return err
		}},
		"set a role": {"PUT " + members + "/{member_id}", true, func(ctx context.Context, c *stytchclient.Client, p grimoireauth.Person, _ grimoireauth.Credentials) error {
			_, err := c.Roster.SetRole(ctx, p.Class, p.Member, grimoireauth.RoleTutor)
			return err
		}},
		"remove": {"DELETE " + members + "/{member_id}", true, func(ctx context.Context, c *stytchclient.Client, p grimoireauth.Person, _ grimoireauth.Credentials) error {
			return c.Roster.Remove(ctx, p.Class, p.Member)
		}},
		"revoke": {"POST /v1/b2b/sessions/revoke", true, func(ctx context.Context, c *stytchclient.Client, p grimoireauth.Person, _ grimoireauth.Credentials) error {
			return c.Sessions.RevokeMember(ctx, p.Class, p.Member)
		}},
		"create a class": {"POST /v1/b2b/organizations", false, func(ctx context.Context, c *stytchclient.Client, _ grimoireauth.Person, _ grimoireauth.Credentials) error {
			_, err := c.Classes.Create(ctx, stytchclient.NewClass{Name: "Torts"})
			return err
		}},
		"enroll": {"POST " + members, false, func(ctx context.Context, c *stytchclient.Client, p grimoireauth.Person, _ grimoireauth.Credentials) error {
			_, err := c.Roster.Enroll(ctx, p.Class, stytchclient.NewMember{Email: "new@example.edu"})
			return err
		}},
		"invite": {"POST /v1/b2b/magic_links/email/invite", false, func(ctx context.Context, c *stytchclient.Client, p grimoireauth.Person, _ grimoireauth.Credentials) error {
			_, err := c.Roster.Invite(ctx, p.Class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "new@example.edu"}})
			return err
		}},
		"send a link": {"POST /v1/b2b/magic_links/email/login_or_signup", false, func(ctx context.Context, c *stytchclient.Client, p grimoireauth.Person, _ grimoireauth.Credentials) error {
			return c.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: p.Class, Email: "sam@example.edu"})
		}},
		"redeem a link": {"POST /v1/b2b/magic_links/authenticate", false, func(ctx context.Context, c *stytchclient.Client, _ grimoireauth.Person, _ grimoireauth.Credentials) error {
			_, err := c.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")})
			return err
		}},
		"authenticate": {"POST /v1/b2b/sessions/authenticate", false, func(ctx context.Context, c *stytchclient.Client, _ grimoireauth.Person, s grimoireauth.Credentials) error {
			_, err := c.Sessions.Authenticate(ctx, s)
			return err
		}},
	}
	faults := map[string]mock.Fault{
		"limited":    {Status: 429},
		"broken":     {Status: 500},
		"a proxy's":  {Status: 502, Body: "<html>Bad Gateway"},
		"connection": {Drop: true},
	}
	for name, deed := range deeds {
		for kind, fault := range faults {
			t.Run(name+", "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					stytch, client := school(t, nil)
					class := stytch.AddClass("Torts").ID
					person := grimoireauth.Person{Class: class, Member: stytch.AddStudent(class, "sam@example.edu")}
					credentials := stytch.SignIn(person.Member)

					fault := fault
					fault.Endpoint, fault.Times = deed.endpoint, 2
					stytch.Fail(fault)
					before := attempts(stytch, deed.endpoint)
					err := deed.do(t.Context(), client, person, credentials)
					if deed.repeated {
						require.NoError(t, err, "the third attempt went through")
						require.Equal(t, 3, attempts(stytch, deed.endpoint)-before)
					} else {
						require.Error(t, err)
						require.Equal(t, 1, attempts(stytch, deed.endpoint)-before)
					}
				})
			})
		}
	}
}

func TestRepeatingIsBounded(t *testing.T) {
	const get = "GET /v1/b2b/organizations/{organization_id}"
	tests := map[string]struct {
		fault    mock.Fault
		config   func(*stytchclient.Config)
		patience time.Duration // of the caller, if not zero
		want     error
		attempts int
		atLeast  time.Duration
		atMost   time.Duration
	}{
		"gives up after two repetitions": {
			fault: mock.Fault{Status: 500}, want: grimoireauth.ErrUnavailable, attempts: 3,
			atLeast: 300 * time.Millisecond, atMost: 600 * time.Millisecond,
		},
		"waits as long as it is asked to": {
			fault: mock.Fault{Status: 429, RetryAfter: 3 * time.Second}, want: grimoireauth.ErrRateLimited, attempts: 3,
			atLeast: 6 * time.Second, atMost: 6 * time.Second,
		},
		"does not wait for longer than there is": {
			fault: mock.Fault{Status: 429, RetryAfter: time.Minute}, want: grimoireauth.ErrRateLimited, attempts: 1,
		},
		"nor than the caller has": {
			fault: mock.Fault{Status: 429, RetryAfter: 3 * time.Second}, patience: 2 * time.Second, want: grimoireauth.ErrRateLimited, attempts: 1,
		},
		"the timeout is for everything together": {
			fault: mock.Fault{Status: 500, Latency: 2500 * time.Millisecond}, config: func(c *stytchclient.Config) { c.Retries = 5 },
			want: grimoireauth.ErrUnavailable, attempts: 4,
			atLeast: 10 * time.Second, atMost: 10 * time.Second,
		},
		"more often if asked": {
			fault: mock.Fault{Drop: true}, config: func(c *stytchclient.Config) { c.Retries = 5 }, want: grimoireauth.ErrUnavailable, attempts: 6,
			atLeast: 3100 * time.Millisecond, atMost: 6200 * time.Millisecond,
		},
		"never if asked": {
			fault: mock.Fault{Status: 500}, config: func(c *stytchclient.Config) { c.Retries = -1 }, want: grimoireauth.ErrUnavailable, attempts: 1,
		},
		"not what is clear":      {fault: mock.Fault{ErrorType: "organization_not_found"}, want: grimoireauth.ErrNotFound, attempts: 1},
		"not a forbidden call":   {fault: mock.Fault{Status: 403}, want: grimoireauth.ErrForbidden, attempts: 1},
		"not what has no use":    {fault: mock.Fault{Status: 501, Body: "no"}, want: grimoireauth.ErrUnavailable, attempts: 1},
		"not a page of somebody": {fault: mock.Fault{Status: 404, Body: "<html>"}, want: grimoireauth.ErrUnavailable, attempts: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stytch, client := school(t, test.config)
				class := stytch.AddClass("Torts").ID
				test.fault.Endpoint = get
				stytch.Fail(test.fault)
				ctx := t.Context()
				if test.patience > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.patience)
					defer cancel()
				}
				began := time.Now()
				_, err := client.Classes.Get(ctx, class)
				took := time.Since(began)
				require.ErrorIs(t, err, test.want)
				require.Equal(t, test.attempts, attempts(stytch, get))
				require.GreaterOrEqual(t, took, test.atLeast)
				require.LessOrEqual(t, took, test.atMost)
				wait, _ := grimoireauth.RetryAfter(err)
				require.Equal(t, test.fault.RetryAfter, wait, "the caller learns how long to wait")
			})
		})
	}
}

// The random part of the waiting can be set for one call, so that a test which
// replays a failure replays the waiting, too.
func TestW12_TheWaitingCanBePinned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch, client := school(t, nil)
		class := stytch.AddClass("Torts").ID
		stytch.Fail(mock.Fault{Status: http.StatusBadGateway})
		var limits []time.Duration
		ctx := backoff.WithJitter(t.Context(), func(limit time.Duration) time.Duration {
			limits = append(limits, limit)
			return 7 * time.Millisecond
		})
		began := time.Now()
		_, err := client.Classes.Get(ctx, class)
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
		require.Equal(t, []time.Duration{100 * time.Millisecond, 200 * time.Millisecond}, limits)
		require.Equal(t, 314*time.Millisecond, time.Since(began))
	})
}

// However often a call is repeated, the waiting stays what it may be at most.
func TestRepeatingVeryOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch, client := school(t, func(c *stytchclient.Config) { c.Retries, c.Timeout = 80, time.Hour })
		class := stytch.AddClass("Torts").ID
		stytch.Fail(mock.Fault{Status: http.StatusBadGateway})
		began := time.Now()
		_, err := client.Classes.Get(t.Context(), class)
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
		require.Less(t, time.Since(began), 80*5*time.Second)
		require.Greater(t, time.Since(began), 70*5*time.Second/2)
	})
}

// A caller who goes away while the client waits is not kept.
func TestRepeatingEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch, client := school(t, nil)
		class := stytch.AddClass("Torts").ID
		stytch.Fail(mock.Fault{Status: http.StatusTooManyRequests, RetryAfter: 5 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		_, err := client.Classes.Get(ctx, class)
		require.ErrorIs(t, err, grimoireauth.ErrRateLimited)
		require.Equal(t, time.Second, time.Since(began))
	})
}
