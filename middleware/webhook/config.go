package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	defaultTolerance = 5 * time.Minute
	maxTolerance     = time.Hour
	defaultMaxBody   = 1 << 20

	secretPrefix = "whsec_"
	// minKey is the length of the shortest key in bytes. Svix's have 24, and the
	// specification of Standard Webhooks, which Svix follows, asks for 24 to 64.
	minKey = 24
)

// Config configures a [Handler].
type Config struct {
	// Secrets are the signing secrets of the endpoint, as the dashboard shows them:
	// "whsec_" and at least 24 bytes in base64. A webhook counts if one of them has signed
	// it. While a secret is being replaced there are two, the old one and the new one.
	// Required.
	Secrets []grimoireauth.Secret
	// ProjectID is the project's id at Stytch. A webhook about another project is refused,
	// so that one of a test project revokes nothing. Required.
	ProjectID string
	// OnRevoke receives the revocations, such as MemoryRevocations.Add of package
	// jwtlocal, or a function that tells all replicas. If it returns an error, the answer
	// is 500 and the webhook is sent again. It gets a context that does not end with the
	// request, since Svix hangs up after 15 seconds. Required.
	OnRevoke grimoireauth.OnRevoke
	// Observe gets a [grimoireauth.WebhookReceived] for each webhook that was accepted and
	// a [grimoireauth.WebhookRefused] for each that was not. Nil: none.
	Observe grimoireauth.Observe
	// Tolerance is how far the time at which a webhook was signed may be from this
	// machine's, into the past and into the future. At most an hour. Zero: 5 minutes, as in
	// Svix's own libraries.
	Tolerance time.Duration
	// MaxBody is the size of the largest body in bytes. Zero: 1 MiB.
	MaxBody int64
	// Logger gets what an operator has to correct: a secret or a project that does not
	// match, an OnRevoke that fails. Nil: slog.Default().
	Logger *slog.Logger
}

// New returns a Handler. It makes no network call. Its error, which matches
// [grimoireauth.ErrInvalid], names every fault of the configuration at once, and no part of
// a secret.
func New(config Config) (*Handler, error) {
	keys, faults := config.keys()
	if !isID(config.ProjectID, "project-") {
		// The value is not quoted: it may be a secret, pasted by mistake.
		faults = append(faults, errors.New("ProjectID is not of the form project-test-<uuid> or project-live-<uuid>"))
	}
	if config.OnRevoke == nil {
		faults = append(faults, errors.New("OnRevoke is missing: no revocation would come into force"))
	}
	if config.Tolerance < 0 || config.Tolerance > maxTolerance {
		faults = append(faults, fmt.Errorf("Tolerance %v is not between 0 and %v", config.Tolerance, maxTolerance))
	}
	if config.MaxBody < 0 {
		faults = append(faults, fmt.Errorf("MaxBody %d is negative", config.MaxBody))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("%w: %w", &grimoireauth.Error{Op: "configure webhooks", Kind: grimoireauth.ErrInvalid}, err)
	}
	h := &Handler{
		keys: keys, project: config.ProjectID, onRevoke: config.OnRevoke, observe: config.Observe,
		tolerance: config.Tolerance, maxBody: config.MaxBody, logger: config.Logger,
	}
	if h.tolerance == 0 {
		h.tolerance = defaultTolerance
	}
	if h.maxBody == 0 {
		h.maxBody = defaultMaxBody
	}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	return h, nil
}

// keys decodes the Secrets. The faults contain no part of a secret.
func (c Config) keys() ([]grimoireauth.Secret, []error) {
	if len(c.Secrets) == 0 {
		return nil, []error{errors.New("Secrets is empty: a webhook has to be signed")}
	}
	var keys []grimoireauth.Secret
	var faults []error
	for i, secret := range c.Secrets {
		key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(secret.Reveal(), secretPrefix))
		switch {
		case secret.IsZero():
			faults = append(faults, fmt.Errorf("Secrets[%d] is empty", i))
		case err != nil:
			faults = append(faults, fmt.Errorf("Secrets[%d] is not of the form %s<base64>: copy it from the endpoint's page in the dashboard", i, secretPrefix))
		case len(key) < minKey:
			faults = append(faults, fmt.Errorf("Secrets[%d] has %d bytes: it needs at least %d", i, len(key), minKey))
		default:
			keys = append(keys, grimoireauth.NewSecret(string(key)))
		}
	}
	return keys, faults
}
