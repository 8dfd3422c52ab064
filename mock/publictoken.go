package mock

import (
	"crypto/sha256"
	"fmt"
)

// publicTokenOf returns the public token of a project, which its id decides: a
// browser's configuration and the links in e-mails stay good when a project is
// started again under its id, or restored from a snapshot.
func publicTokenOf(env, projectID string) string {
	b := sha256.Sum256([]byte("public token of " + projectID))
	b[6] = b[6]&0x0f | 0x40 // RFC 9562, version 4
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("public-token-%s-%x-%x-%x-%x-%x", env, b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
