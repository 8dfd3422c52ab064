package mock_test

import (
	"bytes"
	"encoding/base64"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"rsc.io/qr"
)

// The picture is compared, square by square, with the code of the text that an
// authenticator app has to read.
func TestTOTPQRCode(t *testing.T) {
	const border = 4 // ISO/IEC 18004: the quiet zone is four squares wide
	for _, tt := range []struct{ name, class, email, label, issuer string }{
		{"plain", "LAWS1100", "ada@example.edu", "LAWS1100:ada%40example.edu", "LAWS1100"},
		{"escaped", "Law & Order: 1+1", "o'neil+law@example.edu", "Law%20%26%20Order%3A%201%2B1:o%27neil%2Blaw%40example.edu", "Law%20%26%20Order%3A%201%2B1"},
		{"long", strings.Repeat("📜", 128), "ada@" + strings.Repeat("a", 60) + ".example.edu", strings.Repeat("%F0%9F%93%9C", 24) + ":ada%40" + strings.Repeat("a", 60), strings.Repeat("%F0%9F%93%9C", 24)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			org := w.organization(object{"organization_name": tt.class})
			out := w.ok(http.MethodPost, totps, object{"organization_id": org, "member_id": w.member(org, object{"email_address": tt.email})})

			encoded, ok := strings.CutPrefix(out.text("qr_code"), "data:image/png;base64, ")
			require.True(t, ok)
			raw, err := base64.StdEncoding.DecodeString(encoded)
			require.NoError(t, err)
			picture, err := png.Decode(bytes.NewReader(raw))
			require.NoError(t, err)

			want, err := qr.Encode("otpauth://totp/"+tt.label+"?secret="+out.text("secret")+"&issuer="+tt.issuer+"&algorithm=SHA1&digits=6&period=30", qr.M)
			require.NoError(t, err)
			bounds, squares := picture.Bounds(), want.Size+2*border
			require.Equal(t, bounds.Dx(), bounds.Dy())
			require.Zero(t, bounds.Dx()%squares, "a square has a whole number of pixels")
			scale, black := bounds.Dx()/squares, 0
			for y := range bounds.Dy() {
				for x := range bounds.Dx() {
					dark := color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y < 128
					if dark != want.Black(x/scale-border, y/scale-border) {
						require.Fail(t, "wrong colour", "at %d,%d", x, y)
					}
					if dark {
						black++
					}
				}
			}
			require.Greater(t, black, bounds.Dx()*bounds.Dy()/4, "not blank")
		})
	}
}
