package passhash

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What was read is written so that it is read as the same, and what is refused
// is refused with an error type.
func FuzzReadSlowHash(f *testing.F) {
	for _, seed := range [][2]string{
		{"bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
		{"phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"},
		{"phpass", "$H$"},
		{"argon_2id", "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAA"},
		{"argon_2i", "$argon2i$v=19$m=999999999,t=2,p=0$c29tZXNhbHQ$AAAAAAAAAAA"},
		{"scrypt", "$scrypt$ln=4,r=8,p=1$U29kaXVtQ2hsb3JpZGU$U29kaXVtQ2hsb3JpZGUU29k"},
		{"scrypt", "$scrypt$ln=63,r=8,p=1$U29k$U29k"},
		{"pbkdf_2", "$pbkdf2-sha512$i=1$c2FsdA$U29kaXVtQ2hsb3JpZGUU29k"},
		{"rot13", "x"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		h, err := readSlowHash(kind, text)
		if err != nil {
			require.NotEmpty(t, err.(Error).Type)
			return
		}
		again, err := readSlowHash(kind, h.String())
		require.NoError(t, err)
		require.Equal(t, h, again)
	})
}
