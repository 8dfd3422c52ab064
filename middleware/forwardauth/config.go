package forwardauth

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// minSecret is the length of the shortest secret that is accepted: 128 bits in base64.
const minSecret = 22

// Config configures a [Handler].
type Config struct {
	// Secrets are the secrets by which the proxy authenticates. Each has at least 22
	// characters of printable ASCII without spaces and quotation marks, such as the
	// output of "openssl rand -base64 32". While a secret is being replaced there are
	// two, the old one and the new one. Required: without a secret every client that
	// can reach the Handler could find out whose cookie it is.
	Secrets []grimoireauth.Secret
	// Logger gets mistakes that a programmer or an operator has to correct. Nil:
	// slog.Default().
	Logger *slog.Logger
}

// New returns a Handler that serves the original requests to app: routes of guard, with
// [Allow] for handlers. It makes no network call. Its error, which matches
// [grimoireauth.ErrInvalid], names every fault of the configuration at once.
func New(guard *middleware.Guard, app http.Handler, config Config) (*Handler, error) {
	var faults []error
	if guard == nil {
		faults = append(faults, errors.New("the Guard is missing"))
	}
	if app == nil {
		faults = append(faults, errors.New("the routes are missing: pass what guard.Protect returns"))
	}
	faults = append(faults, config.secretFaults()...)
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("%w: %w", &grimoireauth.Error{Op: "configure forward authentication", Kind: grimoireauth.ErrInvalid}, err)
	}
	logger := config.Logger
	if logger == nil {
		logger = slog.Default()
	}
	secrets := append([]grimoireauth.Secret(nil), config.Secrets...)
	return &Handler{guard: guard, app: app, secrets: secrets, logger: logger}, nil
}

// secretFaults returns the mistakes in Secrets, without any part of a secret.
func (c Config) secretFaults() []error {
	if len(c.Secrets) == 0 {
		return []error{errors.New("Secrets is empty: a proxy has to prove itself")}
	}
	var faults []error
	for i, secret := range c.Secrets {
		switch value := secret.Reveal(); {
		case len(value) < minSecret:
			faults = append(faults, fmt.Errorf("Secrets[%d] has %d characters: it needs at least %d", i, len(value), minSecret))
		case !isPrintable(value):
			faults = append(faults, fmt.Errorf("Secrets[%d] has a space, a quotation mark or a character that is not printable ASCII: a proxy's configuration cannot hold it", i))
		}
	}
	return faults
}

// isPrintable reports whether headers and configuration files can contain the value
// unchanged.
func isPrintable(value string) bool {
	for i := range len(value) {
		switch c := value[i]; {
		case c <= ' ' || c >= 0x7f || c == '"' || c == '\'' || c == '\\' || c == '$':
			return false
		}
	}
	return true
}
