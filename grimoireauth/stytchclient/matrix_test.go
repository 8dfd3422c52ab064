package stytchclient_test

import (
	"errors"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// ending is what becomes of a sign-in.
type ending string

const (
	signedIn    ending = "signed in"
	owesAddress ending = "owes a proof of the address"
	owesApp     ending = "owes the app"
	owesEnroll  ending = "owes a second factor that has to be enrolled first"
	notAllowed  ending = "not allowed, with what is"
	notInvited  ending = "not invited"
	wrong       ending = "wrong password"
)

// policies are the classes of the matrix, and where Sam stands in them.
var policies = map[string]func(d *fixture, method grimoireauth.SignInMethod) grimoireauth.ClassID{
	// Section 2.2: every way to sign in, no second factor.
	"all allowed": func(d *fixture, _ grimoireauth.SignInMethod) grimoireauth.ClassID {
		class := d.class("all allowed")
		d.enroll(class)
		return class
	},
	// Section 2.2, rule 2: one other way only.
	"restricted": func(d *fixture, method grimoireauth.SignInMethod) grimoireauth.ClassID {
		class := d.class("restricted", mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{string(another(method))}, "email_invites": "ALL_ALLOWED"})
		d.enroll(class)
		return class
	},
	// Section 6.1: REQUIRED_FOR_ALL, and Sam has an app.
	"MFA required": func(d *fixture, _ grimoireauth.SignInMethod) grimoireauth.ClassID {
		class := d.class("MFA", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
		d.giveApp(class, d.enroll(class))
		return class
	},
	// Section 6.1: REQUIRED_FOR_ALL, and Sam has nothing yet.
	"MFA required, unenrolled": func(d *fixture, _ grimoireauth.SignInMethod) grimoireauth.ClassID {
		class := d.class("MFA for beginners", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
		d.enroll(class)
		return class
	},
	// Section 2.2: strangers of the domain join by e-mail and through SSO.
	"JIT by domain on": func(d *fixture, _ grimoireauth.SignInMethod) grimoireauth.ClassID {
		return d.class("open", mock.Settings{
			"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}, "sso_jit_provisioning": "ALL_ALLOWED",
		})
	},
	// Section 2.2: strangers do not join.
	"JIT by domain off": func(d *fixture, _ grimoireauth.SignInMethod) grimoireauth.ClassID {
		return d.class("closed", mock.Settings{"email_jit_provisioning": "NOT_ALLOWED", "sso_jit_provisioning": "NOT_ALLOWED", "email_invites": "ALL_ALLOWED"})
	},
	// Section 3.2: closed, and Sam has an invitation.
	"invited only": func(d *fixture, _ grimoireauth.SignInMethod) grimoireauth.ClassID {
		class := d.class("invited", mock.Settings{"email_jit_provisioning": "NOT_ALLOWED", "sso_jit_provisioning": "NOT_ALLOWED", "email_invites": "ALL_ALLOWED"})
		_, err := d.client.Roster.Invite(d.t.Context(), class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: sam}})
		require.NoError(d.t, err)
		return class
	},
	// Section 2.2, rule 7: restricted, and Sam is for emergencies.
	"breakglass": func(d *fixture, method grimoireauth.SignInMethod) grimoireauth.ClassID {
		class := d.class("breakglass", mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{string(another(method))}, "email_invites": "ALL_ALLOWED"})
		d.makeBreakglass(class, d.enroll(class))
		return class
	},
}

// enroll puts Sam on the roster, with a password that was taken over.
func (d *fixture) enroll(class grimoireauth.ClassID) grimoireauth.MemberID {
	id := d.stytch.AddStudent(class, sam)
	d.givePassword(class, sam)
	return id
}

func another(method grimoireauth.SignInMethod) grimoireauth.SignInMethod {
	if method == grimoireauth.MethodMagicLink {
		return grimoireauth.MethodSSO
	}
	return grimoireauth.MethodMagicLink
}

