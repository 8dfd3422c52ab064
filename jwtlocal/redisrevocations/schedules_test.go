package redisrevocations

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// schedules is how many schedules run: SCHEDULES=50 for a release.
func schedules(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("SCHEDULES"))
	if err != nil {
		return 3
	}
	t.Logf("%d schedules", n)
	return n
}

// TestP02_Schedules: whatever happens to Redis and to the network before it, no request
// fails while Stytch is up, no session ends, nothing whose revocation was published is
// accepted beyond the bound, and everything heals by itself. A revocation that could not be
// published is known by its error, and counts from when the process has published it. A schedule repeats its faults, though
// not their exact times, with SEED.
func TestP02_Schedules(t *testing.T) {
	first, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		first = uint64(time.Now().Unix()) // printed with a failure
	}
	const silence = time.Second
	var configure []func(*service)
	for n := range schedules(t) {
		seed := first + uint64(n)
		configure = []func(*service){bound(silence)}
		if seed%2 == 1 {
			configure = append(configure, oneOrganization)
		}
		t.Run(fmt.Sprint("SEED=", seed), func(t *testing.T) {
			s := newService(t, 3, configure...)
			random := rand.New(rand.NewPCG(seed, 0))
			add := s.addClass("LAWS")
			stay := []member{add(false), add(false)}
			type revoked struct {
				member
				by        *process
				published time.Time // zero: the process said that it could not, and goes on trying
			}
			var out []*revoked
			paused, killed := false, false
			look := func() {
				for i, p := range s.all {
					for _, m := range stay {
						require.Equal(t, 200, p.status(m.path+"/page", m.credentials), "process %d", i)
					}
					for _, m := range out {
						if m.published.IsZero() && m.by.ask(order{Do: "status"}).Status.Unpublished == 0 {
							m.published = time.Now()
						}
						asked := time.Now()
						got := p.status(m.path+"/page", m.credentials)
						if !m.published.IsZero() && asked.Sub(m.published) > silence {
							require.Equal(t, 401, got, "process %d, %v after the revocation", i, asked.Sub(m.published))
						}
					}
				}
			}
			for range 12 {
				p := s.all[random.IntN(len(s.all))]
				switch random.IntN(9) {
				case 0, 1, 2:
					m := add(false)
					by := s.all[random.IntN(len(s.all))]
					r := by.ask(order{Do: "revoke", JWT: m.credentials.JWT.Reveal(), Token: m.credentials.Token.Reveal()})
					require.True(t, r.Revoked, "nobody who is signed in is refused: %s", r.Err)
					x := &revoked{member: m, by: by}
					if r.Err == "" {
						x.published = time.Now()
					}
					out = append(out, x)
				case 3:
					p.proxy.Drop(true)
				case 4:
					p.proxy.Drop(false)
				case 5:
					p.proxy.Cut()
				case 6:
					p.proxy.Delay(time.Duration(random.IntN(40)) * time.Millisecond)
				case 7:
					if paused {
						s.redis.Resume()
					} else if !killed {
						s.redis.Pause()
					}
					paused = !paused && !killed
				case 8:
					if paused {
						break
					}
					if killed {
						s.redis.Start()
					} else {
						s.redis.Kill()
					}
					killed = !killed
				}
				time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
				look()
			}
			if paused {
				s.redis.Resume()
			}
			if killed {
				s.redis.Start()
			}
			for _, p := range s.all {
				p.proxy.Drop(false)
				p.proxy.Delay(0)
			}
			for _, p := range s.all {
				p.isInTouch()
			}
			for _, p := range s.all {
				for _, m := range out {
					require.Equal(t, 401, p.status(m.path+"/page", m.credentials))
				}
			}
			look()
		})
	}
}
