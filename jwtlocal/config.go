package jwtlocal

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/project"
	"github.com/promptgrimoire/auth/jwtlocal/internal/keys"
)

// Config says whose tokens a [Verifier] accepts and how. ProjectID is required. Every other
// field has a safe default.
type Config struct {
	// ProjectID is the Stytch project, "project-test-…" or "project-live-…".
	ProjectID string
	// BaseURL is the project's custom domain. Empty: Stytch's own host for the
	// project's environment. Only when it is set are tokens that name it as their
	// issuer accepted, beside those that name the project.
	BaseURL string
	// Audiences are what the aud claim of a session_jwt may name besides the project, which
	// it has to name: the custom_audience of the project's session JWT template. Any other
	// value is rejected, since a service of that name could present the token here (RFC
	// 8725, 3.9). Compared as a whole, and with case. Empty: the project alone.
	Audiences []string
	// Transport carries the key set requests. Nil: a copy of
	// http.DefaultTransport with bounded response headers.
	Transport http.RoundTripper

	// Refresh exchanges the credentials of a session for fresh ones, as the client's
	// Sessions.Authenticate does. Nil: a stale token is [grimoireauth.ErrExpired], and no
	// network call is made.
	Refresh grimoireauth.AuthFunc
	// RefreshAhead is how long before its end a session_jwt is refreshed in the background
	// of a request that carries it. The request itself is answered from the old one. At
	// most half of the token's life counts. Zero: 1 minute. Negative: never, so the first
	// request after the end waits for Stytch.
	RefreshAhead time.Duration
	// OutageGrace is how long after its end an expired session_jwt still counts while
	// Stytch cannot be reached, for example during an exam. Handlers see it as
	// [grimoireauth.SourceOutageGrace]. It never extends a session beyond its end, never
	// outweighs a revocation, and does not apply to [Verifier.Refresh]. At most 24 hours.
	// Zero: not at all.
	OutageGrace time.Duration
	// SlidingSession moves the end of sessions that are in use. Zero: they end when sign-in
	// said they would.
	SlidingSession SlidingSession
	// Revocations knows which sessions, members and classes were revoked. Nil: none.
	Revocations Revocations
	// TrustTokensInSilence accepts session_jwts by themselves while Revocations says that
	// revocations may be missing (RevocationStatus.ConfirmSince). A session that was revoked in
	// another process is then served until its session_jwt ends: five minutes at Stytch, and
	// OutageGrace longer. False: each session counts only if Stytch has confirmed it, and what
	// Stytch cannot confirm is [grimoireauth.ErrUnavailable].
	TrustTokensInSilence bool
	// OnRevoke receives the sessions that have ended by Stytch's answer to a refresh, so that
	// other processes learn of them. It is called in the background of a refresh, with a
	// context that does not end with a request, and for at most five seconds. An error is an
	// alarm. Nil: none.
	OnRevoke grimoireauth.OnRevoke

	// Leeway is how far this machine's clock may be off. It applies to either end of a
	// token's life. With a clock that is off by more, genuine tokens are
	// [grimoireauth.ErrUnavailable], and an alarm is raised once a minute. Zero: 5 seconds,
	// enough for machines that use NTP: a clock that is slightly behind Stytch's would
	// otherwise reject every fresh token. Negative: none. At most a minute.
	Leeway time.Duration
	// MaxAge is the age from which a token is stale although it has not expired. Zero: only
	// the token's own end counts, five minutes after its issue at Stytch.
	MaxAge time.Duration

	// RefreshKeysAfter is the age from which the key set is fetched again, in the
	// background. Zero: 1 hour.
	RefreshKeysAfter time.Duration
	// MaxKeyAge is the age from which the key set is not trusted: all tokens are then
	// [grimoireauth.ErrUnavailable] until a new set has been fetched. Zero: 24 hours.
	MaxKeyAge time.Duration
	// KeyCooldown is the least time between two fetches that are caused by unknown key ids.
	// It limits the fetches that a flood of invented key ids can cause, and is the longest
	// time that a newly published key has to wait. Zero: 10 seconds.
	KeyCooldown time.Duration
	// SeedKeys is a JWK Set for a start while Stytch cannot be reached. Its age counts from
	// when the Verifier was made. Empty: the first token waits for the first fetch.
	SeedKeys []byte

	// CacheSize is how many verified tokens are cached, each about half a kilobyte. Zero:
	// 32,768. Negative: none.
	CacheSize int

	// Observe receives key fetches, rejected tokens, refreshes and alarms. Nil: none.
	Observe grimoireauth.Observe
	// Logger receives rejected tokens at debug level, with ids only. Nil: slog.Default().
	Logger *slog.Logger
}

