package stytchclient

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

func TestCheckClaims(t *testing.T) {
	tests := map[string]struct {
		claims map[string]any
		want   string // empty: accepted
	}{
		"none":            {nil, ""},
		"plain":           {map[string]any{"group": "a", "seat": 12}, ""},
		"to be deleted":   {map[string]any{"group": nil}, ""},
		"exactly 4 KB":    {map[string]any{"x": strings.Repeat("a", maxClaims-len(`{"x":""}`))}, ""},
		"a byte more":     {map[string]any{"x": strings.Repeat("a", maxClaims-len(`{"x":""}`)+1)}, "4097 bytes"},
		"no name":         {map[string]any{"": 1}, "without a name"},
		"subject":         {map[string]any{"sub": "somebody"}, `"sub"`},
		"subject, folded": {map[string]any{"SUB": "somebody"}, `"SUB"`},
		"id":              {map[string]any{"jti": "1"}, `"jti"`},
		"Stytch's own":    {map[string]any{"https://stytch.com/session": map[string]any{}}, "https://stytch.com/session"},
		"not JSON":        {map[string]any{"x": make(chan int)}, "cannot be written as JSON"},
		"all at once":     {map[string]any{"iss": 1, "aud": 1}, `"aud"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := checkClaims(test.claims)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
		})
	}
}

// What is accepted is small, and takes nothing over that a JWT or Stytch says.
func FuzzCheckClaims(f *testing.F) {
	f.Add("group", "a")
	f.Add("Sub", "x")
	f.Add("https://stytch.com/session", "{}")
	f.Add("nbf\x00", "")
	f.Fuzz(func(t *testing.T, name, value string) {
		claims := map[string]any{name: value}
		if checkClaims(claims) != nil {
			return
		}
		encoded, err := json.Marshal(claims)
		require.NoError(t, err)
		require.LessOrEqual(t, len(encoded), maxClaims)
		for _, taken := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"} {
			require.False(t, strings.EqualFold(taken, name))
		}
		require.False(t, strings.HasPrefix(name, "https://stytch.com/"))
	})
}

func TestRequest(t *testing.T) {
	c := &Client{minutes: 480}
	const op = "test"
	t.Run("the client's duration for a new session", func(t *testing.T) {
		ask, err := c.request(op, SignInOptions{})
		require.NoError(t, err)
		require.Equal(t, int32(480), ask.minutes)
		ask, err = c.request(op, SignInOptions{Continue: grimoireauth.Intermediate{Token: grimoireauth.NewSecret("ist")}})
		require.NoError(t, err)
		require.Equal(t, int32(480), ask.minutes)
		require.Equal(t, proofFields{intermediate: "ist"}, ask.proofFields)
	})
	t.Run("a live session is not extended silently", func(t *testing.T) {
		ask, err := c.request(op, SignInOptions{Continue: grimoireauth.Credentials{Token: grimoireauth.NewSecret("token"), JWT: grimoireauth.NewSecret("jwt")}})
		require.NoError(t, err)
		require.Zero(t, ask.minutes)
		require.Equal(t, proofFields{token: "token"}, ask.proofFields, "one of them only")
		ask, err = c.request(op, SignInOptions{Continue: grimoireauth.Credentials{JWT: grimoireauth.NewSecret("jwt")}, SessionOptions: SessionOptions{Duration: time.Hour}})
		require.NoError(t, err)
		require.Equal(t, int32(60), ask.minutes, "by name it is")
		require.Equal(t, proofFields{jwt: "jwt"}, ask.proofFields)
	})
	t.Run("everything that is wrong at once", func(t *testing.T) {
		_, err := c.request(op, SignInOptions{
			SessionOptions: SessionOptions{Duration: time.Minute, CustomClaims: map[string]any{"iss": 1}}, Locale: "tlh",
		}, needed("code", ""))
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		for _, fault := range []string{"Duration 1m0s", `"iss"`, `"tlh"`, "the code is missing"} {
			require.ErrorContains(t, err, fault)
		}
	})
	t.Run("durations", func(t *testing.T) {
		for duration, ok := range map[time.Duration]bool{
			0: true, 5 * time.Minute: true, 527040 * time.Minute: true,
			-time.Minute: false, 4 * time.Minute: false, 527041 * time.Minute: false, 6*time.Minute + time.Second: false, 1 << 62: false,
		} {
			_, err := c.request(op, SignInOptions{SessionOptions: SessionOptions{Duration: duration}})
			require.Equal(t, ok, err == nil, duration)
		}
	})
}

func TestPresent(t *testing.T) {
	token := grimoireauth.NewSecret("ist")
	tests := map[string]struct {
		proof grimoireauth.Proof
		want  error // nil: accepted
	}{
		"nobody":               {nil, nil},
		"unfinished":           {grimoireauth.Intermediate{Token: token, ExpiresAt: time.Now().Add(time.Minute)}, nil},
		"without a time":       {grimoireauth.Intermediate{Token: token}, nil},
		"late":                 {grimoireauth.Intermediate{Token: token, ExpiresAt: time.Now().Add(-time.Second)}, grimoireauth.ErrSignInExpired},
		"empty":                {grimoireauth.Intermediate{}, grimoireauth.ErrInvalid},
		"session":              {grimoireauth.Credentials{Token: token}, nil},
		"empty session":        {grimoireauth.Credentials{}, grimoireauth.ErrNoCredentials},
		"pointer":              {&grimoireauth.Intermediate{Token: token}, grimoireauth.ErrInvalid},
		"nil pointer":          {(*grimoireauth.Intermediate)(nil), grimoireauth.ErrInvalid},
		"pointer to a session": {&grimoireauth.Credentials{Token: token}, grimoireauth.ErrInvalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := proofFieldsOf("test", test.proof)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, test.want)
			require.Zero(t, got)
		})
	}
}
