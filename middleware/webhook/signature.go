package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// maxSignatures is the size of the longest header with signatures, in bytes. One has 47.
const maxSignatures = 4096

// signed is what the headers of a webhook say.
// https://docs.svix.com/receiving/verifying-payloads/how-manual
type signed struct {
	id         string // of the message; each attempt to deliver it has the same
	timestamp  string // as it was signed
	at         time.Time
	signatures string // separated by spaces
}

// readHeaders returns what the headers say, or why it cannot be used.
func readHeaders(h http.Header) (signed, Reason) {
	var s signed
	for _, field := range []struct {
		name  string
		value *string
	}{{"Id", &s.id}, {"Timestamp", &s.timestamp}, {"Signature", &s.signatures}} {
		value, reason := oneHeader(h["Svix-"+field.name], h["Webhook-"+field.name])
		if reason != 0 {
			return signed{}, reason
		}
		*field.value = value
	}
	// A full stop would let the id end, and the timestamp begin, in two places.
	if !isID(s.id, "") || strings.Contains(s.id, ".") || len(s.signatures) > maxSignatures {
		return signed{}, ReasonHeaders
	}
	if len(s.timestamp) > 12 || strings.Trim(s.timestamp, "0123456789") != "" {
		return signed{}, ReasonHeaders
	}
	seconds, err := strconv.ParseInt(s.timestamp, 10, 64)
	if err != nil {
		return signed{}, ReasonHeaders
	}
	s.at = time.Unix(seconds, 0)
	return s, 0
}

// oneHeader returns the value of a header that has two names: Svix's own, and that of
// Standard Webhooks. Both may be there with one value.
func oneHeader(svix, standard []string) (string, Reason) {
	if len(svix) > 1 || len(standard) > 1 {
		return "", ReasonHeaders
	}
	if len(svix) == 1 && len(standard) == 1 && svix[0] != standard[0] {
		return "", ReasonHeaders
	}
	for _, lines := range [][]string{svix, standard} {
		if len(lines) == 1 && lines[0] != "" {
			return lines[0], 0
		}
	}
	return "", ReasonUnsigned
}

// isSignedBy reports whether one of the keys made one of the signatures over the body.
// Signatures of other versions are ignored. It compares all with all, so that the time it
// takes shows nothing about the keys.
func (s signed) isSignedBy(keys []grimoireauth.Secret, body []byte) bool {
	genuine := false
	for _, key := range keys {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		mac.Write([]byte(s.id + "." + s.timestamp + "."))
		mac.Write(body)
		want := []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		for entry := range strings.SplitSeq(s.signatures, " ") {
			version, signature, _ := strings.Cut(entry, ",")
			if version == "v1" && hmac.Equal([]byte(signature), want) {
				genuine = true
			}
		}
	}
	return genuine
}
