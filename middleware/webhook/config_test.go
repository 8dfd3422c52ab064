package webhook_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware/webhook"
	"github.com/stretchr/testify/require"
)

// A secret that is empty, or is none, is refused when the server starts.
func TestP08_WrongConfigurations(t *testing.T) {
	right := webhook.Config{
		Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(oldSecret)}, ProjectID: project,
		OnRevoke: func(context.Context, grimoireauth.Revocation) error { return nil },
	}
	encoded := func(n int) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", n))) }
	for _, row := range []struct {
		name   string
		change func(*webhook.Config)
		want   string // empty: it is right
	}{
		{"right", func(*webhook.Config) {}, ""},
		{"without the prefix", func(c *webhook.Config) { c.Secrets[0] = grimoireauth.NewSecret(encoded(24)) }, ""},
		{"no secrets", func(c *webhook.Config) { c.Secrets = nil }, "Secrets is empty"},
		{"an empty secret", func(c *webhook.Config) { c.Secrets = []grimoireauth.Secret{{}} }, "Secrets[0] is empty"},
		{"an empty secret beside a right one", func(c *webhook.Config) { c.Secrets = append(c.Secrets, grimoireauth.Secret{}) }, "Secrets[1] is empty"},
		{"the prefix alone", func(c *webhook.Config) { c.Secrets[0] = grimoireauth.NewSecret("whsec_") }, "0 bytes"},
		{"a short secret", func(c *webhook.Config) { c.Secrets[0] = grimoireauth.NewSecret("whsec_" + encoded(23)) }, "23 bytes"},
		{"a secret that is not base64", func(c *webhook.Config) {
			c.Secrets[0] = grimoireauth.NewSecret("whsec_hunter2-hunter2-hunter2-hunter2")
		}, "not of the form"},
		{"another kind of secret", func(c *webhook.Config) { c.Secrets[0] = grimoireauth.NewSecret("secret-test-hunter2hunter2hunter2") }, "not of the form"},
		{"no project", func(c *webhook.Config) { c.ProjectID = "" }, "ProjectID"},
		{"a secret as the project", func(c *webhook.Config) { c.ProjectID = "secret-test-hunter2" }, "ProjectID"},
		{"no OnRevoke", func(c *webhook.Config) { c.OnRevoke = nil }, "OnRevoke"},
		{"a negative tolerance", func(c *webhook.Config) { c.Tolerance = -1 }, "Tolerance"},
		{"a tolerance of a day", func(c *webhook.Config) { c.Tolerance = 24 * time.Hour }, "Tolerance"},
		{"a negative size", func(c *webhook.Config) { c.MaxBody = -1 }, "MaxBody"},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := right
			config.Secrets = append([]grimoireauth.Secret(nil), right.Secrets...)
			row.change(&config)
			_, err := webhook.New(config)
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			require.ErrorContains(t, err, row.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
	_, err := webhook.New(webhook.Config{Secrets: []grimoireauth.Secret{{}, grimoireauth.NewSecret("whsec_hunter2")}, Tolerance: -1, MaxBody: -1})
	for _, fault := range []string{"Secrets[0]", "Secrets[1]", "ProjectID", "OnRevoke", "Tolerance", "MaxBody"} {
		require.ErrorContains(t, err, fault)
	}
	for _, zero := range []*webhook.Handler{nil, {}} {
		w := httptest.NewRecorder()
		zero.ServeHTTP(w, delivery("msg_1", time.Now(), event()))
		require.Equal(t, 500, w.Code)
	}
}

// C14: neither the Config nor the Handler prints a secret, as it was given or decoded.
func TestC14_NothingPrintsAWebhookSecret(t *testing.T) {
	config := webhook.Config{
		Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(oldSecret)}, ProjectID: project,
		OnRevoke: func(context.Context, grimoireauth.Revocation) error { return nil },
	}
	handler, err := webhook.New(config)
	require.NoError(t, err)
	for _, value := range []any{config, &config, handler} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			printed := fmt.Sprintf(verb, value)
			require.NotContains(t, printed, oldSecret[6:])
			require.NotContains(t, printed, "the old one")
			require.NotContains(t, printed, fmt.Sprintf("%x", "the old one"))
		}
	}
}
