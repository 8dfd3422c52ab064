package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestX08_OneAlarmAMinute: whatever goes wrong, there is one alarm about it in a minute,
// with a count, and with the size of a clock error.
func TestX08_OneAlarmAMinute(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(u *upstream)
		change  func(c *Config, u *upstream)
		age     time.Duration // of the session_jwts
		off     time.Duration // of the clock, as the alarm says it
	}{
		"a clock that is behind": {arrange: func(u *upstream) { u.skew = 2 * time.Minute }, off: -2 * time.Minute},
		"a clock that is ahead":  {arrange: func(u *upstream) { u.skew = -20 * time.Minute }, off: 15 * time.Minute},
		"a bad answer": {change: func(c *Config, _ *upstream) {
			c.Refresh = func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
				return grimoireauth.Authentication{}, nil
			}
		}, age: time.Hour},
		"another session": {arrange: func(u *upstream) { other := u.login(1000); u.swap = func(login) login { return other } }, age: time.Hour},
		"an odd error":    {arrange: func(u *upstream) { u.fault = func(int) error { return errors.New("no idea") } }, age: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			var alarms eventLog
			var log strings.Builder
			refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
				if test.arrange != nil {
					test.arrange(u)
				}
				ask := func(n int) {
					_, err := authenticate(t, v, u.credentials(u.login(n), test.age))
					require.Error(t, err)
					require.NoError(t, v.Wait(t.Context()))
				}
				for n := range 251 {
					ask(n)
				}
				require.Len(t, alarms.all(), 1)
				time.Sleep(2 * time.Minute)
				ask(500)
				all := alarms.all()
				require.Len(t, all, 2)
				first, second := all[0].(grimoireauth.OperatorAlarm), all[1].(grimoireauth.OperatorAlarm)
				require.Equal(t, first.Problem, second.Problem)
				require.Equal(t, 1, first.Count)
				require.Equal(t, 251, second.Count)
				for _, alarm := range []grimoireauth.OperatorAlarm{first, second} {
					require.InDelta(t, test.off.Seconds(), alarm.ClockError.Seconds(), 60, "%v", alarm.ClockError)
					require.Equal(t, test.off == 0, alarm.ClockError == 0)
				}
				if test.off != 0 {
					require.Equal(t, 2, strings.Count(log.String(), "count="))
					require.Contains(t, fmt.Sprint(second.Err), "at least")
				}
			}, func(c *Config, u *upstream) {
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
				c.Observe = func(_ context.Context, event grimoireauth.Event) {
					if alarm, ok := event.(grimoireauth.OperatorAlarm); ok {
						alarms.observe(context.Background(), alarm)
					}
				}
				if test.change != nil {
					test.change(c, u)
				}
			})
		})
	}
}
