package mock_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// A call that mints a session_jwt costs one RSA signature and little else; at
// least 0.8 of them fit into the time of a signature. Both are measured in turn and
// their medians compared, so that it does not matter what else the machine does.
func BenchmarkAuthenticate(b *testing.B) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100")
	credentials := stytch.SignIn(stytch.AddStudent(class.ID, "ada@example.edu"))
	w := wire{t: b, stytch: stytch}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(b, err)
	digest := sha256.Sum256([]byte("a session_jwt"))
	for _, body := range []struct {
		name string
		with object
	}{
		{"token", object{"session_token": credentials.Token.Reveal()}},
		{"jwt", object{"session_jwt": credentials.JWT.Reveal()}},
	} {
		b.Run(body.name, func(b *testing.B) {
			var signing, calling []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:]); err != nil {
					b.Fatal(err)
				}
				signed := time.Now()
				if res := w.send(http.MethodPost, sessions+"/authenticate", body.with); res.StatusCode != http.StatusOK {
					b.Fatal(res.Status)
				}
				signing, calling = append(signing, signed.Sub(began)), append(calling, time.Since(signed))
			}
			slices.Sort(signing)
			slices.Sort(calling)
			b.ReportMetric(float64(signing[len(signing)/2])/float64(calling[len(calling)/2]), "of-RS256-rate")
		})
	}
}

// A page of a class list of 100,000 costs at most three times one of 1,000.
func BenchmarkSearch(b *testing.B) {
	stytch := new(mock.Stytch)
	w := wire{t: b, stytch: stytch}
	sizes := []int{1_000, 100_000}
	classes := make(map[int]mock.Class)
	for _, size := range sizes {
		class := stytch.AddClass(fmt.Sprint("Class of ", size))
		for i := range size {
			stytch.AddStudent(class.ID, fmt.Sprintf("s%d@example.edu", i))
		}
		classes[size] = class
	}
	path := organizations + "/members/search"
	for _, query := range []struct {
		name string
		with func(size int) object
	}{
		{"first page", func(int) object { return object{} }},
		{"by address", func(size int) object {
			return object{"query": object{"operator": "AND", "operands": []object{{"filter_name": "member_emails", "filter_value": []string{fmt.Sprintf("s%d@example.edu", size-1)}}}}}
		}},
		{"last page", func(size int) object { return object{"limit": 100, "cursor": lastCursor(w, classes[size], size)} }},
	} {
		var small time.Duration
		for _, size := range sizes {
			b.Run(fmt.Sprint(query.name, "/", size), func(b *testing.B) {
				body := with(object{"organization_ids": []string{string(classes[size].ID)}}, query.with(size))
				b.ResetTimer()
				for b.Loop() {
					if res := w.send(http.MethodPost, path, body); res.StatusCode != http.StatusOK {
						b.Fatal(res.Status)
					}
				}
				each := b.Elapsed() / time.Duration(b.N)
				if size == sizes[0] {
					small = each
				} else {
					b.ReportMetric(float64(each)/float64(small), "x-of-1000")
				}
			})
		}
	}
}

// lastCursor walks to the page before the last.
func lastCursor(w wire, class mock.Class, size int) string {
	w.t.Helper()
	body := object{"organization_ids": []string{string(class.ID)}, "limit": 100}
	for range size/100 - 1 {
		out := w.ok(http.MethodPost, organizations+"/members/search", body)
		body["cursor"] = out.text("results_metadata", "next_cursor")
	}
	cursor, ok := body["cursor"].(string)
	require.True(w.t, ok && cursor != "")
	return cursor
}
