package stytchclient_test

import (
	"context"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// The operator hears that Stytch sends no messages, by every way to send one; a person
// who is locked out is no alarm.
func TestX06_ThrottledMessagesAreAnAlarm(t *testing.T) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("Torts")
	var alarms []grimoireauth.OperatorAlarm
	config := stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch, Retries: -1,
		Observe: func(_ context.Context, event grimoireauth.Event) {
			if alarm, ok := event.(grimoireauth.OperatorAlarm); ok {
				alarms = append(alarms, alarm)
			}
		},
	}
	var client *stytchclient.Client // a new one each time, since an alarm comes once a minute
	const email = "ada@example.edu"
	unfinished := stytchclient.FactorOwner{
		Person: grimoireauth.Person{Member: "member-test-1", Class: class.ID},
		Proof:  grimoireauth.Intermediate{Token: grimoireauth.NewSecret("an-intermediate-session-token")},
	}
	ways := map[string]func(context.Context) error{
		"link": func(ctx context.Context) error {
			return client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class.ID, Email: email})
		},
		"code": func(ctx context.Context) error {
			return client.SignIn.SendEmailCode(ctx, stytchclient.EmailCode{Class: class.ID, Email: email})
		},
		"reset": func(ctx context.Context) error {
			_, err := client.Passwords.StartReset(ctx, stytchclient.PasswordReset{Class: class.ID, Email: email})
			return err
		},
		"discovery link": func(ctx context.Context) error {
			return client.Discovery.SendLink(ctx, stytchclient.MagicLink{Email: email})
		},
		"discovery code": func(ctx context.Context) error {
			return client.Discovery.SendCode(ctx, stytchclient.EmailCode{Email: email})
		},
		"SMS": func(ctx context.Context) error {
			return client.SecondFactors.SendSMSCode(ctx, unfinished, stytchclient.SMSCode{})
		},
	}
	for way, send := range ways {
		for errorType, want := range map[string]int{"too_many_requests": 1, "captcha_failed": 1, "user_lock_limit_reached": 0} {
			alarms = nil
			var err error
			client, err = stytchclient.New(config)
			require.NoError(t, err)
			stytch.Fail(mock.Fault{Status: 429, ErrorType: errorType})
			require.ErrorIs(t, send(t.Context()), grimoireauth.ErrRateLimited, way)
			require.Len(t, alarms, want, "%s: %s", way, errorType)
			stytch.ClearFaults()
		}
	}
}
