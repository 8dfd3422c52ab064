package mock_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recoded is hexadecimal as base64 with its padding.
func recoded(t testing.TB, text string) string {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(raw)
}

const (
	bcryptSum = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
	phpassSum = "9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"
	argon2i   = "c1628832147d9720c5bd1cfd61367078729f6dfb6f8fea9ff98158e0d7816ed0"
	argon2id  = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
	scrypt16k = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
	pbkdf256  = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
	pbkdf512  = "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce"
)

// The hashes are test vectors of the algorithms: of crypt_blowfish, phpass, the
// reference implementation of Argon2, RFC 7914 (scrypt, and PBKDF2 with SHA-256)
// and, for SHA-512, the customary ones in the form of RFC 6070.
func TestMigratedPasswords(t *testing.T) {
	argon2 := func(fields object) object {
		return with(object{"salt": "somesalt", "iteration_amount": 2, "memory": 65536, "threads": 1, "key_length": 32}, fields)
	}
	encoded := func(text string) string { return strings.TrimRight(recoded(t, text), "=") }
	salt := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for _, tt := range []struct {
		name, password string
		fields         object
	}{
		{"bcrypt 2a", "U*U", object{"hash_type": "bcrypt", "hash": "$2a$05$" + bcryptSum}},
		{"bcrypt 2y", "U*U", object{"hash_type": "bcrypt", "hash": "$2y$05$" + bcryptSum}},
		{"phpass P", "test12345", object{"hash_type": "phpass", "hash": "$P$" + phpassSum}},
		{"phpass H", "test12345", object{"hash_type": "phpass", "hash": "$H$" + phpassSum}},
		{"argon2i", "password", object{"hash_type": "argon_2i", "hash": argon2i, "argon_2_config": argon2(nil)}},
		{"argon2i encoded", "password", object{"hash_type": "argon_2i", "hash": "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$" + encoded(argon2i)}},
		{"argon2id", "password", object{"hash_type": "argon_2id", "hash": argon2id, "argon_2_config": argon2(nil)}},
		{"argon2id encoded", "password", object{"hash_type": "argon_2id", "hash": "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$" + encoded(argon2id)}},
		{"scrypt", "pleaseletmein", object{"hash_type": "scrypt", "hash": recoded(t, scrypt16k), "scrypt_config": object{
			"salt": salt("SodiumChloride"), "n_parameter": 16384, "r_parameter": 8, "p_parameter": 1, "key_length": 64,
		}}},
		{"scrypt encoded", "pleaseletmein", object{"hash_type": "scrypt", "hash": "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$" + encoded(scrypt16k)}},
		{"pbkdf2", "passwd", object{"hash_type": "pbkdf_2", "hash": recoded(t, pbkdf256), "pbkdf_2_config": object{
			"salt": salt("salt"), "iteration_amount": 1, "key_length": 64,
		}}},
		{"pbkdf2 with SHA-512", "password", object{"hash_type": "pbkdf_2", "hash": recoded(t, pbkdf512), "pbkdf_2_config": object{
			"salt": salt("salt"), "iteration_amount": 1, "key_length": 64, "algorithm": "sha512",
		}}},
		{"md5", "password", object{"hash_type": "md_5", "hash": "5F4DCC3B5AA765D61D8327DEB882CF99"}},
		{"sha1", "password", object{"hash_type": "sha_1", "hash": "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			whose := object{"organization_id": w.organization(nil), "email_address": "ada@example.edu"}
			w.ok(http.MethodPost, passwordPath+"/migrate", with(whose, tt.fields))
			attempt := with(whose, object{"password": tt.password + "x"})
			w.refuses(401, "unauthorized_credentials", http.MethodPost, passwordPath+"/authenticate", attempt)
			require.Equal(t, 401, statusOf(w, with(attempt, object{"password": ""})))
			// "password" is in the list of leaked ones, and a right one that leaked
			// has an error of its own, which a wrong one does not get.
			if tt.password == "password" {
				w.refuses(400, "member_reset_password", http.MethodPost, passwordPath+"/authenticate", with(attempt, object{"password": tt.password}))
				return
			}
			w.ok(http.MethodPost, passwordPath+"/authenticate", with(attempt, object{"password": tt.password}))
		})
	}
}

