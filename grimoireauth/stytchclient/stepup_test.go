package stytchclient

import (
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/mfa"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

func TestEnrolled(t *testing.T) {
	sms, app := grimoireauth.SecondFactorSMS, grimoireauth.SecondFactorApp
	tests := map[string]struct {
		allowed    []grimoireauth.SecondFactor
		phone, app bool
		preferred  grimoireauth.SecondFactor
		want       []grimoireauth.SecondFactor
	}{
		"nothing":                 {everySecondFactor, false, false, "", []grimoireauth.SecondFactor{}},
		"both":                    {everySecondFactor, true, true, "", []grimoireauth.SecondFactor{sms, app}},
		"both, the app preferred": {everySecondFactor, true, true, app, []grimoireauth.SecondFactor{app, sms}},
		"both, SMS preferred":     {everySecondFactor, true, true, sms, []grimoireauth.SecondFactor{sms, app}},
		"preferred and not there": {everySecondFactor, true, false, app, []grimoireauth.SecondFactor{sms}},
		"not accepted here":       {[]grimoireauth.SecondFactor{app}, true, false, sms, []grimoireauth.SecondFactor{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, enrolled(test.allowed, test.phone, test.app, test.preferred))
		})
	}
}

func TestStepUpOwes(t *testing.T) {
	class := func(methods ...grimoireauth.SignInMethod) grimoireauth.Class {
		return grimoireauth.Class{Settings: grimoireauth.ClassSettings{Methods: methods, SecondFactors: []grimoireauth.SecondFactor{grimoireauth.SecondFactorApp}}}
	}
	of := func(o sessionAnswer, member grimoireauth.Member, class grimoireauth.Class) *StepUpError {
		o.Intermediate = "ist"
		unfinished, ok := stepUp("sign in", o, grimoireauth.Intermediate{}, member, class).(*StepUpError)
		require.True(t, ok)
		return unfinished
	}
	both := sessionAnswer{Primary: new(sessions.PrimaryRequired), MFA: new(mfa.MfaRequired)}

	open := of(both, grimoireauth.Member{}, class(grimoireauth.AnyMethod))
	require.True(t, open.Primary)
	require.Equal(t, provesAddress, open.Methods, "a proof of the address is owed")
	require.Equal(t, []grimoireauth.SecondFactor{grimoireauth.SecondFactorApp}, open.Allowed)
	require.EqualError(t, open, "grimoireauth: sign in: the sign-in is not finished: the class asks for one of magic_link, email_otp, sso, google_oauth, microsoft_oauth and then a second factor")
	require.Zero(t, open.Owner())

	narrow := of(both, grimoireauth.Member{}, class(grimoireauth.MethodGitHub, grimoireauth.MethodEmailCode))
	require.Equal(t, []grimoireauth.SignInMethod{grimoireauth.MethodEmailCode}, narrow.Methods)
	require.True(t, of(both, grimoireauth.Member{}, class(grimoireauth.MethodGitHub)).Primary, "owed, even if nothing of what is allowed will do")

	emergency := of(sessionAnswer{MFA: new(mfa.MfaRequired)}, grimoireauth.Member{Breakglass: true, Person: grimoireauth.Person{Member: "member-test-1"}}, class(grimoireauth.MethodSSO))
	require.Equal(t, everySecondFactor, emergency.Allowed, "a breakglass member is bound by no restriction")
	require.Equal(t, grimoireauth.MemberID("member-test-1"), emergency.Owner().Person.Member)
}
