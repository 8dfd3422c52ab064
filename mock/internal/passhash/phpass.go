package passhash

import (
	"crypto/md5"
	"regexp"
	"strings"
)

// phpassHash is a portable hash of phpass, as PHP forums and WordPress have them:
// $P$ or $H$, the binary logarithm of the rounds, 8 characters of salt and 22 of
// the sum.
// Source: https://www.openwall.com/phpass/
type phpassHash string

const (
	phpassAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// phpass's own lower bound, and about a quarter of a second; its upper bound
	// of 30 would be minutes.
	phpassMinLog2, phpassMaxLog2 = 7, 20
	phpassMaxText                = 4096 // bytes, because each round hashes them again
)

var phpassForm = regexp.MustCompile(`^.{3}[./0-9A-Za-z]{31}$`)

func readPHPass(text string) (slowHash, error) {
	if !strings.HasPrefix(text, "$P$") && !strings.HasPrefix(text, "$H$") {
		return nil, Error{Type: "invalid_phpass_hash_prefix"}
	}
	h := phpassHash(text)
	if !phpassForm.MatchString(text) || h.log2() < phpassMinLog2 || h.log2() > phpassMaxLog2 {
		return nil, Error{Type: "invalid_phpass_hash_format"}
	}
	return h, nil
}

func (h phpassHash) log2() int { return strings.IndexByte(phpassAlphabet, h[3]) }

func (h phpassHash) String() string { return string(h) }

func (h phpassHash) is(text string) (bool, error) {
	if len(text) > phpassMaxText {
		return false, nil
	}
	sum := md5.Sum([]byte(string(h[4:12]) + text))
	round := append(make([]byte, md5.Size), text...)
	for range 1 << h.log2() {
		copy(round, sum[:])
		sum = md5.Sum(round)
	}
	return equal(phpassText(sum[:]), string(h[12:])), nil
}

// phpassText writes six bits as a character, the lowest first, which is not how
// base64 takes them.
func phpassText(raw []byte) string {
	var out strings.Builder
	for len(raw) > 0 {
		n := min(3, len(raw))
		group := 0
		for i, b := range raw[:n] {
			group |= int(b) << (8 * i)
		}
		for range n + 1 {
			out.WriteByte(phpassAlphabet[group&0x3f])
			group >>= 6
		}
		raw = raw[n:]
	}
	return out.String()
}
