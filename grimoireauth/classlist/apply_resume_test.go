package classlist_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

// After an import was ended at any call, the same plan makes the changes that are left.
func TestApplyIsResumed(t *testing.T) {
	killed := errors.New("killed")
	kill := func(t *testing.T, c *class, plan classlist.Plan, how string, at int) (err error) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		defer func() {
			if v := recover(); v != nil {
				require.Equal(t, killed, v)
				err = killed
			}
		}()
		c.line.calls, c.line.cut = 0, at
		if c.line.onCut = func() { panic(killed) }; how == "cancelled" {
			c.line.onCut = func() { cancel(killed) }
		}
		_, err = plan.Apply(ctx, c.client.Roster)
		return err
	}
	random := rand.New(rand.NewPCG(7, 7))
	for how, sizes := range map[string][]int{"cancelled": {60, 60, 60, 60}, "a panic in the transport": {1100, 60, 60, 60}} {
		for _, rows := range sizes {
			at := 2 + random.IntN(rows)
			t.Run(fmt.Sprintf("%s at call %d of %d rows", how, at, rows), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newClass(t)
					c.line.latency = 50 * time.Millisecond
					list := people(rows)
					plan := c.plan(list, classlist.Config{})
					require.ErrorIs(t, kill(t, c, plan, how, at), killed)
					time.Sleep(time.Minute) // net/http notices a panic only when its timeout is over
					require.LessOrEqual(t, c.line.calls, at+8, "nothing more is sent")
					done := len(c.members())
					require.Less(t, done, rows)

					c.line.cut = 0
					report, err := plan.Apply(t.Context(), c.client.Roster)
					require.NoError(t, err)
					require.Equal(t, done, report.Count(classlist.AlreadySo))
					require.Equal(t, rows-done, report.Count(classlist.Done))
					requireAll(t, c, list)
					before := c.line.writes()
					_, err = plan.Apply(t.Context(), c.client.Roster)
					require.NoError(t, err)
					require.Equal(t, before, c.line.writes())
				})
			})
		}
	}
}

// A kill in the middle of every kind of change, at each call in turn.
func TestApplyIsResumedAtEveryCall(t *testing.T) {
	config := classlist.Config{Highest: grimoireauth.RoleInstructor, MostRemoved: 1}
	first := func() classlist.List {
		list := people(6)
		list[0].Role, list[1].Role, list[2].Role = grimoireauth.RoleInstructor, grimoireauth.RoleTutor, grimoireauth.RoleStudent
		return list
	}
	for at := 2; ; at++ {
		finished := false
		synctest.Test(t, func(t *testing.T) {
			c := newClass(t)
			c.bring(first(), config)
			for _, m := range c.members() {
				if m.Email == "s6@example.edu" {
					c.stytch.SignIn(m.Member) // proves the address, so that she can come back
					require.NoError(t, c.client.Roster.Remove(t.Context(), c.id, m.Member))
				}
			}
			// One is promoted, one demoted, one leaves, one comes back as more, one is new.
			list := first()
			list[2].Role, list[1].Role = grimoireauth.RoleTutor, grimoireauth.RoleStudent
			list[5].Role = grimoireauth.RoleInstructor
			list = append(list[:4], list[5], people(7)[6])
			plan := c.plan(list, config)
			require.Len(t, plan.Changes(), 5)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c.line.calls, c.line.cut, c.line.onCut = 0, at, cancel
			_, err := plan.Apply(ctx, c.client.Roster)
			if finished = err == nil; !finished {
				require.ErrorIs(t, err, context.Canceled)
			}
			c.line.cut = 0
			_, err = plan.Apply(t.Context(), c.client.Roster)
			require.NoError(t, err)
			require.Equal(t, map[string]grimoireauth.Role{
				"s1@example.edu": grimoireauth.RoleInstructor, "s2@example.edu": grimoireauth.RoleStudent,
				"s3@example.edu": grimoireauth.RoleTutor, "s4@example.edu": grimoireauth.RoleStudent,
				"s6@example.edu": grimoireauth.RoleInstructor, "s7@example.edu": grimoireauth.RoleStudent,
			}, c.roles())
			require.Empty(t, c.plan(list, config).Changes())
		})
		if finished {
			require.Greater(t, at, 10, "it took some calls")
			return
		}
	}
}
