package stytchclient_test

import (
	"context"
	"crypto/sha1" // one of the kinds of hashes that can be taken over
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/totps"
)

// fixture is a client and its Stytch, for the tests of signing in. Everything that the
// client says is listened to.
type fixture struct {
	t           testing.TB
	stytch      *mock.Stytch
	client      *stytchclient.Client
	alarms      int
	revocations []grimoireauth.Revocation
}

func newFixture(t testing.TB, stytch *mock.Stytch) *fixture {
	t.Helper()
	d := &fixture{t: t, stytch: stytch}
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), PublicToken: stytch.PublicToken(),
		BaseURL: stytch.BaseURL(), Transport: heard.around(stytch), Retries: -1,
		Observe: func(_ context.Context, event grimoireauth.Event) {
			heard.say(event)
			if _, ok := event.(grimoireauth.OperatorAlarm); ok {
				d.alarms++
			}
		},
		OnRevoke: func(_ context.Context, revocation grimoireauth.Revocation) error {
			d.revocations = append(d.revocations, revocation)
			return nil
		},
	})
	require.NoError(t, err)
	d.client = client
	return d
}

// in expects a finished sign-in, as everything that ends in one is returned.
func (d *fixture) in(signedIn stytchclient.SignedIn, err error) stytchclient.SignedIn {
	d.t.Helper()
	heard.say(signedIn, err)
	require.NoError(d.t, err)
	require.False(d.t, signedIn.IsZero())
	again, err := d.client.Sessions.Authenticate(d.t.Context(), signedIn.Credentials)
	require.NoError(d.t, err, "a session that was handed out is live")
	require.Equal(d.t, signedIn.ID(), again.ID())
	return signedIn
}

// unfinished expects a step-up.
func (d *fixture) unfinished(signedIn stytchclient.SignedIn, err error) *stytchclient.StepUpError {
	d.t.Helper()
	heard.say(signedIn, err)
	require.True(d.t, signedIn.IsZero())
	require.True(d.t, signedIn.Credentials.IsZero())
	require.ErrorIs(d.t, err, grimoireauth.ErrStepUp)
	require.NotErrorIs(d.t, err, grimoireauth.ErrUnauthenticated, "an unfinished sign-in is no logout")
	var stepUp *stytchclient.StepUpError
	require.ErrorAs(d.t, err, &stepUp)
	require.False(d.t, stepUp.Intermediate.Token.IsZero())
	return stepUp
}

// discovered expects classes to choose from.
func (d *fixture) discovered(found stytchclient.Discovered, err error) stytchclient.Discovered {
	d.t.Helper()
	heard.say(found, err)
	require.NoError(d.t, err)
	require.False(d.t, found.Intermediate.Token.IsZero())
	return found
}

// refused expects no sign-in, for this reason.
func (d *fixture) refused(want error, got any, err error) {
	d.t.Helper()
	heard.say(got, err)
	require.Zero(d.t, got)
	require.ErrorIs(d.t, err, want)
}

// message returns what was sent last.
func (d *fixture) message() mock.Message {
	d.t.Helper()
	outbox := d.stytch.Outbox()
	require.NotEmpty(d.t, outbox)
	return outbox[len(outbox)-1]
}

func (d *fixture) code() grimoireauth.Secret { return grimoireauth.NewSecret(d.message().Code) }

func (d *fixture) token() grimoireauth.Secret { return grimoireauth.NewSecret(d.message().Token) }

// browse follows a start URL as a browser does in which somebody signs in at the
// provider, and returns what it brings back.
func (d *fixture) browse(start stytchclient.Start, idpUser string) url.Values {
	d.t.Helper()
	heard.say(start)
	to, err := url.Parse(start.URL)
	require.NoError(d.t, err)
	query := to.Query()
	require.Len(d.t, query.Get("pkce_code_challenge"), 43)
	query.Set("mock_persona", idpUser)
	to.RawQuery = query.Encode()
	browser := &http.Client{
		Transport:     d.stytch,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := browser.Get(to.String())
	require.NoError(d.t, err)
	require.NoError(d.t, res.Body.Close())
	require.Equal(d.t, http.StatusFound, res.StatusCode)
	back, err := url.Parse(res.Header.Get("Location"))
	require.NoError(d.t, err)
	return back.Query()
}

// class makes a class; the settings are Stytch's own words.
func (d *fixture) class(name string, settings ...mock.Settings) grimoireauth.ClassID {
	return d.stytch.AddClass(name, settings...).ID
}

// givePassword gives a member a password from elsewhere, which also proves the
// address.
func (d *fixture) givePassword(class grimoireauth.ClassID, email string) {
	d.t.Helper()
	_, err := d.client.Stytch().Passwords.Migrate(d.t.Context(), &passwords.MigrateParams{
		OrganizationID: string(class), EmailAddress: email, Hash: fmt.Sprintf("%x", sha1.Sum([]byte(password))), HashType: passwords.MigrateRequestHashTypeSha1,
	})
	require.NoError(d.t, err)
}

// giveApp gives a member an authenticator app that was set up elsewhere.
func (d *fixture) giveApp(class grimoireauth.ClassID, member grimoireauth.MemberID) {
	d.t.Helper()
	_, err := d.client.Stytch().TOTPs.Migrate(d.t.Context(), &totps.MigrateParams{
		OrganizationID: string(class), MemberID: string(member),
		Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", RecoveryCodes: []string{recoveryCode},
	})
	require.NoError(d.t, err)
}

func (d *fixture) makeBreakglass(class grimoireauth.ClassID, member grimoireauth.MemberID) {
	d.t.Helper()
	_, err := d.client.Stytch().Organizations.Members.Update(d.t.Context(), &members.UpdateParams{
		OrganizationID: string(class), MemberID: string(member), IsBreakglass: true,
	})
	require.NoError(d.t, err)
}

// What members type in. None of it is part of an English word.
const (
	password      = "zQ7-vJx2_kW94mLp"
	otherPassword = "Yt5_gH8wRb31-cNd"
	wrongPassword = "Uf6.eK0xSa72+dMo"
	recoveryCode  = "q7w3-x9z5-k1v8"
	phone         = "+61400000000"
)
