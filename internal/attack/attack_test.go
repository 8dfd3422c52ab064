package attack_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/promptgrimoire/auth/internal/limit"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

var (
	minutes = flag.Float64("attack.minutes", 1, "how long strangers attack, in minutes of virtual time")
	seed    = flag.Uint64("attack.seed", 0, "the seed of the strangers' requests; 0: another one each time")
)

const (
	sources = 10  // of strangers,
	each    = 100 // requests a second from each of them
	burst   = 900 // calls of one source at once, and then one a second
	shared  = 10  // calls a second of all strangers' sources beyond their bursts
)

// sourceOf returns the source to which a request is charged.
func sourceOf(peer string) string {
	return limit.Source(netip.MustParseAddrPort(peer).Addr()).String()
}

// attack is one run.
type attack struct {
	*school
	seed     uint64
	last     time.Duration
	stranger func(n int, random *rand.Rand) netip.Addr
	honest   func(n int) netip.Addr
	restart  bool // halfway, a process with an empty memory takes over
	forward  bool // all requests come through a proxy that appends to X-Forwarded-For
	guessed  bool // more than three sources guess at each person's codes

	record  record
	answers answers
	heap    uint64 // of the service, in bytes, after the attack
}

// run lets strangers attack while people read and sign in.
func (a *attack) run() {
	t := a.t
	a.answers.by = map[string]map[int]int{}
	var readers, comers []*person
	for n := range 100 {
		readers = append(readers, a.newPerson(n, peer(a.honest(n)), &a.record))
	}
	for n := range 100 {
		noted := &a.record
		if a.restart {
			// A new process does not know the message a second ago, which Stytch counts.
			noted = new(record)
		}
		comers = append(comers, a.newPerson(100+n, peer(a.honest(1000+n%20)), noted))
	}
	for _, p := range slices.Concat(readers, comers) {
		p.byLink, p.forward = a.guessed, a.forward
	}
	var stolen []string
	for n, p := range readers {
		p.signedIn(n%2 == 1)
		if jwt := p.cookies()[jwtCookie]; jwt != "" {
			stolen = append(stolen, jwt)
		}
		time.Sleep(3 * time.Second) // so that their session_jwts expire one after the other
	}
	time.Sleep(30 * time.Second)
	var strangers []*stranger
	other := new(mock.Stytch)
	foreign := other.SignIn(other.AddStudent(other.AddClass("LAWS1100").ID, "eve@example.edu")).JWT.Reveal()
	for n := range sources {
		eve := a.newPerson(9000+n, peer(a.honest(9000+n)), new(record))
		eve.signedIn(false)
		s := &stranger{n: n, school: a.school, seed: a.seed, stolen: stolen[:5], found: &a.answers,
			own: eve.cookies()[tokenCookie], foreign: foreign, forward: a.forward,
			from: func(random *rand.Rand) string { return peer(a.stranger(n, random)) }}
		strangers = append(strangers, s)
	}
	clear(a.network.calls)
	until := time.Now().Add(a.last)

	var all sync.WaitGroup
	for _, s := range strangers {
		all.Go(func() { s.attacks(until, each) })
	}
	if a.restart {
		all.Go(func() {
			time.Sleep(a.last / 2)
			a.start()
		})
	}
	for n, p := range readers {
		all.Go(func() {
			time.Sleep(time.Duration(n) * 50 * time.Millisecond)
			p.reads(until, 5*time.Second)
		})
	}
	for n, p := range comers {
		all.Go(func() {
			time.Sleep(a.last * time.Duration(n) / 110)
			p.signIn([]string{"magic_link", "email_otp", "sso"}[n%3])
			p.reads(until, 5*time.Second)
			p.send("GET", a.path, nil, http.StatusOK)
		})
	}
	all.Wait()
	require.NoError(t, a.process.Load().verifier.Wait(t.Context()))
	with := heap()
	gone := weak.Make(a.process.Load().client)
	a.process.Store(nil)
	time.Sleep(2 * time.Minute) // so that no timer refers to it
	a.heap = with - min(with, heap())
	require.True(t, gone.Value() == nil, "the client is still referred to, so its memory is not measured")
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// report logs the figures.
func (a *attack) report() {
	t := a.t
	requests := 0
	for _, kind := range slices.Sorted(maps.Keys(a.answers.by)) {
		for _, n := range a.answers.by[kind] {
			requests += n
		}
		t.Logf("%-45s %v", kind, a.answers.by[kind])
	}
	beyond, total, most := a.strangersCalls()
	t.Logf("seed %d, %v of virtual time: strangers sent %d requests, %d calls to Stytch, at most %d from one source, %d beyond the bursts; %v",
		a.seed, a.last, requests, total, most, beyond, a.network.kinds)
	t.Logf("honest people: %d requests served, %d not; %d calls; delay p50 %v, p99 %v, most %v; %d codes again, %d messages asked for again, %d by a link; %d kB of heap",
		a.record.served, len(a.record.refused), a.network.calls[""], a.record.percentile(.5), a.record.percentile(.99), a.record.percentile(1), a.record.again, a.record.missed, a.record.byLink, a.heap>>10)
	for i, refused := range a.record.refused {
		if i < 10 {
			t.Log(refused)
		}
	}
}

func (a *attack) strangersCalls() (beyond, total, most int) {
	for source, n := range a.network.calls {
		if source != "" {
			total += n
			most = max(most, n)
			beyond += max(n-burst, 0)
		}
	}
	return beyond, total, most
}

// check requires what is promised to honest people.
func (a *attack) check() {
	require.Empty(a.t, len(a.record.refused), "seed %d: %.600q", a.seed, a.record.refused)
	require.Empty(a.t, a.answers.faults)
	if !a.restart { // after a restart people wait until the key set is fetched
		share := .99
		if a.last < time.Minute {
			// All of them sign in within this time, so a larger share of their requests asks
			// for messages, which have to wait while strangers ask for messages to the same
			// address.
			share = .95
		}
		require.Less(a.t, a.record.percentile(share), 50*time.Millisecond)
	}
	require.Less(a.t, a.heap, uint64(40<<20))
}

// checkShares requires that strangers cause no more calls than their shares allow.
func (a *attack) checkShares() {
	beyond, _, most := a.strangersCalls()
	seconds := int(a.last / time.Second)
	require.LessOrEqual(a.t, most, burst+seconds+1)
	require.LessOrEqual(a.t, beyond, shared*(seconds+1))
}

func direct(r *http.Request) netip.Addr { return netip.MustParseAddrPort(r.RemoteAddr).Addr() }

func v4(a, b byte, n int) netip.Addr { return netip.AddrFrom4([4]byte{a, b, byte(n >> 8), byte(n)}) }

func attacking(t *testing.T, setting setting, test func(a *attack)) {
	by := *seed
	if by == 0 {
		by = rand.Uint64()
	}
	synctest.Test(t, func(t *testing.T) {
		a := &attack{school: newSchool(t, setting), seed: by, last: time.Duration(*minutes * float64(time.Minute)),
			stranger: func(n int, random *rand.Rand) netip.Addr {
				if addr := v4(198, 51, n); random.IntN(2) == 0 {
					return addr
				} else {
					return netip.AddrFrom16(addr.As16()) // the same in its IPv6 form
				}
			},
			honest: func(n int) netip.Addr { return v4(203, 0, n) },
		}
		if !setting.whole && *minutes <= 1 {
			a.last /= 6 // long enough to use the bursts up
		}
		if raceEnabled {
			a.last = min(a.last, 10*time.Second)
		}
		defer a.report()
		test(a)
	})
}

// Ten sources of strangers send requests of every kind, a hundred a second each, in both
// mappings of a school.
func TestX01_StrangersOfEveryKind(t *testing.T) {
	for name, oneOrganization := range map[string]bool{"a class each": false, "one organization": true} {
		t.Run(name, func(t *testing.T) {
			attacking(t, setting{oneOrganization: oneOrganization, address: direct, whole: !oneOrganization}, func(a *attack) {
				a.run()
				a.check()
				a.checkShares()
			})
		})
	}
}

// Behind a proxy a request is charged to the address that the proxy has appended, and not
// to one that the stranger has written.
func TestX01_StrangersForgeTheirAddress(t *testing.T) {
	attacking(t, setting{address: middleware.ForwardedFor(netip.MustParsePrefix("10.0.0.0/8"))}, func(a *attack) {
		a.forward = true
		a.run()
		a.check()
		a.checkShares()
	})
}

// One stranger has many IPv6 networks of 64 bits, each of which is a source of its own.
// The share of their common network of 48 bits limits all of them.
func TestX01_StrangersOfManyNetworks(t *testing.T) {
	attacking(t, setting{address: direct}, func(a *attack) {
		a.stranger = func(n int, random *rand.Rand) netip.Addr {
			return netip.AddrFrom16([16]byte{0x20, 0x01, 0xd, 0xb8, 0, 0x66, byte(random.Uint32()), byte(random.Uint32()), 8: byte(n)})
		}
		a.guessed = true
		a.run()
		a.check()
		_, total, _ := a.strangersCalls()
		require.LessOrEqual(t, total, 4*burst+4*(int(a.last/time.Second)+1))
	})
}

// Behind a proxy without Config.ClientAddress all requests come from one address. Signed-in
// people are still served, also by a process that has just started. Nothing is promised to
// people who sign in.
func TestX01_StrangersBehindAProxy(t *testing.T) {
	attacking(t, setting{}, func(a *attack) {
		proxy := func(int) netip.Addr { return netip.MustParseAddr("127.0.0.1") }
		a.honest, a.restart, a.guessed = proxy, true, true
		a.stranger = func(n int, _ *rand.Rand) netip.Addr { return proxy(n) }
		a.run()
		a.check()
	})
}
