package grimoireauth

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/mfa"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

func TestEnrolled(t *testing.T) {
	sms, app := SecondFactorSMS, SecondFactorApp
	tests := map[string]struct {
		allowed    []SecondFactor
		phone, app bool
		preferred  SecondFactor
		want       []SecondFactor
	}{
		"nothing":                 {everySecondFactor, false, false, "", []SecondFactor{}},
		"both":                    {everySecondFactor, true, true, "", []SecondFactor{sms, app}},
		"both, the app preferred": {everySecondFactor, true, true, app, []SecondFactor{app, sms}},
		"both, SMS preferred":     {everySecondFactor, true, true, sms, []SecondFactor{sms, app}},
		"preferred and not there": {everySecondFactor, true, false, app, []SecondFactor{sms}},
		"not accepted here":       {[]SecondFactor{app}, true, false, sms, []SecondFactor{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, enrolled(test.allowed, test.phone, test.app, test.preferred))
		})
	}
}

func TestStepUpOwes(t *testing.T) {
	class := func(methods ...SignInMethod) Class {
		return Class{Settings: ClassSettings{Methods: methods, SecondFactors: []SecondFactor{SecondFactorApp}}}
	}
	of := func(o outcome, member Member, class Class) *StepUpError {
		o.intermediate = "ist"
		unfinished, ok := stepUp("sign in", o, member, class).(*StepUpError)
		require.True(t, ok)
		return unfinished
	}
	both := outcome{primary: new(sessions.PrimaryRequired), mfa: new(mfa.MfaRequired)}

	open := of(both, Member{}, class(AnyMethod))
	require.True(t, open.Primary)
	require.Equal(t, provesAddress, open.Methods, "a proof of the address is owed")
	require.Equal(t, []SecondFactor{SecondFactorApp}, open.Allowed)
	require.EqualError(t, open, "grimoireauth: sign in: the sign-in is not finished: the class asks for one of magic_link, email_otp, sso, google_oauth, microsoft_oauth and then a second factor")
	require.Zero(t, open.Unfinished())

	narrow := of(both, Member{}, class(MethodGitHub, MethodEmailCode))
	require.Equal(t, []SignInMethod{MethodEmailCode}, narrow.Methods)
	require.True(t, of(both, Member{}, class(MethodGitHub)).Primary, "owed, even if nothing of what is allowed will do")

	emergency := of(outcome{mfa: new(mfa.MfaRequired)}, Member{Breakglass: true, Person: Person{Member: "member-test-1"}}, class(MethodSSO))
	require.Equal(t, everySecondFactor, emergency.Allowed, "a breakglass member is bound by no restriction")
	require.Equal(t, MemberID("member-test-1"), emergency.Unfinished().Person.Member)
}
