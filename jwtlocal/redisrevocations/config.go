package redisrevocations

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/project"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/jwtlocal"
)

// Config configures a [Replica]. It prints without its secrets, except where fmt calls no
// method: in a private field of another struct. A Replica prints none anywhere.
type Config struct {
	// Redis says where Redis or Valkey is: addresses, user, password, TLS, Sentinel
	// (MasterName) or a Cluster (several Addrs, or IsClusterMode). Required; Addrs must be
	// set. It is copied. Reads have to come from the primary, so ReadOnly, RouteByLatency
	// and RouteRandomly are refused. ContextTimeoutEnabled, MinIdleConns and
	// MaintNotificationsConfig are set by this package.
	Redis *redis.UniversalOptions
	// ProjectID is that of the project at Stytch. Every process that shares revocations has
	// the same. Required unless Prefix is set.
	ProjectID string
	// Prefix begins the names of the two keys, in braces: {Prefix}:revocations and
	// {Prefix}:beats. Empty: "grimoire:" and the ProjectID.
	Prefix string
	// Bound is how long nothing has to be heard of Redis until sessions need Stytch's
	// confirmation, from 1 s to [jwtlocal.RevocationLife]. Every process beats six times in
	// this time. Zero: 30 seconds.
	Bound time.Duration
	// Observe receives [grimoireauth.SilenceBegan], [grimoireauth.SilenceEnded],
	// [grimoireauth.RevocationsLost] and [grimoireauth.OperatorAlarm]. Nil: none.
	Observe grimoireauth.Observe
}

func (c Config) validate() error {
	var faults []error
	if c.Redis == nil || len(c.Redis.Addrs) == 0 {
		faults = append(faults, errors.New("redisrevocations: Redis.Addrs is empty"))
	}
	if r := c.Redis; r != nil && (r.ReadOnly || r.RouteByLatency || r.RouteRandomly) {
		faults = append(faults, errors.New("redisrevocations: ReadOnly, RouteByLatency and RouteRandomly read from copies that lag behind"))
	}
	switch {
	case c.Prefix != "":
		if len(c.Prefix) > 128 || strings.ContainsFunc(c.Prefix, func(r rune) bool { return r <= ' ' || r > '~' || r == '{' || r == '}' }) {
			faults = append(faults, errors.New("redisrevocations: Prefix has at most 128 printable ASCII characters, without spaces and braces"))
		}
	default:
		if _, err := project.Parse(c.ProjectID, ""); err != nil {
			faults = append(faults, fmt.Errorf("redisrevocations: ProjectID: %w", err))
		}
	}
	if c.Bound != 0 && (c.Bound < replica.LeastBound || c.Bound > jwtlocal.RevocationLife) {
		faults = append(faults, fmt.Errorf("redisrevocations: Bound is from %v to %v", replica.LeastBound, jwtlocal.RevocationLife))
	}
	return errors.Join(faults...)
}

func (c Config) prefix() string {
	if c.Prefix != "" {
		return c.Prefix
	}
	return "grimoire:" + c.ProjectID
}

// String says which keys and which Bound. It has no secret.
func (c Config) String() string {
	return fmt.Sprintf("{Prefix:%q Bound:%v}", c.prefix(), c.Bound)
}

// Format prints as [Config.String], under every verb.
func (c Config) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.String()) }

// LogValue prints as [Config.String].
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON prints as [Config.String].
func (c Config) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", c.String()), nil }