// The matrix: what each way to sign in comes to in each class. The endings are
// those of the wire reference, sections as above and as follows.
func TestSignInMatrix(t *testing.T) {
	ways := []struct {
		name   string
		method grimoireauth.SignInMethod
		way    way
		want   map[string]ending
	}{
		// Section 4: login_or_signup joins by domain, and refuses strangers otherwise.
		{"magic link", grimoireauth.MethodMagicLink, byMagicLink, everywhere(signedIn, nil)},
		// Section 7.2: the same rules with a code.
		{"e-mail code", grimoireauth.MethodEmailCode, byEmailCode, everywhere(signedIn, nil)},
		// Section 7.1: no password, no sign-in; joining is by the reset e-mail only.
		{"password", grimoireauth.MethodPassword, byPassword, everywhere(signedIn, map[string]ending{
			"JIT by domain on": wrong, "JIT by domain off": wrong, "invited only": wrong,
		})},
		// Section 7.7: sso_jit_provisioning decides about strangers.
		{"SAML", grimoireauth.MethodSSO, byConnection("saml"), everywhere(signedIn, nil)},
		{"OIDC", grimoireauth.MethodSSO, byConnection("oidc"), everywhere(signedIn, nil)},
		// Section 7.6: Google and Microsoft vouch for addresses.
		{"Google", grimoireauth.MethodGoogle, byProvider(grimoireauth.MethodGoogle), everywhere(signedIn, nil)},
		{"Microsoft", grimoireauth.MethodMicrosoft, byProvider(grimoireauth.MethodMicrosoft), everywhere(signedIn, nil)},
		// Sections 7.6 and 6.1: the others do not, and a primary factor is owed before MFA.
		{"GitHub", grimoireauth.MethodGitHub, byProvider(grimoireauth.MethodGitHub), everywhere(owesAddress, nil)},
		{"Slack", grimoireauth.MethodSlack, byProvider(grimoireauth.MethodSlack), everywhere(owesAddress, nil)},
		{"HubSpot", grimoireauth.MethodHubSpot, byProvider(grimoireauth.MethodHubSpot), everywhere(owesAddress, nil)},
	}
	for _, w := range ways {
		for policy, setUp := range policies {
			t.Run(w.name+"/"+policy, func(t *testing.T) {
				d := newFixture(t, new(mock.Stytch))
				class := setUp(d, w.method)
				d.stytch.AddSSO(class, "saml", nil)
				d.stytch.AddSSO(class, "oidc", nil)
				got, err := w.way(d, class)
				d.expect(w.want[policy], class, w.method, got, err)
				require.Zero(t, d.alarms, "nothing here is the operator's business")
			})
		}
	}
}

// everywhere is a row of the matrix: where nothing stands in the way it ends as
// open says, and otherwise as the policy does.
func everywhere(open ending, except map[string]ending) map[string]ending {
	row := map[string]ending{
		"all allowed":              open,
		"restricted":               notAllowed,
		"MFA required":             owesApp,
		"MFA required, unenrolled": owesEnroll,
		"JIT by domain on":         open,
		"JIT by domain off":        notInvited,
		"invited only":             open,
		"breakglass":               open,
	}
	if open == owesAddress {
		row["MFA required"], row["MFA required, unenrolled"] = owesAddress, owesAddress
	}
	for policy, want := range except {
		row[policy] = want
	}
	return row
}

