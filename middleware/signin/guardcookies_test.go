package signin_test

import (
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/stretchr/testify/require"
)

// A Guard whose cookies no browser would keep at the BaseURL is refused at the start,
// and the error names both settings.
func TestC05_CookiesThatTheBrowserWouldDrop(t *testing.T) {
	w := newFixture(t, signin.Config{})
	for name, tt := range map[string]struct {
		guard middleware.Config
		base  string
		want  []string
	}{
		"below the domain":         {middleware.Config{SharedCookieDomain: "example.edu"}, "https://classes.example.edu", nil},
		"the domain itself":        {middleware.Config{SharedCookieDomain: "classes.example.edu"}, "https://classes.example.edu", nil},
		"with a port":              {middleware.Config{SharedCookieDomain: "example.edu"}, "https://classes.example.edu:8443", nil},
		"another domain":           {middleware.Config{SharedCookieDomain: "example.org"}, "https://classes.example.edu", []string{"BaseURL", "SharedCookieDomain"}},
		"a domain that ends alike": {middleware.Config{SharedCookieDomain: "ample.edu"}, "https://classes.example.edu", []string{"BaseURL", "SharedCookieDomain"}},
		"a host below":             {middleware.Config{SharedCookieDomain: "a.classes.example.edu"}, "https://classes.example.edu", []string{"BaseURL", "SharedCookieDomain"}},
		"a loopback address":       {middleware.Config{SharedCookieDomain: "example.edu"}, "http://127.0.0.1:8080", []string{"BaseURL", "SharedCookieDomain"}},
		"a public suffix":          {middleware.Config{SharedCookieDomain: "edu.au"}, "https://classes.school.edu.au", []string{"BaseURL", "SharedCookieDomain", "public suffix"}},
		"a private public suffix":  {middleware.Config{SharedCookieDomain: "github.io"}, "https://school.github.io", []string{"BaseURL", "SharedCookieDomain", "public suffix"}},
		"a front end owns them":    {middleware.Config{FrontEndCookies: true}, "https://classes.example.edu", []string{"FrontEndCookies"}},
		"insecure, on https":       {middleware.Config{InsecureCookies: true}, "https://classes.example.edu", []string{"BaseURL", "InsecureCookies"}},
		"insecure, on loopback":    {middleware.Config{InsecureCookies: true}, "http://127.0.0.1:8080", nil},
		"secure, on loopback":      {middleware.Config{}, "http://localhost:8080", nil},
		"names of Stytch":          {middleware.Config{PlantableCookieNames: true}, "https://classes.example.edu", nil},
	} {
		t.Run(name, func(t *testing.T) {
			guard, err := middleware.New(w.verifier.Authenticate, tt.guard)
			require.NoError(t, err)
			_, err = signin.New(guard, w.client, signin.Config{BaseURL: tt.base})
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			for _, word := range tt.want {
				require.ErrorContains(t, err, word)
			}
		})
	}
}
