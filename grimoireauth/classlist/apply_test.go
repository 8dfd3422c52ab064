package classlist_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// requireAll checks that exactly these people are in the class, as the list has
// them, and that none was enrolled twice.
func requireAll(t *testing.T, c *class, list classlist.List) {
	t.Helper()
	members := c.members()
	require.Len(t, members, len(list), "no member twice, also not among the removed ones")
	by := make(map[string]grimoireauth.Member)
	for _, m := range members {
		by[m.Email] = m
	}
	for _, row := range list {
		m := by[row.Email]
		require.Equal(t, row.Name, m.Name)
		require.Equal(t, row.ID, m.ExternalID)
		require.Equal(t, grimoireauth.StatusActive, m.Status)
		require.Equal(t, max(row.Role, grimoireauth.RoleStudent), m.Role)
	}
}

// The list of a large class is imported without a fault and in good time, while Stytch
// often returns 429 and sometimes 500.
func TestApplyElevenHundred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rows, latency = 1100, 100 * time.Millisecond
		for _, concurrency := range []int{8} {
			c := newClass(t)
			list := people(rows)
			var told []classlist.Progress
			plan := c.plan(list, classlist.Config{Concurrency: concurrency, Progress: func(p classlist.Progress) { told = append(told, p) }})
			require.Equal(t, rows, plan.Count(classlist.Add))

			c.line.latency = latency
			c.line.chance, c.line.busy, c.line.wait, c.line.breaks = rand.New(rand.NewPCG(1, uint64(concurrency))), 0.02, time.Second, 0.01
			began := time.Now()
			report, err := plan.Apply(t.Context(), c.client.Roster)
			took := time.Since(began)
			c.line.chance, c.line.latency = nil, 0
			require.NoError(t, err)
			require.Equal(t, rows, report.Count(classlist.Done))

			faulted := 0
			for _, request := range c.stytch.Journal() {
				if request.Faulted {
					faulted++
				}
			}
			require.Greater(t, faulted, 15, "the faults must occur")
			ideal := latency * time.Duration((rows+concurrency-1)/concurrency)
			t.Logf("%d at a time: %v, ideal %v, ratio %.2f, %d faults", concurrency, took, ideal, took.Seconds()/ideal.Seconds(), faulted)
			require.LessOrEqual(t, took, ideal*3/2)

			requireAll(t, c, list)
			require.Len(t, told, rows, "progress after every row")
			for i, p := range told {
				require.Equal(t, i+1, p.Done)
				require.Equal(t, rows, p.Total)
				require.Zero(t, p.Failed)
			}

			before := c.line.writes()
			report, err = plan.Apply(t.Context(), c.client.Roster)
			require.NoError(t, err)
			require.Equal(t, rows, report.Count(classlist.AlreadySo))
			require.Empty(t, c.plan(list, classlist.Config{}).Changes())
			require.Equal(t, before, c.line.writes(), "applied twice, it changes nothing the second time")
		}
	})
}

func TestApplyHonoursRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClass(t)
		plan := c.plan(people(1), classlist.Config{})
		c.stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/organizations/{organization_id}/members", Status: http.StatusTooManyRequests, RetryAfter: 40 * time.Second, Times: 2})
		began := time.Now()
		report, err := plan.Apply(t.Context(), c.client.Roster)
		require.NoError(t, err)
		require.Equal(t, 3, report.Outcomes[0].Attempts)
		require.GreaterOrEqual(t, time.Since(began), 80*time.Second)
		require.Less(t, time.Since(began), 90*time.Second)
	})
}

func TestApplyReportsFailures(t *testing.T) {
	const create = "POST /v1/b2b/organizations/{organization_id}/members"
	t.Run("a row that is refused does not stop the others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClass(t)
			plan := c.plan(people(5), classlist.Config{Concurrency: 1})
			c.stytch.Fail(mock.Fault{Endpoint: create, Status: http.StatusBadRequest, ErrorType: "invalid_email", Times: 1})
			report, err := plan.Apply(t.Context(), c.client.Roster)
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			require.ErrorContains(t, err, "1 of 5 rows")
			require.Equal(t, classlist.Failed, report.Outcomes[0].Result)
			require.Equal(t, 1, report.Outcomes[0].Attempts, "a refusal is not tried again")
			require.Equal(t, 4, report.Count(classlist.Done))
			require.Contains(t, report.String(), "failed: line 2: add s1@example.edu")
			require.NotContains(t, fmt.Sprint(report.LogValue()), "@")
			require.NotContains(t, err.Error(), "@", "addresses are not for logs")
			c.bring(people(5), classlist.Config{})
		})
	})
	t.Run("an outage ends the import", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClass(t)
			plan := c.plan(people(100), classlist.Config{Attempts: 3})
			c.stytch.Fail(mock.Fault{Endpoint: create, Drop: true})
			report, err := plan.Apply(t.Context(), c.client.Roster)
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			require.LessOrEqual(t, report.Count(classlist.Failed), 15)
			require.GreaterOrEqual(t, report.Count(classlist.NotTried), 85)
			c.stytch.ClearFaults()
			c.bring(people(100), classlist.Config{})
		})
	})
	t.Run("no member is removed if one could not be added", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClass(t)
			c.bring(people(5), classlist.Config{})
			plan := c.plan(people(6)[1:], classlist.Config{Attempts: 2})
			require.Equal(t, 1, plan.Count(classlist.Remove))
			c.stytch.Fail(mock.Fault{Endpoint: create, Status: 500})
			report, err := plan.Apply(t.Context(), c.client.Roster)
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			require.Equal(t, 1, report.Count(classlist.NotTried))
			require.Contains(t, report.String(), "not tried: remove s1@example.edu")
			require.Len(t, c.roles(), 5)
		})
	})
	t.Run("a roster that cannot be read", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClass(t)
			plan := c.plan(people(2), classlist.Config{})
			c.stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/organizations/members/search", Status: 500})
			report, err := plan.Apply(t.Context(), c.client.Roster)
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			require.Equal(t, 2, report.Count(classlist.NotTried))
		})
	})
}

// Apply makes no change that is not in the plan.
func TestApplyAfterTheRosterChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClass(t)
		config := classlist.Config{Highest: grimoireauth.RoleTutor, MostRemoved: 1}
		c.bring(people(4), config)
		plan := c.plan(people(5), config)
		var s1 grimoireauth.MemberID
		for _, m := range c.members() {
			if m.Email == "s1@example.edu" {
				s1 = m.Member
			}
		}
		require.NoError(t, c.client.Roster.Remove(t.Context(), c.id, s1))
		before := c.line.writes()
		_, err := plan.Apply(t.Context(), c.client.Roster)
		require.ErrorIs(t, err, classlist.ErrRosterChanged)
		require.ErrorIs(t, err, grimoireauth.ErrConflict)
		require.Equal(t, before, c.line.writes(), "it would bring back a member whom the plan does not name")
	})
}

// Another program adds the same people while the import runs.
func TestApplyBesideAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClass(t)
		c.line.latency = 10 * time.Millisecond
		plan := c.plan(people(40), classlist.Config{})
		other := make(chan error, 1)
		go func() {
			_, err := plan.Apply(t.Context(), c.client.Roster)
			other <- err
		}()
		_, err := plan.Apply(t.Context(), c.client.Roster)
		require.NoError(t, err)
		require.NoError(t, <-other)
		requireAll(t, c, people(40))
	})
}

func TestZeroPlan(t *testing.T) {
	report, err := classlist.Plan{}.Apply(t.Context(), stytchclient.Roster{})
	require.NoError(t, err)
	require.Empty(t, report.Outcomes)
}