func statusOf(w wire, body object) int {
	status, _ := w.do(http.MethodPost, passwordPath+"/authenticate", body)
	return status
}

// What could not be checked later, or only at a cost that would hold up everybody
// else, is refused at once.
func TestMigratedPasswordsRefused(t *testing.T) {
	w := newWire(t)
	body := object{"organization_id": w.organization(nil), "email_address": "ada@example.edu"}
	argon2 := func(fields object) object {
		return object{"hash_type": "argon_2id", "hash": argon2id, "argon_2_config": with(object{"salt": "somesalt", "iteration_amount": 2, "memory": 64, "threads": 1, "key_length": 32}, fields)}
	}
	scrypt := func(fields object) object {
		return object{"hash_type": "scrypt", "hash": recoded(t, scrypt16k), "scrypt_config": with(object{"salt": "c2FsdA==", "n_parameter": 1024, "r_parameter": 8, "p_parameter": 1, "key_length": 64}, fields)}
	}
	pbkdf2 := func(fields object) object {
		return object{"hash_type": "pbkdf_2", "hash": recoded(t, pbkdf256), "pbkdf_2_config": with(object{"salt": "c2FsdA==", "iteration_amount": 1, "key_length": 64}, fields)}
	}
	for _, tt := range []struct {
		name, kind string
		fields     object
	}{
		{"unknown kind without a hash", "invalid_hash_type", object{"hash_type": "argon_2d"}},
		{"bcrypt cut", "invalid_bcrypt_hash", object{"hash_type": "bcrypt", "hash": "$2a$05$" + bcryptSum[1:]}},
		{"bcrypt 2x", "invalid_bcrypt_hash", object{"hash_type": "bcrypt", "hash": "$2x$05$" + bcryptSum}},
		{"bcrypt too cheap", "invalid_bcrypt_cost", object{"hash_type": "bcrypt", "hash": "$2a$03$" + bcryptSum}},
		{"bcrypt too dear", "invalid_bcrypt_cost", object{"hash_type": "bcrypt", "hash": "$2a$16$" + bcryptSum}},
		{"bcrypt beyond its range", "invalid_bcrypt_cost", object{"hash_type": "bcrypt", "hash": "$2a$99$" + bcryptSum}},
		{"phpass cut", "invalid_phpass_hash_format", object{"hash_type": "phpass", "hash": "$P$"}},
		{"phpass alphabet", "invalid_phpass_hash_format", object{"hash_type": "phpass", "hash": "$P$" + strings.Replace(phpassSum, "I", "-", 1)}},
		{"phpass too cheap", "invalid_phpass_hash_format", object{"hash_type": "phpass", "hash": "$P$4" + phpassSum[1:]}},
		{"phpass too dear", "invalid_phpass_hash_format", object{"hash_type": "phpass", "hash": "$P$J" + phpassSum[1:]}},
		{"argon2 not hexadecimal", "invalid_hash", with(argon2(nil), object{"hash": "xyz"})},
		{"argon2 without config", "invalid_argon_2_iteration_amount", object{"hash_type": "argon_2i", "hash": argon2i}},
		{"argon2 other kind", "invalid_hash", object{"hash_type": "argon_2i", "hash": "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAA"}},
		{"argon2 old version", "invalid_hash", object{"hash_type": "argon_2id", "hash": "$argon2id$v=16$m=64,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAA"}},
		{"argon2 not base64", "invalid_hash", object{"hash_type": "argon_2id", "hash": "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$A"}},
		{"argon2 encoded too dear", "invalid_argon_2_memory", object{"hash_type": "argon_2id", "hash": "$argon2id$v=19$m=999999999,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAA"}},
		{"argon2 iterations", "invalid_argon_2_iteration_amount", argon2(object{"iteration_amount": 17})},
		{"argon2 memory", "invalid_argon_2_memory", argon2(object{"memory": 256*1024 + 1})},
		{"argon2 memory for its threads", "invalid_argon_2_memory", argon2(object{"memory": 15, "threads": 2})},
		{"argon2 threads", "invalid_argon_2_threads", argon2(object{"threads": 65})},
		{"argon2 negative threads", "invalid_argon_2_threads", argon2(object{"threads": -1})},
		{"argon2 salt", "invalid_argon_2_salt", argon2(object{"salt": "1234567"})},
		{"argon2 key", "invalid_argon_2_key_length", with(argon2(nil), object{"hash": "abcdef"})},
		{"argon2 key mismatch", "argon_2_key_length_mismatch", argon2(object{"key_length": 16})},
		{"scrypt without config", "invalid_scrypt_n_parameter", object{"hash_type": "scrypt", "hash": recoded(t, scrypt16k)}},
		{"scrypt form", "invalid_hash", object{"hash_type": "scrypt", "hash": "$scrypt$"}},
		{"scrypt encoded N", "invalid_scrypt_n_parameter", object{"hash_type": "scrypt", "hash": "$scrypt$ln=64,r=8,p=1$U29k$U29kaXVtQ2hsb3JpZGU"}},
		{"scrypt encoded negative N", "invalid_scrypt_n_parameter", object{"hash_type": "scrypt", "hash": "$scrypt$ln=63,r=8,p=1$U29k$U29kaXVtQ2hsb3JpZGU"}},
		{"scrypt N", "invalid_scrypt_n_parameter", scrypt(object{"n_parameter": 1000})},
		{"scrypt N too dear", "invalid_scrypt_n_parameter", scrypt(object{"n_parameter": 1 << 19})},
		{"scrypt r", "invalid_scrypt_parameters", scrypt(object{"n_parameter": 1 << 18, "r_parameter": 9})},
		{"scrypt p", "invalid_scrypt_parameters", scrypt(object{"n_parameter": 1 << 18, "p_parameter": 5})},
		{"scrypt overflow", "invalid_scrypt_parameters", scrypt(object{"r_parameter": 1 << 30, "p_parameter": 1 << 30})},
		{"scrypt hash", "invalid_base64_scrypt_hash", with(scrypt(nil), object{"hash": "-"})},
		{"scrypt salt", "invalid_base64_scrypt_salt", scrypt(object{"salt": "c2FsdA"})},
		{"scrypt no salt", "invalid_scrypt_salt_length", scrypt(object{"salt": ""})},
		{"scrypt key mismatch", "scrypt_key_length_mismatch", scrypt(object{"key_length": 32})},
		{"scrypt key of one byte", "scrypt_key_length_mismatch", with(scrypt(object{"key_length": 1}), object{"hash": "AA=="})},
		{"pbkdf2 without config", "invalid_pbkdf_2_iteration_amount", object{"hash_type": "pbkdf_2", "hash": recoded(t, pbkdf256)}},
		{"pbkdf2 algorithm", "invalid_pbkdf_2_algorithm", pbkdf2(object{"algorithm": "md5"})},
		{"pbkdf2 iterations", "invalid_pbkdf_2_iteration_amount", pbkdf2(object{"iteration_amount": 2_000_001})},
		{"pbkdf2 salt", "invalid_pbkdf_2_salt", pbkdf2(object{"salt": "-"})},
		{"pbkdf2 no salt", "invalid_pbkdf_2_salt", pbkdf2(object{"salt": ""})},
		{"pbkdf2 hash", "invalid_pbkdf_2_hash", with(pbkdf2(nil), object{"hash": "-"})},
		{"pbkdf2 key mismatch", "pbkdf_2_key_length_mismatch", pbkdf2(object{"key_length": 32})},
		{"pbkdf2 key of one byte", "pbkdf_2_key_length_mismatch", with(pbkdf2(object{"key_length": 1}), object{"hash": "AA=="})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(400, tt.kind, http.MethodPost, passwordPath+"/migrate", with(body, tt.fields))
		})
	}
}
