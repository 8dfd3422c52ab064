package classlist_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// network is a transport to the mock that can fail.
type network struct {
	stytch  *mock.Stytch
	latency time.Duration

	mu      sync.Mutex
	chance  *rand.Rand // guarded by mu; nil: no faults
	busy    float64    // share of requests that get 429
	wait    time.Duration
	breaks  float64 // share of requests that get 500, half of them after they were done
	calls   int     // guarded by mu
	writing int     // guarded by mu: those of calls that change something
	cut     int     // guarded by mu: the call at which onCut happens; 0: never
	onCut   func()
}

func (l *network) RoundTrip(req *http.Request) (*http.Response, error) {
	l.inject(req)
	time.Sleep(l.latency)
	return l.stytch.RoundTrip(req)
}

func (l *network) inject(req *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls++; l.calls == l.cut {
		l.onCut()
	}
	if req.Method != http.MethodGet && !strings.HasSuffix(req.URL.Path, "/search") {
		l.writing++
	}
	if l.chance == nil {
		return
	}
	switch f := l.chance.Float64(); {
	case f < l.busy:
		l.stytch.Fail(mock.Fault{Status: http.StatusTooManyRequests, RetryAfter: l.wait, Times: 1})
	case f < l.busy+l.breaks:
		l.stytch.Fail(mock.Fault{Status: http.StatusInternalServerError, Late: l.chance.IntN(2) == 0, Times: 1})
	}
}

// writes returns how many calls were changes.
func (l *network) writes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writing
}

// class is a school with one class, and a client of it.
type class struct {
	t      testing.TB
	stytch *mock.Stytch
	line   *network
	client *stytchclient.Client
	id     grimoireauth.ClassID
}

func newClass(t testing.TB) *class {
	stytch := new(mock.Stytch)
	l := &network{stytch: stytch}
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: l,
	})
	require.NoError(t, err)
	return &class{t, stytch, l, client, stytch.AddClass("LAWS1100").ID}
}

// members returns the roster, with the removed members.
func (c *class) members() []grimoireauth.Member {
	members, err := classlist.Members(c.t.Context(), c.client.Roster, c.id)
	require.NoError(c.t, err)
	return members
}

// roles returns the role of each member of the class, by address.
func (c *class) roles() map[string]grimoireauth.Role {
	roles := make(map[string]grimoireauth.Role)
	for _, m := range c.members() {
		if m.Status != grimoireauth.StatusDeleted {
			require.NotContains(c.t, roles, m.Email, "no member twice")
			roles[m.Email] = m.Role
		}
	}
	return roles
}

func (c *class) plan(list classlist.List, config classlist.Config) classlist.Plan {
	plan, err := classlist.NewPlan(c.id, list, c.members(), config)
	require.NoError(c.t, err)
	return plan
}

// bring imports a list and requires that it succeeds.
func (c *class) bring(list classlist.List, config classlist.Config) classlist.Report {
	report, err := c.plan(list, config).Apply(c.t.Context(), c.client.Roster)
	require.NoError(c.t, err)
	require.Empty(c.t, c.plan(list, config).Changes(), "after an import there is nothing left to do")
	return report
}

// people is a list of this many students, numbered from 1.
func people(n int) classlist.List {
	var text strings.Builder
	text.WriteString("First name,Last name,ID number,Email address\n")
	for i := range n {
		fmt.Fprintf(&text, "Given%d,Family%d,%d,s%d@example.edu\n", i+1, i+1, 45000000+i+1, i+1)
	}
	list, err := classlist.Read(strings.NewReader(text.String()), classlist.Config{})
	if err != nil {
		panic(err)
	}
	return list
}
