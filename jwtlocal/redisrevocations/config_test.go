package redisrevocations

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

func TestConfigNamesEveryFault(t *testing.T) {
	_, err := New(Config{})
	require.ErrorContains(t, err, "Redis.Addrs")
	require.ErrorContains(t, err, "ProjectID")
	_, err = New(Config{Redis: &redis.UniversalOptions{ReadOnly: true}, Prefix: "a{b", Bound: time.Millisecond})
	for _, word := range []string{"Redis.Addrs", "ReadOnly", "Prefix", "Bound"} {
		require.ErrorContains(t, err, word)
	}
	_, err = New(Config{Redis: &redis.UniversalOptions{Addrs: []string{"localhost:1"}}, ProjectID: "project-test-00000000-0000-4000-8000-000000000000"})
	require.NoError(t, err)
}

func TestConfigKeys(t *testing.T) {
	l := newStreamLog(redis.UniversalOptions{}, Config{ProjectID: "project-test-1"}.prefix())
	require.Equal(t, "{grimoire:project-test-1}:revocations", l.keys["revocations"])
	require.Equal(t, "{grimoire:project-test-1}:beats", l.keys["beats"])
}

// TestC14_ConfigPrintsNoSecret: neither a Config nor a Replica prints the password.
func TestC14_ConfigPrintsNoSecret(t *testing.T) {
	const password = "hunter2hunter2"
	config := Config{
		Redis:  &redis.UniversalOptions{Addrs: []string{"localhost:1"}, Username: "u", Password: password, SentinelPassword: password},
		Prefix: "p",
	}
	r, err := New(config)
	require.NoError(t, err)
	type open struct{ Config Config }
	type hidden struct{ replica *Replica }
	for _, v := range []any{config, &config, open{config}, &hidden{r}, hidden{r}, r, []Config{config}, map[string]Config{"": config}, r.Status(), r.Revocations()} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
			printed := fmt.Sprintf(verb, v)
			require.NotContains(t, printed, password, "%s of a %T", verb, v)
			require.NotContains(t, printed, fmt.Sprintf("%x", password), "%s of a %T", verb, v)
		}
		encoded, _ := json.Marshal(v)
		require.NotContains(t, string(encoded), password)
		var out strings.Builder
		slog.New(slog.NewTextHandler(&out, nil)).Info("", "v", v)
		require.NotContains(t, out.String(), password)
	}
}
