package mock_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

func memberID(id string) grimoireauth.MemberID { return grimoireauth.MemberID(id) }

// authenticatorCode is what an authenticator app shows, written apart from the
// mock's own (RFC 6238).
func authenticatorCode(t *testing.T, secret string) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	require.NoError(t, err)
	mac := hmac.New(sha1.New, key)
	require.NoError(t, binary.Write(mac, binary.BigEndian, uint64(time.Now().Unix()/30)))
	sum := mac.Sum(nil)
	offset := sum[19] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1000000)
}

const (
	totps = "/v1/b2b/totp"
	otps  = "/v1/b2b/otps"
)

// enrollTOTP enrols an authenticator app for a new member of a new class.
func enrollTOTP(t *testing.T, w wire) (whose object, secret string) {
	t.Helper()
	org := w.organization(nil)
	id := w.member(org, nil)
	whose = object{"organization_id": org, "member_id": id}
	out := w.ok(http.MethodPost, totps, whose)
	require.Len(t, out["recovery_codes"], 10)
	for _, code := range out["recovery_codes"].([]any) {
		require.Regexp(t, `^[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}$`, code)
	}
	return whose, out.text("secret")
}

func with(o object, more object) object {
	out := object{}
	for _, part := range []object{o, more} {
		for name, value := range part {
			out[name] = value
		}
	}
	return out
}

func TestTOTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t)
		whose, secret := enrollTOTP(t, w)
		member := memberID(whose.text("member_id"))
		session := object{"session_token": w.stytch.SignIn(member).Token.Reveal()}
		mine := with(whose, session)

		w.refuses(400, "pending_totp_exists", http.MethodPost, totps, whose)
		w.refuses(400, "invalid_totp_code", http.MethodPost, totps+"/authenticate", with(mine, object{"code": "12345"}))
		require.Empty(t, w.ok(http.MethodGet, organizations+"/"+whose.text("organization_id")+"/member?member_id="+string(member), nil).text("member", "totp_registration_id"))

		code := authenticatorCode(t, secret)
		require.Equal(t, code, w.stytch.TOTPCode(member), "the mock's code is an authenticator's")
		out := w.ok(http.MethodPost, totps+"/authenticate", with(mine, object{"code": code}))
		require.NotEmpty(t, out.text("member", "totp_registration_id"))
		require.Equal(t, "totp", out.text("member", "default_mfa_method"))
		w.refuses(401, "totp_code_already_authenticated", http.MethodPost, totps+"/authenticate", with(mine, object{"code": code}))
		w.refuses(400, "active_totp_exists", http.MethodPost, totps, mine)
		w.refuses(400, "no_associated_session_passed_in", http.MethodPost, totps, whose)

		time.Sleep(30 * time.Second) // the bubble's clock
		late := authenticatorCode(t, secret)
		time.Sleep(30 * time.Second)
		w.ok(http.MethodPost, totps+"/authenticate", with(mine, object{"code": late}))
		later := authenticatorCode(t, secret)
		time.Sleep(90 * time.Second)
		w.refuses(401, "unable_to_authenticate_totp", http.MethodPost, totps+"/authenticate", with(mine, object{"code": later}))
	})
}

func TestTOTPExpires(t *testing.T) {
	w := newWire(t)
	whose, secret := enrollTOTP(t, w)
	w.stytch.Age(59 * time.Minute)
	w.refuses(400, "pending_totp_exists", http.MethodPost, totps, whose)
	w.stytch.Age(time.Minute)
	token := w.stytch.SignIn(memberID(whose.text("member_id"))).Token.Reveal()
	w.refuses(401, "expired_totp", http.MethodPost, totps+"/authenticate", with(whose, object{"session_token": token, "code": authenticatorCode(t, secret)}))
	w.ok(http.MethodPost, totps, whose) // and can be begun again
}
