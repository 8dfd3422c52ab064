package redisrevocations

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// percentile returns the p-th of a hundred parts.
func percentile(all []time.Duration, p float64) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[min(len(all)-1, int(float64(len(all))*p/100))]
}

// slowest waits until every process has seen them all, and returns for each message how
// long after its begin the slowest process saw it.
func (s *service) slowest(what string, began []int64) []time.Duration {
	s.t.Helper()
	took := make([]time.Duration, len(began))
	for _, p := range s.all {
		var seen []int64
		require.Eventually(s.t, func() bool {
			seen = p.must(order{Do: what, Count: len(began)}).Seen
			return !slices.Contains(seen, 0)
		}, 10*time.Second, 10*time.Millisecond, what)
		for i, at := range seen {
			took[i] = max(took[i], time.Duration(at-began[i]))
		}
	}
	return took
}

// TestP09_Measure measures, on real Redis and eight processes, the time from the begin of
// Revoke until the slowest of the eight verifiers refuses, and that of a bare message of
// publish and subscribe, alternating. The time is taken inside each process. It runs if
// MEASURE is set:
//
//	MEASURE=1 go test -run TestP09_Measure -v -timeout 30m
func TestP09_Measure(t *testing.T) {
	if os.Getenv("MEASURE") == "" {
		t.Skip("MEASURE is not set")
	}
	const processes, rounds, sessions, others = 8, 5, 1000, 200
	s := newService(t, processes, bound(30*time.Second))
	kinds := []struct {
		name    string
		n       int
		measure func(n int, add func(bool) member) (bare, real []time.Duration)
	}{{"logout", sessions, s.logouts}, {"demotion", others, s.demotions}, {"webhook", others, s.webhooks}, {"end of a stream", others, s.streams}}
	type figures struct{ bare, real []time.Duration }
	all := map[string]*figures{}
	for round := range rounds {
		for k, kind := range kinds {
			add := s.addClass(fmt.Sprintf("LAWS-%d-%d", round, k))
			add(true) // stays an instructor
			bare, real := kind.measure(kind.n, add)
			if all[kind.name] == nil {
				all[kind.name] = &figures{}
			}
			f := all[kind.name]
			f.bare, f.real = append(f.bare, percentile(bare, 99)), append(f.real, percentile(real, 99))
			t.Logf("round %d, %s: p50 bare %v, real %v; p99 bare %v, real %v", round+1, kind.name, percentile(bare, 50), percentile(real, 50), percentile(bare, 99), percentile(real, 99))
		}
	}
	for _, kind := range kinds {
		f := all[kind.name]
		bare, real := percentile(f.bare, 50), percentile(f.real, 50)
		t.Logf("%s: p99 of the median round: bare %v, real %v, %.2f x", kind.name, bare, real, float64(real)/float64(bare))
	}
}

// publish publishes a bare message from a process, between two real ones.
func (s *service) publish(p *process, i int) int64 {
	began := p.must(order{Do: "publish", Count: i}).Began
	time.Sleep(5 * time.Millisecond)
	return began
}

func (s *service) expectAll(members []member) {
	var jwts []string
	for _, m := range members {
		jwts = append(jwts, m.credentials.JWT.Reveal())
	}
	for _, p := range s.all {
		p.must(order{Do: "expect", JWTs: jwts})
		p.must(order{Do: "bare", Count: len(members)})
	}
}

func (s *service) logouts(n int, add func(bool) member) (bare, real []time.Duration) {
	members := make([]member, n)
	for i := range members {
		members[i] = add(false)
	}
	s.expectAll(members)
	var bareBegan, began []int64
	for i, m := range members {
		p := s.all[i%len(s.all)]
		bareBegan = append(bareBegan, s.publish(p, i))
		began = append(began, p.must(order{Do: "revoke", JWT: m.credentials.JWT.Reveal(), Token: m.credentials.Token.Reveal()}).Began)
		if i%10 == 0 {

			for _, p := range s.all {
				p.within(soon, 401, m.path+"/page", m.credentials)
			}
		} else {
			time.Sleep(5 * time.Millisecond)
		}
	}
	return s.slowest("bare seen", bareBegan), s.slowest("seen", began)
}

