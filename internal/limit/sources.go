package limit

import (
	"errors"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// ErrOverShare rejects a call whose client address has used up its share. It says nothing
// about the request itself.
var ErrOverShare = errors.New("the client address has used its share of calls up")

// The share of one source is enough for a lecture theatre behind one address to sign in, at
// two calls for each person. Beyond their bursts, all strangers together get a small part of
// what Stytch allows a project.
var (
	sourceRate   = Rate{Burst: 900, Every: time.Second}
	strangerRate = Rate{Burst: 10, Every: 100 * time.Millisecond}
)

// networkRate is shared by the sources of one IPv6 network of 48 bits from which no sign-in
// was completed. Providers give one customer such a network, which has 65,536 sources.
var networkRate = Rate{Burst: 4 * 900, Every: time.Second / 4}

// maxNetworks bounds the networks that are stored, each at about fifty bytes.
const maxNetworks = 16384

// maxSources bounds the sources that are stored, each at about seventy bytes.
const maxSources = 65536

// Sources bounds the calls to Stytch that each client address causes. A source has a burst
// of 900 calls and then one a second. Beyond their bursts, all sources from which no
// sign-in was completed share ten a second, so that many strangers cost little more than
// one. Such sources of one IPv6 network of 48 bits share four bursts and four calls a
// second. The zero Sources is ready to use, and safe for concurrent use.
type Sources struct {
	mu        sync.Mutex // guards what follows
	clock     clock
	seed      maphash.Seed
	byKey     map[uint64]source
	rest      [overflow]source
	strangers meter
	networks  *Rates[netip.Addr]
}

// source is what is known about one address. The zero source has made no calls.
type source struct {
	meter
	calls  int32 // since its share was last free; counted up to the burst
	proven bool  // a sign-in was completed from here
}

// Source returns the part of an address that counts as one source: an IPv4 address, or the
// first 64 bits of an IPv6 address, which one customer gets. It is zero for the zero Addr.
func Source(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if network, err := addr.Prefix(64); err == nil {
			return network.Addr()
		}
	}
	return addr
}

// networkOf returns the IPv6 network of 48 bits of an address, zero for an IPv4 address.
func networkOf(addr netip.Addr) netip.Addr {
	if addr = addr.Unmap().WithZone(""); !addr.Is6() {
		return netip.Addr{}
	}
	network, err := addr.Prefix(48)
	if err != nil {
		return netip.Addr{}
	}
	return network.Addr()
}

// Reserve takes one call of the address's share. If there is none, it returns how long it
// takes until there may be one, and takes nothing. The zero Addr has no share and is never
// refused.
func (s *Sources) Reserve(addr netip.Addr) (wait time.Duration) {
	if !addr.IsValid() {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.now()
	h := s.hash(addr)
	of, kept := s.of(h, now)
	if of.idle(now) {
		of.calls = 0
	}
	before := s.strangers
	if int(of.calls) >= sourceRate.Burst && !of.proven {
		if wait = s.strangers.use(strangerRate, now); wait > 0 {
			return wait
		}
	}
	network := networkOf(addr)
	if network.IsValid() && !of.proven {
		if wait = s.networks.Reserve(network); wait > 0 {
			s.strangers = before
			return wait
		}
	}
	if wait = of.use(sourceRate, now); wait > 0 {
		s.strangers = before
		if network.IsValid() && !of.proven {
			s.networks.Release(network)
		}
		return wait
	}
	of.calls = min(of.calls+1, int32(sourceRate.Burst))
	s.put(h, of, kept)
	return 0
}

// Wait returns how long it takes until [Sources.Reserve] may take a call of the address's
// share, and takes none.
func (s *Sources) Wait(addr netip.Addr) (wait time.Duration) {
	if !addr.IsValid() {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.now()
	of, _ := s.of(s.hash(addr), now)
	if of.idle(now) {
		of.calls = 0
	}
	if strangers := s.strangers; int(of.calls) >= sourceRate.Burst && !of.proven {
		if wait = strangers.use(strangerRate, now); wait > 0 {
			return wait
		}
	}
	if network := networkOf(addr); network.IsValid() && !of.proven {
		if wait = s.networks.Wait(network); wait > 0 {
			return wait
		}
	}
	return of.use(sourceRate, now)
}

// Release returns a call that Reserve took, for example after Stytch has confirmed the
// token. The part that came from the share of all strangers is not returned.
func (s *Sources) Release(addr netip.Addr) {
	if !addr.IsValid() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hash(addr)
	of, own := s.of(h, s.clock.now())
	of.giveBack(sourceRate)
	of.calls = max(of.calls-1, 0)
	if network := networkOf(addr); network.IsValid() && !of.proven {
		s.networks.Release(network)
	}
	s.put(h, of, own)
}

// Prove records that a sign-in was completed from the address.
func (s *Sources) Prove(addr netip.Addr) {
	if !addr.IsValid() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hash(addr)
	if of, kept := s.of(h, s.clock.now()); kept {
		of.proven = true
		s.put(h, of, kept)
	}
}

func (s *Sources) hash(addr netip.Addr) uint64 {
	if s.byKey == nil {
		s.byKey, s.seed = map[uint64]source{}, maphash.MakeSeed()
		s.networks = NewRates[netip.Addr](networkRate, maxNetworks)
	}
	return hash(s.seed, Source(addr))
}

// of returns what is known about a source, and whether it has or can get an entry of its
// own. mu is held.
func (s *Sources) of(h uint64, now time.Duration) (of source, own bool) {
	if of, own = s.byKey[h]; own {
		return of, true
	}
	looked := 0
	for other, m := range s.byKey {
		if m.idle(now) {
			delete(s.byKey, other)
		}
		if looked++; looked == few {
			break
		}
	}
	if len(s.byKey) < maxSources {
		return source{}, true
	}
	return s.rest[h%overflow], false
}

func (s *Sources) put(h uint64, of source, own bool) {
	if own {
		s.byKey[h] = of
		return
	}
	s.rest[h%overflow] = of
}
