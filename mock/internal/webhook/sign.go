// Package webhook sends messages as Svix does, which delivers Stytch's webhooks: signed,
// one at a time, and again after a failure. It imports nothing of this module.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How many bytes the key in a secret has.
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
const (
	minKey = 24
	maxKey = 64
)

// Key reads a signing secret, "whsec_" and the key in base64.
func Key(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < minKey || len(key) > maxKey {
		return nil, errors.New("a webhook's secret is whsec_ and 24 to 64 bytes in base64")
	}
	return key, nil
}

// sign sets the headers of one attempt, under the names of Svix and under those of
// Standard Webhooks. Each key signs: for a day after a rotation Svix signs with the old
// secret too.
// Source: https://docs.svix.com/receiving/verifying-payloads/how-manual
func sign(h http.Header, keys [][]byte, id string, at time.Time, body []byte) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(id + "." + timestamp + ".")) // a hash never fails
		_, _ = mac.Write(body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	for _, prefix := range []string{"Svix-", "Webhook-"} {
		h.Set(prefix+"Id", id)
		h.Set(prefix+"Timestamp", timestamp)
		h.Set(prefix+"Signature", strings.Join(signatures, " "))
	}
}
