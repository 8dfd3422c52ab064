package signinlimits

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/project"
)

// Config configures a [Limiter]. It prints without its secrets, except where fmt calls no
// method: in a private field of another struct.
type Config struct {
	// Redis says where Redis or Valkey is, as in redisrevocations.Config. Required; Addrs
	// must be set. It is copied. ContextTimeoutEnabled, MinIdleConns, MaxRetries and
	// MaintNotificationsConfig are set by this package.
	Redis *redis.UniversalOptions
	// ProjectID is that of the project at Stytch. Required unless Prefix is set.
	ProjectID string
	// Prefix begins the names of the keys, in braces. Empty: "grimoire:" and the
	// ProjectID, as in redisrevocations.Config.
	Prefix string
	// Secret is what all processes have, such as the project secret. The names of the keys
	// are HMACs by it, so that a reader of Redis cannot find out whose they are. Required.
	Secret grimoireauth.Secret
	// Observe receives a [grimoireauth.OperatorAlarm] while Redis does not answer, one a
	// minute. Nil: none.
	Observe grimoireauth.Observe
}

func (c Config) validate() error {
	var faults []error
	if c.Redis == nil || len(c.Redis.Addrs) == 0 {
		faults = append(faults, errors.New("signinlimits: Redis.Addrs is empty"))
	}
	if r := c.Redis; r != nil && (r.ReadOnly || r.RouteByLatency || r.RouteRandomly) {
		faults = append(faults, errors.New("signinlimits: ReadOnly, RouteByLatency and RouteRandomly read from copies that lag behind"))
	}
	switch {
	case c.Prefix != "":
		if len(c.Prefix) > 128 || strings.ContainsFunc(c.Prefix, func(r rune) bool { return r <= ' ' || r > '~' || r == '{' || r == '}' }) {
			faults = append(faults, errors.New("signinlimits: Prefix has at most 128 printable ASCII characters, without spaces and braces"))
		}
	default:
		if _, err := project.Parse(c.ProjectID, ""); err != nil {
			faults = append(faults, fmt.Errorf("signinlimits: ProjectID: %w", err))
		}
	}
	if c.Secret.IsZero() {
		faults = append(faults, errors.New("signinlimits: Secret is empty"))
	}
	return errors.Join(faults...)
}

func (c Config) prefix() string {
	if c.Prefix != "" {
		return c.Prefix
	}
	return "grimoire:" + c.ProjectID
}

// String says which keys. It has no secret.
func (c Config) String() string { return fmt.Sprintf("{Prefix:%q}", c.prefix()) }

// Format prints as [Config.String], under every verb.
func (c Config) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.String()) }

// LogValue prints as [Config.String].
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON prints as [Config.String].
func (c Config) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", c.String()), nil }
