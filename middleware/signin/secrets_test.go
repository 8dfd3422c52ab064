package signin_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"
)

// secrets collects what only the browser and Stytch may read: the values of cookies,
// and typed passwords.
type secrets struct {
	mu      sync.Mutex // guards the rest
	windows map[string]bool
	whole   map[string]bool
	written strings.Builder // addresses and pages
}

// opaque is a part of a cookie that is a secret, and not an id, a name or a time.
var opaque = regexp.MustCompile(`^[A-Za-z0-9_-]{26,}={0,2}$`)

// public are the others of that form: ids, kinds of tokens, and all of a
// session_jwt but its signature.
var public = regexp.MustCompile(`^(organization-|member-|session-|multi_tenant_|eyJ)`)

const window = 8 // bytes

func (s *secrets) see(res answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written.WriteString(res.at + "\n" + res.body + "\n")
	for _, line := range res.header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			continue
		}
		for _, part := range strings.FieldsFunc(cookie.Value, func(c rune) bool { return c == ':' || c == '.' }) {
			if public.MatchString(part) || !opaque.MatchString(part) {
				continue
			}
			for i := range len(part) - window + 1 {
				s.windows[part[i:i+window]] = true
			}
		}
	}
}

func (s *secrets) typed(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(password) > window {
		s.whole[password] = true
	}
}

// check looks for any 8 bytes of them in what was written and logged.
func (w *fixture) checkSecrets() {
	s := w.secrets
	s.mu.Lock()
	defer s.mu.Unlock()
	for where, text := range map[string]string{"a page or an address": s.written.String(), "the log": w.log.String()} {
		for i := range max(0, len(text)-window+1) {
			if s.windows[text[i:i+window]] {
				w.t.Errorf("a secret stands in %s: …%.60q", where, text[max(0, i-30):])
				break
			}
		}
		for password := range s.whole {
			require.NotContains(w.t, text, password)
		}
	}
}
