package mock

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Clock is a Stytch as a machine sees it whose own clock is wrong: what Stytch dates
// by its clock differs by a fixed amount from the machine's time. It implements
// [http.RoundTripper] and [http.Handler], as [Stytch] does.
//
// Moved are iat, nbf and exp of a session_jwt, the dates of sessions and of their
// factors, in answers and in claims, and the header Date, also of the key set. A
// session_jwt in a request is read by the moved clock. Nothing that Stytch keeps is
// moved: machines with different clocks can share one Stytch, and for each of them
// sessions, links and codes end when they end for the others. The dates of other
// records, such as created_at of a member, are not moved.
//
// A Clock is immutable and safe for concurrent use. The zero Clock is of no use.
type Clock struct {
	stytch *Stytch
	ahead  time.Duration
}

// ClockAhead returns this Stytch as a machine sees it whose clock is behind Stytch's by
// this much or, if negative, ahead of it. It makes no call and starts nothing.
func (s *Stytch) ClockAhead(by time.Duration) Clock { return Clock{s, by} }

// RoundTrip is [Stytch.RoundTrip] by this clock.
func (k Clock) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := k.stytch.RoundTrip(req.WithContext(k.with(req.Context())))
	if res != nil {
		res.Request = req
	}
	return res, err
}

// ServeHTTP is [Stytch.ServeHTTP] by this clock.
func (k Clock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", dateHeader(k.ahead))
	k.stytch.ServeHTTP(w, r.WithContext(k.with(r.Context())))
}

// JWT returns the same session_jwt with all its dates moved as this clock moves them,
// signed again by the key that it names. By whole seconds: a fraction is dropped. It is for session_jwts that pass between
// machines whose clocks differ: a token that one of them was given is, for another
// one, dated by that one's clock. What no published key of this Stytch has signed is
// returned as it is.
func (k Clock) JWT(jwt grimoireauth.Secret) grimoireauth.Secret {
	moved := jwt
	k.stytch.arrange("JWT", func(c *call) error {
		if text, ok := c.redate(jwt.Reveal(), k.ahead); ok {
			moved = grimoireauth.NewSecret(text)
		}
		return nil
	})
	return moved
}

// String names the project, as that of Stytch does.
func (k Clock) String() string { return k.stytch.String() }

type aheadKey struct{}

func (k Clock) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, aheadKey{}, k.ahead)
}

// aheadOf returns by how much Stytch's clock is ahead for the caller of a request.
func aheadOf(ctx context.Context) time.Duration {
	ahead, _ := ctx.Value(aheadKey{}).(time.Duration)
	return ahead
}

// dateHeader is the header Date of an answer.
func dateHeader(ahead time.Duration) string {
	return time.Now().Add(ahead).UTC().Format(http.TimeFormat)
}

// clock is the time by Stytch's clock as the caller sees it.
func (c *call) clock() time.Time { return c.now.Add(c.ahead) }

// seen returns the session as the caller sees its dates.
func (c *call) seen(s *session) *session {
	if c.ahead == 0 {
		return s
	}
	seen := *s
	seen.StartedAt, seen.LastAccessedAt, seen.ExpiresAt = s.StartedAt.Add(c.ahead), s.LastAccessedAt.Add(c.ahead), s.ExpiresAt.Add(c.ahead)
	seen.Factors = make([]factor, len(s.Factors))
	for i, f := range s.Factors {
		f.Last, f.CreatedAt, f.UpdatedAt = f.Last.Add(c.ahead), f.CreatedAt.Add(c.ahead), f.UpdatedAt.Add(c.ahead)
		seen.Factors[i] = f
	}
	return &seen
}

// redate moves the dates of a session_jwt. It is false for what no published key has
// signed.
func (c *call) redate(jwt string, by time.Duration) (string, bool) {
	rawClaims, key, ok := c.verify(jwt)
	if !ok {
		return "", false
	}
	var claims map[string]any
	numbers := json.NewDecoder(bytes.NewReader(rawClaims))
	numbers.UseNumber() // custom claims keep the text that was sent
	if numbers.Decode(&claims) != nil {
		return "", false
	}
	for _, name := range []string{"iat", "nbf", "exp"} {
		if n, ok := claims[name].(json.Number); ok {
			at, err := n.Int64()
			if err != nil {
				return "", false
			}
			claims[name] = at + int64(by/time.Second)
		}
	}
	if session, ok := claims[claimSession].(map[string]any); ok {
		redateFields(session, by)
		factors, _ := session["authentication_factors"].([]any)
		for _, f := range factors {
			if f, ok := f.(map[string]any); ok {
				redateFields(f, by)
			}
		}
	}
	return signClaims(claims, *key), true
}

// redateFields moves the dates of an object in the claims, whose names end so.
func redateFields(object map[string]any, by time.Duration) {
	for name, value := range object {
		text, _ := value.(string)
		if at, err := time.Parse(time.RFC3339, text); err == nil && strings.HasSuffix(name, "_at") {
			object[name] = claimTime(at.Add(by.Truncate(time.Second)))
		}
	}
}
