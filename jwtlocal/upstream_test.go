package jwtlocal

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal/internal/keys"
)

// upstream is Stytch as a refresh sees it: sessions by session_token, a clock of its
// own, and all the ways to fail.
type upstream struct {
	latency time.Duration
	skew    time.Duration // its clock is this far ahead of ours

	mu    sync.Mutex // guards what follows
	byTok map[string]*login
	fault func(call int) error // nil, or a nil error: none
	swap  func(login) login    // whose answer it gives instead
	calls int
	under int // way
	most  int // under way at once
	asked []time.Time
}

// login is a session at the upstream. Times are by its clock.
type login struct {
	token, session, member, class string
	roles                         []string
	started, ends                 time.Time
	over                          bool
}

// login makes the n-th session, of the n-th member, in one of three classes.
func (u *upstream) login(n int) login {
	l := u.nobody(n)
	u.change(func() { u.byTok[l.token] = &l })
	return l
}

// nobody is the n-th login before the upstream knows it.
func (u *upstream) nobody(n int) login {
	sum := sha256.Sum256(fmt.Append(nil, "token of ", n))
	return login{
		token:   base64.RawURLEncoding.EncodeToString(append(sum[:], 0)),
		session: fmt.Sprintf("member-session-test-aaaaaaaa-1111-4222-8333-%012d", n),
		member:  fmt.Sprintf("member-test-bbbbbbbb-1111-4222-8333-%012d", n),
		class:   fmt.Sprintf("organization-test-cccccccc-1111-4222-8333-%012d", n%3),
		roles:   []string{"stytch_member"},
		started: u.clock(),
		ends:    u.clock().Add(8 * time.Hour),
	}
}

func (u *upstream) clock() time.Time { return time.Now().Add(u.skew) }

func (u *upstream) change(f func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byTok == nil {
		u.byTok = map[string]*login{}
	}
	f()
}

// of changes the login as the upstream knows it.
func (u *upstream) of(l login, change func(*login)) {
	u.change(func() { change(u.byTok[l.token]) })
}

func (u *upstream) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.calls
}

// jwt mints a session_jwt of the login that was issued this long ago.
func (u *upstream) jwt(l login, old time.Duration) string {
	issued := u.clock().Add(-old)
	claims := goodClaims(issued)
	session := claims[sessionClaim].(object)
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
	claims[sessionClaim] = session.with("id", l.session).with("roles", l.roles).with("started_at", at(l.started)).with("expires_at", at(l.ends))
	claims = claims.with("sub", l.member).with(classClaim, object{"organization_id": l.class, "slug": "a-class"})
	return sign(mainKey(), goodHeader, claims.json())
}

// credentials are those of a browser whose session_jwt is this old.
func (u *upstream) credentials(l login, old time.Duration) grimoireauth.Credentials {
	return grimoireauth.NewCredentials(u.jwt(l, old), l.token)
}

// authenticate answers as Sessions.Authenticate of the client does.
func (u *upstream) authenticate(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	return u.answer(ctx, c, 0)
}

// extend answers as Sessions.Extend of the client does.
func (u *upstream) extend(ctx context.Context, c grimoireauth.Credentials, by time.Duration) (grimoireauth.Authentication, error) {
	return u.answer(ctx, c, by)
}

func (u *upstream) answer(ctx context.Context, c grimoireauth.Credentials, by time.Duration) (grimoireauth.Authentication, error) {
	var err error
	u.change(func() {
		u.calls++
		u.under++
		u.most = max(u.most, u.under)
		u.asked = append(u.asked, time.Now())
		if u.fault != nil {
			err = u.fault(u.calls)
		}
	})
	defer u.change(func() { u.under-- })
	if u.latency > 0 {
		select {
		case <-time.After(u.latency):
		case <-ctx.Done():
			return grimoireauth.Authentication{}, ctx.Err()
		}
	}
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	var l login
	known := false
	u.change(func() {
		for _, one := range u.byTok {
			if one.token == c.Token.Reveal() || c.Token.IsZero() && u.attests(c.JWT.Reveal(), one.session) {
				known = !one.over && u.clock().Before(one.ends)
				if known && by > 0 {
					one.ends = u.clock().Add(by)
				}
				l = *one
			}
		}
		if u.swap != nil {
			l = u.swap(l)
		}
	})
	if !known {
		return grimoireauth.Authentication{}, &grimoireauth.Error{Op: "authenticate session", Kind: grimoireauth.ErrSessionEnded, Status: 404, Type: "session_not_found"}
	}
	return grimoireauth.Authentication{Credentials: u.credentials(l, 0)}, nil
}

// attests reports whether the JWT names the session; whether it is signed is not
// what these tests are about.
func (u *upstream) attests(token, session string) bool {
	payload, ok := split(token, keys.EncodedHeader(testKID), 342)
	if !ok {
		return false
	}
	text, ok := decode(nil, payload.payload)
	return ok && strings.Contains(string(text), session)
}

// refreshing runs f in virtual time with an upstream and a verifier that refreshes
// there, and checks at the end that nothing is left running.
func refreshing(t *testing.T, f func(t *testing.T, v *Verifier, u *upstream), configure ...func(*Config, *upstream)) {
	t.Helper()
	mainKey() // outside the bubble, since making it takes real time
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{latency: 100 * time.Millisecond}
		v := newVerifier(t, func(c *Config) {
			c.Refresh = u.authenticate
			for _, change := range configure {
				change(c, u)
			}
		})
		f(t, v, u)
		require.NoError(t, v.Wait(t.Context()))
	})
}

// down is an upstream that cannot be reached.
func down(int) error {
	return &grimoireauth.Error{Op: "authenticate session", Kind: grimoireauth.ErrUnavailable, Err: errors.New("connection reset")}
}

func authenticate(t testing.TB, v *Verifier, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	t.Helper()
	return v.Authenticate(t.Context(), c)
}

func requireSession(t testing.TB, want login, got grimoireauth.Authentication, err error) {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, want.session, string(got.ID()))
	require.Equal(t, want.member, string(got.Member()))
	require.Equal(t, want.class, string(got.Organization()))
}

// requireUnavailable: it could not be found out, and nothing was concluded.
func requireUnavailable(t testing.TB, err error) {
	t.Helper()
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated)
}

func requireEnded(t testing.TB, err error) {
	t.Helper()
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	require.NotErrorIs(t, err, grimoireauth.ErrUnavailable)
}

// instantly fails the test if f takes any virtual time: if a request waited.
func instantly(t testing.TB, f func()) {
	t.Helper()
	began := time.Now()
	f()
	require.Zero(t, time.Since(began), "it waited")
}