func (s *service) demotions(n int, add func(bool) member) (bare, real []time.Duration) {
	members := make([]member, n)
	for i := range members {
		members[i] = add(true)
	}
	s.expectAll(members)
	var bareBegan, began []int64
	for i, m := range members {
		bareBegan = append(bareBegan, s.publish(s.all[i%len(s.all)], i))
		r := s.all[i%len(s.all)].must(order{Do: "role", Class: m.class, Member: m.id, Role: grimoireauth.RoleStudent})
		began = append(began, r.Raised)
		time.Sleep(5 * time.Millisecond)
	}
	return s.slowest("bare seen", bareBegan), s.slowest("seen", began)
}

func (s *service) webhooks(n int, add func(bool) member) (bare, real []time.Duration) {
	members := make([]member, n)
	for i := range members {
		members[i] = add(false)
	}
	s.expectAll(members)
	var bareBegan, began []int64
	for i, m := range members {
		bareBegan = append(bareBegan, s.publish(s.all[i%len(s.all)], i))
		began = append(began, s.send(s.all[i%len(s.all)], m))
		time.Sleep(5 * time.Millisecond)
	}
	return s.slowest("bare seen", bareBegan), s.slowest("seen", began)
}

// send sends a webhook about a member as Svix signs it, and returns when it arrived.
func (s *service) send(p *process, m member) int64 {
	now := time.Now()
	body := fmt.Sprintf(`{"project_id":%q,"event_id":"event-%s","timestamp":%q,"source":"DASHBOARD","object_type":"member","action":"UPDATE","id":%q,"member":{"organization_id":%q,"member_id":%q}}`,
		s.stytch.ProjectID(), m.id, now.UTC().Format(time.RFC3339), m.id, m.class, m.id)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(webhookSecret, "whsec_"))
	require.NoError(s.t, err)
	at := strconv.FormatInt(now.Unix(), 10)
	sum := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(sum, "%s.%s.%s", m.id, at, body)
	r, err := http.NewRequest("POST", "http://"+p.addr+"/webhooks", strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("svix-id", string(m.id))
	r.Header.Set("svix-timestamp", at)
	r.Header.Set("svix-signature", "v1,"+base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	res, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer res.Body.Close()
	require.Less(s.t, res.StatusCode, 300)
	arrived, err := strconv.ParseInt(res.Header.Get("Arrived"), 10, 64)
	require.NoError(s.t, err)
	return arrived
}

func (s *service) streams(n int, add func(bool) member) (bare, real []time.Duration) {
	var bareBegan []int64
	for _, p := range s.all {
		p.must(order{Do: "bare", Count: n})
	}
	for i := range n {
		m := add(false)
		bareBegan = append(bareBegan, s.publish(s.all[i%len(s.all)], i))
		last := make(chan int64, len(s.all))
		for _, p := range s.all {
			r, err := http.NewRequest("GET", "http://"+p.addr+m.path+"/events", nil)
			require.NoError(s.t, err)
			attach(s.t, r, m.credentials)
			res, err := http.DefaultClient.Do(r)
			require.NoError(s.t, err)
			require.Equal(s.t, 200, res.StatusCode)
			lines := bufio.NewScanner(res.Body)
			require.True(s.t, lines.Scan())
			go func() {
				defer res.Body.Close()
				for lines.Scan() {
				}
				last <- time.Now().UnixNano()
			}()
		}
		r := s.all[i%len(s.all)].must(order{Do: "revoke", JWT: m.credentials.JWT.Reveal(), Token: m.credentials.Token.Reveal()})
		var slowest int64
		for range s.all {
			slowest = max(slowest, <-last)
		}
		real = append(real, time.Duration(slowest-r.Began))
	}
	return s.slowest("bare seen", bareBegan), real
}