const (
	defaultRefreshAhead     = time.Minute
	defaultLeeway           = 5 * time.Second
	defaultRefreshKeysAfter = time.Hour
	defaultMaxKeyAge        = 24 * time.Hour
	defaultKeyCooldown      = 10 * time.Second
	defaultCacheSize        = 32768
)

// check returns the project and every fault of the configuration.
func (c Config) check() (project.Project, error) {
	p, err := project.Parse(c.ProjectID, c.BaseURL)
	faults := []error{err}
	faults = append(faults, c.checkAudiences())
	if c.Leeway > maxLeeway {
		faults = append(faults, fmt.Errorf("a Leeway of %v is more than %v: repair the clock instead", c.Leeway, maxLeeway))
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"MaxAge", c.MaxAge},
		{"RefreshKeysAfter", c.RefreshKeysAfter},
		{"MaxKeyAge", c.MaxKeyAge},
		{"KeyCooldown", c.KeyCooldown},
	} {
		if d.value < 0 {
			faults = append(faults, fmt.Errorf("%s %v is negative", d.name, d.value))
		}
	}
	if c.refreshKeysAfter() > c.maxKeyAge() {
		faults = append(faults, fmt.Errorf("RefreshKeysAfter %v is more than MaxKeyAge %v", c.refreshKeysAfter(), c.maxKeyAge()))
	}
	faults = append(faults, c.checkRefresh())
	if len(c.SeedKeys) > 0 {
		if _, err := keys.Parse(c.SeedKeys); err != nil {
			faults = append(faults, fmt.Errorf("SeedKeys: %w", err))
		}
	}
	return p, errors.Join(faults...)
}

func orDefault(value, fallback time.Duration) time.Duration {
	if value == 0 {
		return fallback
	}
	return value
}

func (c Config) leeway() time.Duration { return max(orDefault(c.Leeway, defaultLeeway), 0) }

func (c Config) refreshKeysAfter() time.Duration {
	return orDefault(c.RefreshKeysAfter, defaultRefreshKeysAfter)
}

func (c Config) maxKeyAge() time.Duration { return orDefault(c.MaxKeyAge, defaultMaxKeyAge) }

func (c Config) keyCooldown() time.Duration { return orDefault(c.KeyCooldown, defaultKeyCooldown) }

func (c Config) cacheSize() int {
	if c.CacheSize == 0 {
		return defaultCacheSize
	}
	return max(c.CacheSize, 0)
}

func (c Config) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.Default()
	}
	return c.Logger
}

func (c Config) refreshAhead() time.Duration { return orDefault(c.RefreshAhead, defaultRefreshAhead) }

// checkRefresh returns every fault of the settings for refreshes.
func (c Config) checkRefresh() error {
	var faults []error
	if c.OutageGrace < 0 || c.OutageGrace > maxOutageGrace {
		faults = append(faults, fmt.Errorf("OutageGrace %v is not from 0 to %v", c.OutageGrace, maxOutageGrace))
	}
	faults = append(faults, c.SlidingSession.check())
	if c.Refresh == nil && (c.OutageGrace > 0 || c.SlidingSession.enabled()) {
		faults = append(faults, errors.New("OutageGrace and SlidingSession need Refresh"))
	}
	return errors.Join(faults...)
}
