package jwtlocal

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const testAudience = "https://classes.example.edu"

func withAudiences(audiences ...string) func(*Config) {
	return func(c *Config) { c.Audiences = audiences }
}

// TestW02_CustomAudience: a JWT template adds an audience to those of every session_jwt.
// The project is required, and what stands beside it has to be listed.
func TestW02_CustomAudience(t *testing.T) {
	const second = "urn:example:grades"
	many := make([]string, 16)
	for i := range many {
		many[i] = fmt.Sprintf("https://service-%d.example.edu", i)
	}
	v := newVerifier(t, withAudiences(append([]string{testAudience, second}, many...)...))
	now := time.Now()
	with := func(audience any) string {
		return sign(mainKey(), goodHeader, goodClaims(now).with("aud", audience).json())
	}
	for name, audience := range map[string]any{
		"the project alone":         testProject,
		"a list of the project":     []string{testProject},
		"the listed one behind":     []string{testProject, testAudience},
		"the listed one first":      []string{testAudience, testProject},
		"two listed ones":           []string{second, testProject, testAudience},
		"sixteen":                   append([]string{testProject}, many[:15]...),
		"sixteen, the project last": append(slices.Clone(many[:15]), testProject),
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time it is cached
				session, err := verify(t, v, with(audience))
				require.NoError(t, err)
				require.Equal(t, grimoireauth.MemberID(testMember), session.Member())
				var custom map[string]any
				require.NoError(t, session.CustomClaims(&custom))
				require.Equal(t, map[string]any{"tutorial": "T3"}, custom)
			}
		})
	}
	requireRefusals(t, v, []refusalCase{
		{"W02", "the listed one alone", with(testAudience), ReasonAudience},
		{"W02", "a list of the listed one", with([]string{testAudience}), ReasonAudience},
		{"W02", "two listed ones without the project", with([]string{testAudience, second}), ReasonAudience},
		{"W02", "another project beside them", with([]string{testProject, testAudience, "project-test-22222222-2222-4333-8444-555555555555"}), ReasonAudience},
		{"W02", "an unlisted one beside them", with([]string{testProject, testAudience, "https://other.example.edu"}), ReasonAudience},
		{"W02", "in other case", with([]string{testProject, strings.ToUpper(testAudience)}), ReasonAudience},
		{"W02", "with a slash", with([]string{testProject, testAudience + "/"}), ReasonAudience},
		{"W02", "a prefix", with([]string{testProject, testAudience[:len(testAudience)-1]}), ReasonAudience},
		{"W02", "an empty one", with([]string{testProject, ""}), ReasonAudience},
		{"W02", "the project twice", with([]string{testProject, testAudience, testProject}), ReasonAudience},
		{"W02", "the listed one twice", with([]string{testAudience, testProject, testAudience}), ReasonAudience},
		{"W02", "seventeen", with(append([]string{testProject}, many...)), ReasonClaims},
		{"W02", "a null beside them", with([]any{testProject, testAudience, nil}), ReasonClaims},
		{"W02", "a list beside them", with([]any{testProject, []string{testAudience}}), ReasonClaims},
		{"W02", "no text", with([]any{testProject, 7}), ReasonClaims},
	})
}

// TestW02_AudiencesOfTheConfig: a list that would accept too much, or nothing, is a fault
// of the configuration.
func TestW02_AudiencesOfTheConfig(t *testing.T) {
	for name, audiences := range map[string][]string{
		"empty":              {testAudience, ""},
		"unprintable":        {"https://classes\u200b.example.edu"},
		"a control":          {"https://classes.example.edu\n"},
		"not UTF-8":          {"\xff"},
		"repeated":           {testAudience, "urn:example:grades", testAudience},
		"the project itself": {testProject},
		"another project":    {"project-test-22222222-2222-4333-8444-555555555555"},
		"the live project":   {liveProject},
		"a project by half":  {"project-live-1"},
		"white space around": {" " + testAudience},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Config{ProjectID: testProject, Audiences: audiences})
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			var e *grimoireauth.Error
			require.ErrorAs(t, err, &e)
			require.ErrorContains(t, e.Err, "Audiences")
		})
	}
	audiences := []string{testAudience}
	v := newVerifier(t, withAudiences(audiences...))
	audiences[0] = "changed"
	_, err := verify(t, v, sign(mainKey(), goodHeader, goodClaims(time.Now()).with("aud", []string{testProject, testAudience}).json()))
	require.NoError(t, err, "the list was copied")
}

// alarming is a Verifier with what it tells its operator.
func alarming(t testing.TB, configure ...func(*Config)) (*Verifier, *eventLog, *strings.Builder) {
	var alarms eventLog
	var log strings.Builder
	v := newVerifier(t, append(configure, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.Observe = func(ctx context.Context, event grimoireauth.Event) {
			if alarm, ok := event.(grimoireauth.OperatorAlarm); ok {
				alarms.observe(ctx, alarm)
			}
		}
	})...)
	return v, &alarms, &log
}

