package signin

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// flow is a sign-in that goes on at a provider or at the school's identity
// provider. It is this browser's: the token that comes back counts only beside the
// verifier (RFC 7636), so nobody can be signed in with a token that somebody else
// brought along. There is one of each stytch_token_type.
type flow struct {
	nonce    string
	began    int64 // Unix seconds
	verifier grimoireauth.Secret
	class    string // an id or a slug; empty for a discovery
	returnTo string // checked again when it is read
}

const flowLife = 10 * time.Minute

// verifierForm is RFC 7636, section 4.1.
var verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

func flowName(kind string) string { return flowCookie + "_" + kind }

func (h *Handler) setFlow(w http.ResponseWriter, kind string, f flow) {
	h.setCookie(w, flowName(kind), strings.Join([]string{
		rand.Text(), strconv.FormatInt(time.Now().Unix(), 10), f.verifier.Reveal(), f.class,
		base64.RawURLEncoding.EncodeToString([]byte(f.returnTo)),
	}, ":"), flowLife)
}

// readFlow returns the pending sign-in of this kind. One that is too old, or not
// exactly as it was written, is none.
func (h *Handler) readFlow(r *http.Request, kind string) (flow, bool) {
	parts := strings.Split(h.cookie(r, flowName(kind)), ":")
	if len(parts) != 5 || !nonceForm.MatchString(parts[0]) || !verifierForm.MatchString(parts[2]) || !slugOK(parts[3]) {
		return flow{}, false
	}
	began, err := strconv.ParseInt(parts[1], 10, 64)
	// The browser drops the cookie by itself; one that was copied is old, too.
	if age := time.Now().Unix() - began; err != nil || age < 0 || age > int64(flowLife/time.Second) {
		return flow{}, false
	}
	address, err := base64.RawURLEncoding.Strict().DecodeString(parts[4])
	if err != nil || (kind == kindDiscoveryOAuth) != (parts[3] == "") {
		return flow{}, false
	}
	return flow{
		nonce: parts[0], began: began, verifier: grimoireauth.NewSecret(parts[2]), class: parts[3],
		returnTo: h.safe(string(address)),
	}, true
}
