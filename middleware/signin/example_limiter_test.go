package signin_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
)

// counters are those of a store that all replicas share, such as Redis: Incr is INCR
// with an EXPIRE by the first, and returns the new count and what is left of the time.
type counters interface {
	Incr(ctx context.Context, key string, expires time.Duration) (count int, left time.Duration, err error)
	Decr(ctx context.Context, key string)
}

// sharedLimiter grants each address of a class a number of uses in ten minutes, on all
// replicas together.
type sharedLimiter struct{ counters counters }

// key holds no address, since the store is another one than that of people's data.
func (sharedLimiter) key(use signin.Use) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{use.Class, use.Address}, "\n")))
	return string(use.Action) + ":" + hex.EncodeToString(sum[:])
}

func (l sharedLimiter) Reserve(ctx context.Context, use signin.Use) (signin.Grant, error) {
	most, pending := 5, true // a message that was sent before is there to be used
	switch use.Action {
	case signin.ActionGuess:
		most, pending = 10, false
	case signin.ActionAskClass:
		return signin.Grant{}, nil // a limit of one's own by use.Source
	}
	count, left, err := l.counters.Incr(ctx, l.key(use), 10*time.Minute)
	if err != nil || count <= most {
		return signin.Grant{}, err
	}
	l.counters.Decr(ctx, l.key(use))
	return signin.Grant{Wait: left, Pending: pending}, nil
}

func (l sharedLimiter) Release(ctx context.Context, use signin.Use) {
	l.counters.Decr(ctx, l.key(use))
}

// A Limiter for several replicas counts in a store that they share.
func ExampleLimiter() {
	config := signin.Config{
		BaseURL: "https://classes.example.edu",
		Limit:   sharedLimiter{counters: memory{}},
	}
	guess := signin.Use{Action: signin.ActionGuess, Class: "organization-1", Address: "ada@example.edu"}
	for range 12 {
		grant, err := config.Limit.Reserve(context.Background(), guess)
		fmt.Print(grant.Wait, " ", err, "; ")
	}
	// Output: 0s <nil>; 0s <nil>; 0s <nil>; 0s <nil>; 0s <nil>; 0s <nil>; 0s <nil>; 0s <nil>; 0s <nil>; 0s <nil>; 10m0s <nil>; 10m0s <nil>;
}

// memory stands in for the store.
type memory map[string]int

func (m memory) Incr(_ context.Context, key string, expires time.Duration) (int, time.Duration, error) {
	m[key]++
	return m[key], expires, nil
}

func (m memory) Decr(_ context.Context, key string) { m[key]-- }

// The built-in Limiter lets three guesses at one account come from one client address.
func ExampleNewLimiter() {
	limiter := signin.NewLimiter()
	guess := signin.Use{Action: signin.ActionGuess, Class: "organization-1", Address: "ada@example.edu", Source: netip.MustParseAddr("192.0.2.1")}
	for range 4 {
		grant, err := limiter.Reserve(context.Background(), guess)
		fmt.Print(grant.Wait > 0, " ", err, "; ")
	}
	// Output: false <nil>; false <nil>; false <nil>; true <nil>;
}

// answers are Redemptions of one process, which has no other to wait for.
type answers map[string]string

func (a answers) Begin(_ context.Context, name string) (string, error) { return a[name], nil }
func (a answers) End(_ context.Context, name, answer string)           { a[name] = answer }

// Replicas share Redemptions by a store, such as Redis: see package signinlimits.
func ExampleRedemptions() {
	var shared signin.Redemptions = answers{}
	fmt.Println(shared.Begin(context.Background(), "a link")) // this replica redeems it
	shared.End(context.Background(), "a link", "sealed")
	fmt.Println(shared.Begin(context.Background(), "a link")) // the second click
	// Output:
	//  <nil>
	// sealed <nil>
}
