package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/internal/world/browser"
	"github.com/stretchr/testify/require"
)

// TestTour is the program of the package comment.
func TestTour(t *testing.T) {
	handler := http.NewServeMux()
	handler.HandleFunc("GET /auth/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<form method="post" action="/auth/start"><input name="email" required><button name="method" value="magic_link">E-mail me a link</button></form>`)
	})
	handler.HandleFunc("POST /auth/start", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "asked", Value: "1", MaxAge: 60, Secure: true, HttpOnly: true})
		io.WriteString(w, "a link is on its way to "+r.PostFormValue("email"))
	})
	latency := func(int, string) time.Duration { return 40 * time.Millisecond }
	const seed = 1

	synctest.Test(t, func(t *testing.T) {
		b := browser.New(browser.Config{Name: "ada", Transport: func(r *browser.Request) (*http.Response, error) {
			time.Sleep(latency(seed, r.Name))
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r.Request)
			return w.Result(), nil
		}})
		tab := b.Open()
		page, err := tab.Navigate("https://tutor.example.edu/auth/")
		require.NoError(t, err)
		page, err = tab.Submit(page.Form("/auth/start"), url.Values{"email": {"ada@example.edu"}}, "magic_link")
		require.NoError(t, err)
		require.Equal(t, "a link is on its way to ada@example.edu", page.Document.Text)
		require.Len(t, b.Jar().Cookies(), 1)
		b.Wait()
	})
}
