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
	links     = classMethods{methods: []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink}}
	passwords = classMethods{methods: []grimoireauth.SignInMethod{grimoireauth.MethodPassword}}
)

// stytch answers what a class allows, and counts.
type stytch struct {
	asked  atomic.Int64
	answer classMethods
	err    error
	takes  time.Duration
}

func (s *stytch) ask(ctx context.Context, _ string) (classMethods, error) {
	s.asked.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return classMethods{}, grimoireauth.ErrUnavailable
	}
	return s.answer, s.err
}

func (s *stytch) question() classLookup { return question(s.ask) }

// question asks without a limit.
func question(ask func(context.Context, string) (classMethods, error)) classLookup {
	return classLookup{
		reserve: func(context.Context) error { return nil },
		release: func(context.Context) {},
		call:    ask,
	}
}

func TestAllowedIsAskedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c classCache
		s := &stytch{answer: links}
		for range 1000 {
			require.Equal(t, links, c.get(t.Context(), "laws1100", s.question()))
		}
		require.EqualValues(t, 1, s.asked.Load())
		s.answer = passwords
		time.Sleep(answerLife + time.Second)
		require.Equal(t, passwords, c.get(t.Context(), "laws1100", s.question()))
		require.EqualValues(t, 2, s.asked.Load())
	})
}

// Answers are kept by class: T04.
func TestT04_AllowedOfAnotherClass(t *testing.T) {
	var c classCache
	require.Equal(t, links, c.get(t.Context(), "laws1100", (&stytch{answer: links}).question()))
	require.Equal(t, passwords, c.get(t.Context(), "arts2000", (&stytch{answer: passwords}).question()))
	require.Equal(t, links, c.get(t.Context(), "laws1100", (&stytch{answer: passwords}).question()))
}

func TestAllowedOfNoClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, err := range []error{grimoireauth.ErrNotFound, grimoireauth.ErrInvalid, grimoireauth.ErrForbidden} {
			var c classCache
			s := &stytch{err: err}
			for range 10 {
				require.Equal(t, methodsOfNoClass, c.get(t.Context(), "no-such-class", s.question()))
			}
			require.EqualValues(t, 1, s.asked.Load(), "%v", err)
			// It was made in the meantime.
			time.Sleep(answerLife + time.Second)
			require.Equal(t, links, c.get(t.Context(), "no-such-class", (&stytch{answer: links}).question()))
		}
	})
}

func TestAllowedInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, err := range []error{grimoireauth.ErrUnavailable, grimoireauth.ErrRateLimited, errors.Join(grimoireauth.ErrNotFound, grimoireauth.ErrUnavailable)} {
			var c classCache
			down := &stytch{err: err}
			for range 10 {
				require.Equal(t, methodsInOutage, c.get(t.Context(), "laws1100", down.question()))
			}
			require.EqualValues(t, 1, down.asked.Load(), "asking does not make it worse")
			time.Sleep(outageLife + time.Second)
			require.Equal(t, passwords, c.get(t.Context(), "laws1100", (&stytch{answer: passwords}).question()))

			time.Sleep(answerLife + time.Second)
			for range 10 {
				require.Equal(t, passwords, c.get(t.Context(), "laws1100", down.question()), "an old answer is better than none")
			}
			require.EqualValues(t, 2, down.asked.Load())
		}
	})
}

// Many requests open the page at once: there is one call, and no request waits for
// longer than answerTime.
func TestAllowedIsAskedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c classCache
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
				got := c.get(ctx, "laws1100", s.question())
				if i%2 == 0 {
					require.Equal(t, links, got)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, s.asked.Load())

		time.Sleep(answerLife)
		slow := &stytch{answer: passwords, takes: time.Hour}
		began := time.Now()
		group.Go(func() { require.Equal(t, links, c.get(t.Context(), "laws1100", slow.question())) })
		synctest.Wait()
		require.Equal(t, links, c.get(t.Context(), "laws1100", slow.question()), "while somebody asks, others get the old answer")
		require.Zero(t, time.Since(began))
		group.Wait()
		require.Equal(t, answerTime, time.Since(began))
	})
}

// Names can be made up by the thousand: they take the place of each other, and never
// that of a class that exists. Other spellings of a slug are such names.
func TestX05_AllowedIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c classCache
		law := classMethods{id: "organization-law", slug: "laws1100", methods: links.methods}
		require.Equal(t, law, c.get(t.Context(), "laws1100", (&stytch{answer: law}).question()))
		require.Equal(t, law, c.get(t.Context(), "organization-law", (&stytch{answer: law}).question()))
		flood := &stytch{err: grimoireauth.ErrNotFound}
		for i := range 10 * maxNames {
			require.Equal(t, methodsOfNoClass, c.get(t.Context(), strconv.Itoa(i), flood.question()))
			c.get(t.Context(), "Laws1100"+strconv.Itoa(i), (&stytch{answer: law}).question())
		}
		require.Len(t, c.names, maxNames)
		require.Len(t, c.classes, 2)
		time.Sleep(10 * answerLife)
		down := &stytch{err: grimoireauth.ErrUnavailable}
		require.Equal(t, law, c.get(t.Context(), "laws1100", down.question()), "an old answer is better than none")

		for i := range 2 * maxClasses {
			name := strconv.Itoa(i)
			c.get(t.Context(), name, (&stytch{answer: classMethods{id: "organization-" + grimoireauth.ClassID(name), slug: name}}).question())
		}
		require.Len(t, c.classes, maxClasses)
	})
}

// What one request may not ask, or what is refused because of its address, is no answer
// for others, who ask themselves.
func TestX05_AllowedRefusedToOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c classCache
		refused := &grimoireauth.Error{Kind: grimoireauth.ErrRateLimited}
		no := question((&stytch{answer: links}).ask)
		no.reserve = func(context.Context) error { return refused }
		got := c.get(t.Context(), "laws1100", no)
		require.Equal(t, refused, got.refused)
		require.True(t, got.unsure)
		require.Empty(t, c.names)

		var group sync.WaitGroup
		group.Go(func() {
			got := c.get(t.Context(), "laws1100", (&stytch{err: refused, takes: time.Second}).question())
			require.Equal(t, refused, got.refused)
		})
		synctest.Wait()
		for range 10 {
			group.Go(func() {
				require.Equal(t, links, c.get(t.Context(), "laws1100", (&stytch{answer: links, takes: time.Second}).question()))
			})
		}
		group.Wait()

		time.Sleep(answerLife)
		require.Equal(t, links, c.get(t.Context(), "laws1100", (&stytch{err: refused}).question()), "the old answer")
		require.Equal(t, passwords, c.get(t.Context(), "laws1100", (&stytch{answer: passwords}).question()), "and others ask at once")
	})
}

func TestAllowedSurvivesAPanic(t *testing.T) {
	var c classCache
	require.Panics(t, func() {
		c.get(t.Context(), "laws1100", question(func(context.Context, string) (classMethods, error) { panic("a bug") }))
	})
	require.Equal(t, methodsInOutage, c.get(t.Context(), "laws1100", (&stytch{answer: links}).question()), "nobody waits forever")
}