// expect checks how a sign-in ended, and that what is unfinished can be finished.
func (d *fixture) expect(want ending, class grimoireauth.ClassID, method grimoireauth.SignInMethod, got stytchclient.SignedIn, err error) {
	d.t.Helper()
	switch want {
	case signedIn:
		finished := d.in(got, err)
		require.Equal(d.t, class, finished.Class.ID)
		require.Equal(d.t, sam, finished.Member.Email)
		require.Equal(d.t, grimoireauth.StatusActive, finished.Member.Status)
	case owesAddress:
		d.proveAddress(d.unfinished(got, err), class)
	case owesApp:
		stepUp := d.unfinished(got, err)
		require.True(d.t, stepUp.MFA)
		require.False(d.t, stepUp.Primary)
		require.Equal(d.t, []grimoireauth.SecondFactor{grimoireauth.SecondFactorApp}, stepUp.Enrolled)
		d.finishByApp(stepUp)
	case owesEnroll:
		stepUp := d.unfinished(got, err)
		require.True(d.t, stepUp.MFA)
		require.Empty(d.t, stepUp.Enrolled)
		require.Equal(d.t, []grimoireauth.SecondFactor{grimoireauth.SecondFactorSMS, grimoireauth.SecondFactorApp}, stepUp.Allowed)
		d.finishBySMS(stepUp)
	case notAllowed:
		d.refused(grimoireauth.ErrMethodNotAllowed, got, err)
		var instead *stytchclient.NotAllowedError
		require.ErrorAs(d.t, err, &instead)
		require.Equal(d.t, []grimoireauth.SignInMethod{another(method)}, instead.Methods)
		require.Equal(d.t, class, instead.Class.ID)
	case notInvited:
		d.refused(grimoireauth.ErrNotInvited, got, err)
	case wrong:
		d.refused(grimoireauth.ErrWrongPassword, got, err)
	default:
		d.t.Fatalf("no such ending: %q", want)
	}
}

// proveAddress goes on with a code by e-mail, and with what is owed after it.
func (d *fixture) proveAddress(stepUp *stytchclient.StepUpError, class grimoireauth.ClassID) {
	d.t.Helper()
	require.True(d.t, stepUp.Primary)
	require.NotEmpty(d.t, stepUp.Methods)
	require.Zero(d.t, stepUp.Owner(), "a second factor is not what is owed now")
	if settings := stepUp.Class.Settings; !settings.Allows(grimoireauth.MethodEmailCode) && !stepUp.Member.Breakglass {
		require.NotContains(d.t, stepUp.Methods, grimoireauth.MethodEmailCode)
	}
	require.NoError(d.t, d.client.SignIn.SendEmailCode(d.t.Context(), stytchclient.EmailCode{Class: class, Email: sam}))
	got, err := d.client.SignIn.WithEmailCode(d.t.Context(), stytchclient.EmailCodeSignIn{
		Class: class, Email: sam, Code: d.code(), SignInOptions: stytchclient.SignInOptions{Continue: stepUp.Intermediate},
	})
	var next *stytchclient.StepUpError
	if !errors.As(err, &next) {
		finished := d.in(got, err)
		require.Len(d.t, finished.Factors(), 2, "both factors count")
		return
	}
	heard.say(err)
	require.False(d.t, next.Primary)
	require.False(d.t, next.Intermediate.ExpiresAt.After(stepUp.Intermediate.ExpiresAt), "its ten minutes go on")
	if len(next.Enrolled) > 0 {
		d.finishByApp(next)
	} else {
		d.finishBySMS(next)
	}
}

func (d *fixture) finishByApp(stepUp *stytchclient.StepUpError) {
	d.t.Helper()
	finished := d.in(d.client.SecondFactors.WithAppCode(d.t.Context(), stepUp.Owner(), stytchclient.FactorCode{
		Code: grimoireauth.NewSecret(d.stytch.TOTPCode(stepUp.Member.Member)),
	}))
	require.Equal(d.t, stepUp.Member.Person, finished.Member.Person)
	_, err := d.client.SecondFactors.WithAppCode(d.t.Context(), stepUp.Owner(), stytchclient.FactorCode{Code: grimoireauth.NewSecret("000000")})
	require.ErrorIs(d.t, err, grimoireauth.ErrSignInExpired, "an unfinished sign-in is finished once")
}

func (d *fixture) finishBySMS(stepUp *stytchclient.StepUpError) {
	d.t.Helper()
	require.NoError(d.t, d.client.SecondFactors.SendSMSCode(d.t.Context(), stepUp.Owner(), stytchclient.SMSCode{Phone: phone}))
	finished := d.in(d.client.SecondFactors.WithSMSCode(d.t.Context(), stepUp.Owner(), stytchclient.FactorCode{Code: d.code()}))
	require.Equal(d.t, phone, finished.Member.Phone)
	require.True(d.t, finished.Member.MFAEnrolled)
}
