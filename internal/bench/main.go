package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
)

func main() {
	turns := flag.Int("turns", 60, "turns that every operation takes")
	chunk := flag.Duration("chunk", 5*time.Millisecond, "length of a turn")
	held := flag.Int("held", 100_000, "tokens held at the most")
	file := flag.String("write", "", "write the figures to this file, such as results.json")
	flag.Parse()
	r := newResults()
	over, err := measure(r, *turns, *chunk, *held)
	if err == nil && *file != "" {
		err = r.write(*file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if over > 0 {
		os.Exit(2)
	}
}

// bench holds what the measurements share.
type bench struct {
	*results
	minter minter
	tokens []string
	ctx    context.Context
}

func measure(r *results, turns int, chunk time.Duration, held int) (over int, err error) {
	m, err := newMinter()
	if err != nil {
		return 0, err
	}
	fmt.Printf("%s %s, %d processors; making %d tokens\n", r.Go, r.Platform, r.Processors, held)
	tokens, err := m.tokens(held)
	if err != nil {
		return 0, err
	}
	fmt.Printf("a token has %d bytes\n", len(tokens[0]))
	r.TokenBytes, r.Held = len(tokens[0]), held
	b := bench{results: r, minter: m, tokens: tokens, ctx: context.Background()}
	for _, part := range []func(int, time.Duration) (int, error){b.memory, b.onOne, b.onTwo} {
		n, err := part(turns, chunk)
		if err != nil {
			return 0, err
		}
		over += n
	}
	x, err := newRoutes(300)
	if err != nil {
		return 0, err
	}
	n, err := guardCosts(r, x, turns, chunk)
	return over + n, err
}

// verify returns a function that verifies a valid token.
func (b bench) verify(v *jwtlocal.Verifier, token string) func() {
	secret := grimoireauth.NewSecret(token)
	return func() {
		_, err := v.Verify(b.ctx, secret)
		must(err)
	}
}

// refuse returns a function that verifies an invalid token.
func (b bench) refuse(v *jwtlocal.Verifier, token string) func() {
	secret := grimoireauth.NewSecret(token)
	return func() {
		if _, err := v.Verify(b.ctx, secret); err == nil {
			panic("a bad token passed")
		}
	}
}

// each verifies many tokens in a random order, so that they are not in the processor's
// caches. A server reads a token from a buffer that it has just written, so the tokens of
// a batch are read before the measurement. It takes the median of the batches of a turn,
// to which other work on the machine adds little.
func (b bench) each(v *jwtlocal.Verifier, tokens []string) func(int) time.Duration {
	return b.eachBy(tokens, func(s grimoireauth.Secret) {
		_, err := v.Verify(b.ctx, s)
		must(err)
	})
}

func (b bench) eachBy(tokens []string, do func(grimoireauth.Secret)) func(int) time.Duration {
	secrets := make([]grimoireauth.Secret, len(tokens))
	for i, n := range rand.Perm(len(tokens)) {
		secrets[i] = grimoireauth.NewSecret(tokens[n])
	}
	const batch = 4
	clock := clockCost()
	next, sum := 0, byte(0)
	return func(n int) time.Duration {
		times := make([]time.Duration, 0, n/batch+1)
		for len(times)*batch < n {
			if next+batch > len(secrets) {
				next = 0
			}
			for _, s := range secrets[next : next+batch] {
				for _, c := range []byte(s.Reveal()) {
					sum += c
				}
			}
			start := time.Now()
			for _, s := range secrets[next : next+batch] {
				do(s)
			}
			times = append(times, time.Since(start))
			next += batch
		}
		slices.Sort(times)
		return (times[len(times)/2] - clock) * time.Duration(n) / batch
	}
}

// clockCost is the time of reading the clock twice.
func clockCost() time.Duration {
	times := make([]time.Duration, 10_000)
	for i := range times {
		start := time.Now()
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

func (b bench) onOne(turns int, chunk time.Duration) (int, error) {
	runtime.GOMAXPROCS(1)
	token, dot := b.tokens[0], strings.LastIndexByte(b.tokens[0], '.')
	floor, err := b.minter.floor(token)
	if err != nil {
		return 0, err
	}
	one, err := b.minter.filled(b.tokens[:1])
	if err != nil {
		return 0, err
	}
	watched, err := b.minter.filled(b.tokens[:1000], func(c *jwtlocal.Config) { c.Revocations = new(jwtlocal.MemoryRevocations) })
	if err != nil {
		return 0, err
	}
	thousand, err := b.minter.filled(b.tokens[:1000])
	if err != nil {
		return 0, err
	}
	all, err := b.minter.filled(b.tokens)
	if err != nil {
		return 0, err
	}
	// A new token: each of a thousand is verified again after it has left the cache.
	small, err := b.minter.verifier(100)
	if err != nil {
		return 0, err
	}
	uncached, err := b.minter.verifier(-1)
	if err != nil {
		return 0, err
	}
	stytch, err := b.minter.stytchLocal()
	if err != nil {
		return 0, err
	}
	golang, err := b.minter.golangJWT()
	if err != nil {
		return 0, err
	}
	expired, err := b.minter.token(claims(0, time.Now().Add(-time.Hour), 5*time.Minute))
	if err != nil {
		return 0, err
	}
	wrong := claims(0, time.Now(), time.Hour)
	wrong["iss"] = "stytch.com/project-test-22222222-2222-4333-8444-555555555555"
	issuer, err := b.minter.token(wrong)
	if err != nil {
		return 0, err
	}
	bad := token[:dot+1] + strings.Repeat("A", len(token)-dot-1)
	reverse := len(token) / 2

	operations := []*operation{
		{name: "floor", run: plain(floor)},
		{name: "first sight", limit: 1.3, run: b.each(small, b.tokens[:1000])},
		{name: "first sight, cache off", limit: 1.3, run: plain(b.verify(uncached, token))},
		{name: "golang-jwt and keyfunc", run: plain(func() { must(golang(token)) })},
		{name: "stytch-go AuthenticateJWTLocal", run: plain(func() { must(stytch(token)) })},
		{name: "seen before, one token", limit: 0.05, run: plain(b.verify(one, token))},
		{name: "seen before, 1,000 tokens", limit: 0.05, run: b.each(thousand, b.tokens[:1000])},
		{name: "seen before, all tokens", run: b.each(all, b.tokens)},
		{name: "seen before, 1,000 tokens, with revocations that are empty", limit: 0.05, run: b.each(watched, b.tokens[:1000])},
		{name: "SHA-256 of a token alone, 1,000 tokens", run: b.eachBy(b.tokens[:1000], digest)},
		{name: "bad signature", limit: 1.15, run: plain(b.refuse(one, bad))},
		{name: "expired", limit: 1.4, run: plain(b.refuse(one, expired))},
		{name: "wrong issuer", limit: 1.4, run: plain(b.refuse(one, issuer))},
		{name: "garbage", limit: 0.05, run: plain(b.refuse(one, strings.Repeat("garbage!", 240)))},
		{name: "garbage between dots", limit: 0.05, run: plain(b.refuse(one, strings.Repeat("garbage!", 13)+"."+strings.Repeat("garbage!", 180)+"."+strings.Repeat("garbage!", 42)+"gb"))},
		{name: "a token cut short", limit: 0.05, run: plain(b.refuse(one, token[:reverse]))},
		{name: "alg none", limit: 0.05, run: plain(b.refuse(one, encode([]byte(`{"alg":"none","kid":"`+kid+`","typ":"JWT"}`))+token[strings.IndexByte(token, '.'):dot+1]))},
		{name: "17 kB", limit: 0.05, run: plain(b.refuse(one, strings.Repeat("x", 17_000)))},
		{name: "1 MB", limit: 0.05, run: plain(b.refuse(one, strings.Repeat("x", 1<<20)))},
	}
	takeTurns(operations, turns, chunk)
	over, err := b.report(os.Stdout, "On one processor", operations)
	if err != nil {
		return 0, err
	}
	ratio := func(a, b int) float64 {
		r := make([]float64, turns)
		for i := range r {
			r[i] = operations[a].times[i] / operations[b].times[i]
		}
		return median(r)
	}
	over += b.tell("stytch-go's local check ÷ seen before (1,000 tokens)", ratio(4, 6), 40, false)
	over += b.tell("seen before: all tokens ÷ 1,000", ratio(7, 6), 1.5, true)
	over += b.tell("refusing 1 MB ÷ 17 kB", ratio(18, 17), 2, true)
	if hits := small.Stats().CacheHits; hits > small.Stats().CacheMisses/50 {
		return 0, fmt.Errorf("%d first sights were none", hits)
	}
	return over, nil
}

// onTwo compares how much faster two processors are than one.
func (b bench) onTwo(turns int, chunk time.Duration) (int, error) {
	if runtime.NumCPU() < 2 {
		return 0, nil
	}
	runtime.GOMAXPROCS(2)
	defer runtime.GOMAXPROCS(1)
	floor, err := b.minter.floor(b.tokens[0])
	if err != nil {
		return 0, err
	}
	v, err := b.minter.filled(b.tokens[:1000])
	if err != nil {
		return 0, err
	}
	secrets := make([]grimoireauth.Secret, 1000)
	for i := range secrets {
		secrets[i] = grimoireauth.NewSecret(b.tokens[i])
	}
	hot := func(_, n int) {
		for range n {
			_, err := v.Verify(b.ctx, secrets[0])
			must(err)
		}
	}
	spread := func(worker, n int) {
		for i := range n {
			_, err := v.Verify(b.ctx, secrets[(i+worker*500)%1000])
			must(err)
		}
	}
	floors := func(_, n int) {
		for range n {
			floor()
		}
	}
	alone := func(f func(worker, n int)) func(int) time.Duration {
		return func(n int) time.Duration {
			start := time.Now()
			f(0, n)
			return time.Since(start)
		}
	}
	operations := []*operation{
		{name: "floor, one", run: alone(floors)},
		{name: "floor, two", run: onBoth(floors)},
		{name: "one hot token, one", run: alone(hot)},
		{name: "one hot token, two", run: onBoth(hot)},
		{name: "1,000 tokens, one", run: alone(spread)},
		{name: "1,000 tokens, two", run: onBoth(spread)},
	}
	takeTurns(operations, turns, chunk)
	over, err := b.report(os.Stdout, "On one processor and on two", operations)
	if err != nil {
		return 0, err
	}
	speedUp := func(i int) float64 {
		r := make([]float64, turns)
		for turn := range r {
			r[turn] = operations[i].times[turn] / operations[i+1].times[turn] /
				(operations[0].times[turn] / operations[1].times[turn])
		}
		return median(r)
	}
	over += b.tell("speed-up of one hot token ÷ that of the floor", speedUp(2), 0.9, false)
	over += b.tell("speed-up of 1,000 tokens ÷ that of the floor", speedUp(4), 0.9, false)
	return over, nil
}

// memory measures the memory of a cached token.
func (b bench) memory(int, time.Duration) (int, error) {
	before := liveHeap()
	v, err := b.minter.filled(b.tokens)
	if err != nil {
		return 0, err
	}
	grown := liveHeap() - before
	entries := v.Stats().CacheEntries
	per := float64(grown) / float64(entries)
	fmt.Printf("\n%d tokens held: %.0f bytes each\n", entries, per)
	return b.tell("heap per token ÷ its length", per/float64(len(b.tokens[0])), 0.25, true), nil
}

var sum [sha256.Size]byte

// digest hashes a token without an allocation.
func digest(s grimoireauth.Secret) {
	var buffer [512]byte
	h := sha256.New()
	for text := s.Reveal(); len(text) > 0; {
		n := copy(buffer[:], text)
		h.Write(buffer[:n])
		text = text[n:]
	}
	h.Sum(sum[:0])
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