// TestW02_AlarmNamesTheSetting: when genuine session_jwts are rejected only because of what
// a dashboard has changed, one alarm a minute says so, and which setting accepts them.
func TestW02_AlarmNamesTheSetting(t *testing.T) {
	const twin = "project-test-22222222-2222-4333-8444-555555555555"
	long := "https://" + strings.Repeat("x", 300) + ".example.edu"
	for name, row := range map[string]struct {
		change    func(object) object
		configure func(*Config)
		want      []string // nil: no alarm
		never     string
	}{
		"an unlisted audience":      {change: func(o object) object { return o.with("aud", []string{testProject, testAudience}) }, want: []string{"Config.Audiences", `"` + testAudience + `"`}},
		"one unlisted of two":       {change: func(o object) object { return o.with("aud", []string{testAudience, "urn:new", testProject}) }, configure: withAudiences(testAudience), want: []string{"Config.Audiences", `"urn:new"`}, never: testAudience},
		"a long audience":           {change: func(o object) object { return o.with("aud", []string{testProject, long}) }, want: []string{"Config.Audiences", `"https://xxx`}, never: strings.Repeat("x", 100)},
		"a hostile audience":        {change: func(o object) object { return o.with("aud", []string{testProject, `a" level=ERROR b="`}) }, want: []string{"Config.Audiences", `"a\" level=ERROR b=\""`}},
		"an invisible audience":     {change: func(o object) object { return o.with("aud", []string{testProject, "a\n\u202eb\x1b[31m"}) }, want: []string{"no setting"}, never: "\u202e"},
		"the project is missing":    {change: func(o object) object { return o.with("aud", []string{testAudience}) }, want: []string{"custom audience", "no setting"}, never: testAudience},
		"an unlisted one, twice":    {change: func(o object) object { return o.with("aud", []string{testProject, testAudience, testAudience}) }, want: []string{"no setting"}},
		"another project beside it": {change: func(o object) object { return o.with("aud", []string{testProject, twin}) }, want: []string{"no setting"}, never: twin},
		"a custom domain":           {change: func(o object) object { return o.with("iss", "https://login.example.edu") }, want: []string{"Config.BaseURL", `"https://login.example.edu"`}},
		"both": {change: func(o object) object {
			return o.with("iss", "https://login.example.edu").with("aud", []string{testProject, testAudience})
		}, want: []string{"Config.BaseURL"}},
		"a name in other case": {change: func(o object) object { return o.with("Sub", "x") }, want: []string{"JWT template", "only in case"}},
		"too many members":     {change: func(o object) object { return o.with("x", object{"y": make([]int, 3), "z": nested(20)}) }, want: []string{"JWT template", "too deeply"}},

		"an access token": {change: func(o object) object {
			return o.with("aud", []string{testProject, testAudience}).with("client_id", "c").with("scope", "s")
		}},
		"an M2M token": {change: func(o object) object {
			return o.without(sessionClaim).without(classClaim).with("aud", []string{testProject, testAudience})
		}},
		"an ID token": {change: func(o object) object { return o.without(sessionClaim).with("aud", "connected-app-test-"+testUUID) }},
		"an unlisted one, expired": {change: func(o object) object {
			return o.with("aud", []string{testProject, testAudience}).with("iat", o["iat"].(int64)-600).with("exp", o["iat"].(int64)-300)
		}},
		"an issuer that is no URL":       {change: func(o object) object { return o.with("iss", "login.example.edu") }},
		"the issuer of another project":  {change: func(o object) object { return o.with("iss", "stytch.com/"+twin) }},
		"a custom domain, another class": {change: func(o object) object { return o.with("iss", "https://login.example.edu").without(classClaim) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				configure := row.configure
				if configure == nil {
					configure = func(*Config) {}
				}
				v, alarms, log := alarming(t, configure)
				ask := func() {
					claims := row.change(goodClaims(time.Now())).json()
					time.Sleep(2 * time.Second)
					_, err := verify(t, v, sign(mainKey(), goodHeader, claims))
					requireRefused(t, err)
					// What has no good signature raises no alarm, whatever it claims.
					_, err = verify(t, v, sign(otherKey(), goodHeader, claims))
					requireRefused(t, err)
				}
				for range 20 {
					ask()
				}
				if row.want == nil {
					require.Empty(t, alarms.all())
					require.Empty(t, log.String())
					return
				}
				require.Len(t, alarms.all(), 1)
				time.Sleep(time.Minute)
				ask()
				require.Len(t, alarms.all(), 2)
				require.Equal(t, 20, alarms.all()[1].(grimoireauth.OperatorAlarm).Count)
				require.Equal(t, 2, strings.Count(log.String(), "level=WARN"))
				alarm := alarms.all()[0].(grimoireauth.OperatorAlarm)
				text := alarm.Problem
				if alarm.Err != nil {
					text += ": " + alarm.Err.Error()
				}
				for _, want := range row.want {
					require.Contains(t, text, want)
				}
				require.Less(t, len(text), 400)
				if row.never != "" {
					require.NotContains(t, text+log.String(), row.never)
				}
			})
		})
	}
}

func nested(depth int) any {
	if depth == 0 {
		return 1
	}
	return []any{nested(depth - 1)}
}
