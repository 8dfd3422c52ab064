package signin_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const memberRead = "GET /v1/b2b/organizations/{organization_id}/member"

// forget changes the cookie of a pending sign-in so that no factor is enrolled, as the
// person at the browser can do.
func (b *browser) forget() {
	b.w.t.Helper()
	b.change(func(fields []string) { fields[fieldFacts], fields[fieldEnrolled] = "", "" })
}

// L10: the first factor alone is not enough to add a second one to a member who has
// one, also with a changed cookie.
func TestL10_ASecondFactorBesideTheOneThatIsThere(t *testing.T) {
	t.Run("an app beside a phone", func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		class, _ := w.strict()
		w.withPhone(class.ID)
		b := w.browser()
		b.begun(class.ID)
		b.forget()
		res := b.post("/auth/factor/enrol", url.Values{})
		require.Equal(t, http.StatusConflict, res.status)
		require.Contains(t, res.body, "You have a second proof already")
		require.NotContains(t, res.body, "400000000", "it is not told")
		require.NotContains(t, res.body, "Set up an authenticator app")
		require.Contains(t, res.body, "Send me a code")
		require.Zero(t, w.calls(appEnrolled))
		require.Equal(t, "/auth/factor", b.post("/auth/factor/send", url.Values{}).at)
		require.Equal(t, "+61400000000", w.newest().To)
	})
	t.Run("a phone beside an app", func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		class, ada := w.strict()
		w.withApp(class.ID, ada)
		b := w.browser()
		b.begun(class.ID)
		b.forget()
		mail := len(w.stytch.Outbox())
		res := b.post("/auth/factor/send", url.Values{"phone": {"+61499999999"}})
		require.Equal(t, http.StatusConflict, res.status)
		require.Contains(t, res.body, "You have a second proof already")
		require.NotContains(t, res.body, `name="phone"`)
		require.Contains(t, res.body, "The code in your authenticator app")
		require.Zero(t, w.calls(smsSent))
		require.Len(t, w.stytch.Outbox(), mail)
		b.finished(b.post("/auth/factor", factorForm("totp", w.stytch.TOTPCode(ada))), "/", ada)
	})
	t.Run("an app beside a phone that the class allows no more", func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		class, ada := w.strict()
		w.withPhone(class.ID)
		_, err := w.client.Classes.Update(t.Context(), class.ID, stytchclient.ClassChange{
			SecondFactors: stytchclient.Set([]grimoireauth.SecondFactor{grimoireauth.SecondFactorApp}),
		})
		require.NoError(t, err)
		b := w.browser()
		b.begun(class.ID)
		page := b.post("/auth/factor/enrol", url.Values{})
		require.Equal(t, http.StatusOK, page.status, page.body)
		b.finished(b.post("/auth/factor", enrollForm(page.body, w.stytch.TOTPCode(ada))), "/", ada)
	})
	t.Run("nobody can say what is there", func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		class, _ := w.strict()
		b := w.browser()
		b.begun(class.ID)
		w.stytch.Fail(mock.Fault{Endpoint: memberRead, Status: 503})
		require.Equal(t, http.StatusServiceUnavailable, b.post("/auth/factor/enrol", url.Values{}).status)
		require.Equal(t, http.StatusServiceUnavailable, b.post("/auth/factor/send", url.Values{"phone": {"+61400000000"}}).status)
		require.Zero(t, w.calls(appEnrolled)+w.calls(smsSent))
		require.NotEmpty(t, b.kept())
	})
}
