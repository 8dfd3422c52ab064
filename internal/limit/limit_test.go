package limit_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/internal/limit"
	"github.com/stretchr/testify/require"
)

func addr(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{203, byte(i >> 16), byte(i >> 8), byte(i)})
}

func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rates := limit.NewRates[string](limit.Rate{Burst: 3, Every: time.Minute}, 100)
		for range 3 {
			require.Zero(t, rates.Wait("ada"))
			require.Zero(t, rates.Reserve("ada"))
		}
		require.Equal(t, time.Minute, rates.Reserve("ada"))
		require.Equal(t, time.Minute, rates.Wait("ada"))
		require.Zero(t, rates.Reserve("bob"), "each key has a rate of its own")
		rates.Release("ada")
		require.Zero(t, rates.Reserve("ada"), "what was given back can be used")
		time.Sleep(time.Minute)
		require.Zero(t, rates.Reserve("ada"))
		require.Equal(t, time.Minute, rates.Reserve("ada"), "a refusal costs nothing, and one minute is one use")
		time.Sleep(time.Hour)
		for range 3 {
			require.Zero(t, rates.Reserve("ada"))
		}
		require.NotZero(t, rates.Reserve("ada"), "no more than the burst is saved up")
	})
}

// A table that is full refuses few keys that it does not know, and forgets what says
// nothing any more.
func TestRatesFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rates := limit.NewRates[string](limit.Rate{Burst: 1, Every: time.Minute}, 100)
		for i := range 100 {
			require.Zero(t, rates.Reserve(fmt.Sprint("stranger", i)))
		}
		refused := 0
		for i := range 50 {
			if rates.Reserve(fmt.Sprint("student", i)) > 0 {
				refused++
			}
		}
		require.Less(t, refused, 15, "of 50 in 1,024 places")
		require.NotZero(t, rates.Reserve("student1"), "also there the rate holds")
		require.NotZero(t, rates.Reserve("stranger1"))
		time.Sleep(time.Hour)
		for i := range 100 {
			require.Zero(t, rates.Reserve(fmt.Sprint("later", i)))
		}
	})
}

func TestSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sources limit.Sources
		granted := func(from, to int, seconds int) (n int) {
			for range seconds * 10 {
				for i := from; i < to; i++ {
					for range 10 { // a hundred a second each
						if sources.Reserve(addr(i)) == 0 {
							n++
						}
					}
				}
				time.Sleep(100 * time.Millisecond)
			}
			return n
		}
		require.InDelta(t, 900+60, granted(0, 1, 60), 2, "a burst, then one a second")
		require.InDelta(t, 100*900+60*10, granted(1000, 1100, 60), 200, "a hundred strangers share ten a second beyond their bursts")
		sources.Prove(addr(1000))
		require.InDelta(t, 30+30*10, granted(1000, 1100, 30), 20, "one from which a sign-in was completed has its own second")
		require.Zero(t, sources.Reserve(addr(5000)), "another source's burst is its own")
		require.Zero(t, sources.Reserve(netip.Addr{}))
	})
}

func TestSource(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.7":              "192.0.2.7",
		"::ffff:192.0.2.7":       "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::",
		"2001:db8:1:2::9%eth0":   "2001:db8:1:2::",
		"2001:db8:1:3:3:4:5:6":   "2001:db8:1:3::",
		"::ffff:198.51.100.1%e0": "198.51.100.1",
	} {
		require.Equal(t, netip.MustParseAddr(want), limit.Source(netip.MustParseAddr(text)), text)
	}
	require.False(t, limit.Source(netip.Addr{}).IsValid())
}

func TestSlots(t *testing.T) {
	var slots limit.Slots[string]
	require.True(t, slots.Take("s", 2))
	require.True(t, slots.Take("s", 2))
	require.False(t, slots.Take("s", 2))
	require.True(t, slots.Take("other", 2))
	slots.Release("s")
	require.True(t, slots.Take("s", 2))

	var wg sync.WaitGroup
	var mu sync.Mutex
	taken, most := 0, 0
	for range 64 {
		wg.Go(func() {
			if !slots.Take("busy", 4) {
				return
			}
			mu.Lock()
			taken++
			most = max(most, taken)
			mu.Unlock()
			mu.Lock()
			taken--
			mu.Unlock()
			slots.Release("busy")
		})
	}
	wg.Wait()
	require.LessOrEqual(t, most, 4)
}

// Turns that are booked come in the order in which they were asked for.
func TestRatesBook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rates := limit.NewRates[string](limit.Rate{Burst: 1, Every: 2 * time.Second}, 100)
		for _, want := range []time.Duration{0, 2 * time.Second, 4 * time.Second} {
			wait, ok := rates.Book("ada", 4*time.Second)
			require.True(t, ok)
			require.Equal(t, want, wait)
		}
		wait, ok := rates.Book("ada", 4*time.Second)
		require.False(t, ok)
		require.Equal(t, 6*time.Second, wait)
		wait, ok = rates.Book("bob", 0)
		require.True(t, ok)
		require.Zero(t, wait)
		time.Sleep(2 * time.Second)
		wait, ok = rates.Book("ada", 4*time.Second)
		require.True(t, ok)
		require.Equal(t, 4*time.Second, wait)
	})
}

// Wait says what Reserve would, and takes nothing.
func TestSourcesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sources limit.Sources
		require.Zero(t, sources.Wait(netip.Addr{}))
		refused := 0
		for i := range 3000 {
			from := addr(i % 2 * (i / 2000))
			wait := sources.Wait(from)
			require.Equal(t, wait, sources.Wait(from))
			require.Equal(t, wait, sources.Reserve(from))
			if wait > 0 {
				refused++
			}
			time.Sleep(time.Millisecond)
		}
		require.NotZero(t, refused)
	})
}

// Many networks of 64 bits in one of 48 bits cost little more than one. Those from which
// a sign-in was completed are not concerned, nor are other networks.
func TestSourcesOfOneNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sources limit.Sources
		at := func(network, subnet int) netip.Addr {
			return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, byte(network), byte(subnet >> 8), byte(subnet), 15: 1})
		}
		granted := 0
		for i := range 30_000 {
			if sources.Reserve(at(1, i%10_000)) == 0 {
				granted++
			}
			time.Sleep(2 * time.Millisecond)
		}
		require.InDelta(t, 4*900+4*60, granted, 5)
		require.Zero(t, sources.Reserve(at(2, 77)))
		sources.Prove(at(1, 77))
		for range 300 {
			require.Zero(t, sources.Reserve(at(1, 77)), "a lecture")
		}
	})
}
