package signin

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

var (
	links     = allowed{methods: []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink}}
	passwords = allowed{methods: []grimoireauth.SignInMethod{grimoireauth.MethodPassword}}
)

// stytch answers what a class allows, and counts.
type stytch struct {
	asked  atomic.Int64
	answer allowed
	err    error
	takes  time.Duration
}

func (s *stytch) ask(ctx context.Context, _ string) (allowed, error) {
	s.asked.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return allowed{}, grimoireauth.ErrUnavailable
	}
	return s.answer, s.err
}

func TestAllowedIsAskedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c classWays
		s := &stytch{answer: links}
		for range 1000 {
			require.Equal(t, links, c.of(t.Context(), "laws1100", s.ask))
		}
		require.EqualValues(t, 1, s.asked.Load())
		s.answer = passwords
		time.Sleep(allowedLife + time.Second)
		require.Equal(t, passwords, c.of(t.Context(), "laws1100", s.ask))
		require.EqualValues(t, 2, s.asked.Load())
	})
}

// Answers are kept by class: T04.
func TestT04_AllowedOfAnotherClass(t *testing.T) {
	var c classWays
	require.Equal(t, links, c.of(t.Context(), "laws1100", (&stytch{answer: links}).ask))
	require.Equal(t, passwords, c.of(t.Context(), "arts2000", (&stytch{answer: passwords}).ask))
	require.Equal(t, links, c.of(t.Context(), "laws1100", (&stytch{answer: passwords}).ask))
}

func TestAllowedOfNoClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, err := range []error{grimoireauth.ErrNotFound, grimoireauth.ErrInvalid, grimoireauth.ErrForbidden} {
			var c classWays
			s := &stytch{err: err}
			for range 10 {
				require.Equal(t, allowedUnknown, c.of(t.Context(), "no-such-class", s.ask))
			}
			require.EqualValues(t, 1, s.asked.Load(), "%v", err)
			// It was made in the meantime.
			time.Sleep(allowedLife + time.Second)
			require.Equal(t, links, c.of(t.Context(), "no-such-class", (&stytch{answer: links}).ask))
		}
	})
}

func TestAllowedInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, err := range []error{grimoireauth.ErrUnavailable, grimoireauth.ErrRateLimited, errors.Join(grimoireauth.ErrNotFound, grimoireauth.ErrUnavailable)} {
			var c classWays
			down := &stytch{err: err}
			for range 10 {
				require.Equal(t, allowedOutage, c.of(t.Context(), "laws1100", down.ask))
			}
			require.EqualValues(t, 1, down.asked.Load(), "asking does not make it worse")
			time.Sleep(outageLife + time.Second)
			require.Equal(t, passwords, c.of(t.Context(), "laws1100", (&stytch{answer: passwords}).ask))

			time.Sleep(allowedLife + time.Second)
			for range 10 {
				require.Equal(t, passwords, c.of(t.Context(), "laws1100", down.ask), "an old answer is better than none")
			}
			require.EqualValues(t, 2, down.asked.Load())
		}
	})
}

// Many open the page at once: one call, which belongs to nobody, and nobody waits
// for longer than a page may take.
func TestAllowedIsAskedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c classWays
		s := &stytch{answer: links, takes: time.Second}
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i%2 == 1 {
					ctx, cancel = context.WithTimeout(ctx, time.Millisecond) // the one who asks may be one of these
					defer cancel()
				}
				got := c.of(ctx, "laws1100", s.ask)
				if i%2 == 0 {
					require.Equal(t, links, got)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, s.asked.Load())

		time.Sleep(allowedLife)
		slow := &stytch{answer: passwords, takes: time.Hour}
		began := time.Now()
		group.Go(func() { require.Equal(t, links, c.of(t.Context(), "laws1100", slow.ask)) })
		synctest.Wait()
		require.Equal(t, links, c.of(t.Context(), "laws1100", slow.ask), "while somebody asks, others get the old answer")
		require.Zero(t, time.Since(began))
		group.Wait()
		require.Equal(t, allowedTime, time.Since(began))
	})
}

// Names can be made up by the thousand: nobody is asked about more than fit, and
// classes that are there keep their place.
func TestAllowedIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c classWays
		c.of(t.Context(), "laws1100", (&stytch{answer: links}).ask)
		flood := &stytch{err: grimoireauth.ErrNotFound}
		for i := range 10 * maxAllowed {
			require.Equal(t, allowedUnknown, c.of(t.Context(), strconv.Itoa(i), flood.ask))
		}
		require.Len(t, c.all, maxAllowed)
		require.EqualValues(t, maxAllowed-1, flood.asked.Load())
		require.Equal(t, links, c.of(t.Context(), "laws1100", flood.ask))

		time.Sleep(allowedLife + time.Second)
		down := &stytch{err: grimoireauth.ErrUnavailable}
		c.of(t.Context(), "one more", down.ask)
		require.Len(t, c.all, 2, "what does not exist makes room")
		require.Equal(t, links, c.of(t.Context(), "laws1100", down.ask))
	})
}

func TestAllowedSurvivesAPanic(t *testing.T) {
	var c classWays
	require.Panics(t, func() {
		c.of(t.Context(), "laws1100", func(context.Context, string) (allowed, error) { panic("a bug") })
	})
	require.Equal(t, allowedOutage, c.of(t.Context(), "laws1100", (&stytch{answer: links}).ask), "nobody waits forever")
}
