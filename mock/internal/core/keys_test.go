package core

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// The published keys must stay what they are: recordings and the fixtures of
// other languages hold tokens that they signed.
func TestW12_PublishedKeysAreTheSameEverywhere(t *testing.T) {
	for n, want := range map[int]string{
		0:         "9a21fd2c3ccb39db2f396bfdc9e8455d8fb006af3491c1f5d55f7fed3c0cd0f7 ac3bc21c-0b57-4f6c-bf5d-1e7150f65016",
		1:         "54cd8db95fc0f463b79d0634d63b8031ad1c2002b9908f6ce7bf0830ad72d8fd 6ea95133-7e4f-4abe-8faf-c4f37e85ce76",
		ForgerKey: "12aa32edaa429c3c1f232203af9c5c870569966c3ae7e07a287fd952e5ec280c 17f5c045-381c-42ad-8362-b7f74a2e2d50",
	} {
		key := publishedSigningKey(n)
		require.Equal(t, keyBits, key.Private.N.BitLen())
		sum := sha256.Sum256(append(key.Private.N.Bytes(), key.Certificate...))
		require.Equal(t, want, hex.EncodeToString(sum[:])+" "+key.uuid, "key %d", n)
	}
}

func BenchmarkPublishedKey(b *testing.B) {
	for n := 0; b.Loop(); n++ {
		publishedSigningKey(n)
	}
}
