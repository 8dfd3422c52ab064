package stytchclient_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// One alarm about a problem in a minute, which says how often it was met.
func TestX08_OneAlarmAMinute(t *testing.T) {
	for name, fault := range map[string]mock.Fault{
		"the project's secret": {Status: 401, ErrorType: "unauthorized_credentials"},
		"an unknown word":      {Status: 400, ErrorType: "brand_new"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var alarms []grimoireauth.OperatorAlarm
				stytch, client := school(t, func(c *stytchclient.Config) {
					c.Observe = func(_ context.Context, event grimoireauth.Event) {
						if alarm, ok := event.(grimoireauth.OperatorAlarm); ok {
							alarms = append(alarms, alarm)
						}
					}
				})
				signedIn := stytch.SignIn(stytch.AddStudent(stytch.AddClass("Torts").ID, "ada@example.edu"))
				stytch.Fail(fault)
				ask := func() {
					_, err := client.Sessions.Authenticate(t.Context(), signedIn)
					require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
				}
				for range 251 {
					ask()
					time.Sleep(80 * time.Millisecond)
				}
				require.Len(t, alarms, 1)
				require.Equal(t, 1, alarms[0].Count)
				time.Sleep(time.Minute)
				ask()
				require.Len(t, alarms, 2)
				require.Equal(t, 251, alarms[1].Count)
				require.Zero(t, alarms[1].ClockError)
				require.Error(t, alarms[1].Err)
			})
		})
	}
}
