package main

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// half signs a person in by a link to the class that requires a second factor.
func (v *visitor) half(room *classroom, email string) {
	v.t.Helper()
	class := room.rooms[1]
	status, _, page := v.post("/auth/start", url.Values{
		"method": {"magic_link"}, "class": {class.Slug}, "email": {email}, "return_to": {"/classes/" + string(class.ID)},
	})
	require.Equal(v.t, http.StatusOK, status, page)
	status, at, page := v.confirm(v.newest(room.demo.stytch, email).Link)
	require.Equal(v.t, http.StatusOK, status, page)
	require.Equal(v.t, "/auth/factor", at)
	require.Empty(v.t, v.cookie(grimoireauth.SessionTokenCookie), "half a sign-in is none")
}

// appCode reads a code off the page that plays the app.
func (v *visitor) appCode(name string) string {
	v.t.Helper()
	_, _, page := v.get("/authenticator")
	found := regexp.MustCompile(`(?s)data-name="` + regexp.QuoteMeta(name) + `".*?data-code="now">(\d{6})<`).FindStringSubmatch(page)
	require.NotNil(v.t, found, "no account %q in %s", name, page)
	return found[1]
}

func TestEverySecondFactor(t *testing.T) {
	room, arrive := open(t)
	inside := "/classes/" + string(room.rooms[1].ID)
	for _, tt := range []struct {
		name, email, factor string
		finish              func(v *visitor) (status int, at, after string)
	}{
		{"a text message", "iris@example.edu", "otp (sms)", func(v *visitor) (int, string, string) {
			return v.post("/auth/factor", url.Values{"factor": {"sms_otp"}, "code": {v.newest(room.demo.stytch, "+61491570156").Code}})
		}},
		{"the app", "bao@example.edu", "totp (authenticator_app)", func(v *visitor) (int, string, string) {
			return v.post("/auth/factor", url.Values{"factor": {"totp"}, "code": {v.appCode("Bao Tran, Prompt writing for lawyers")}})
		}},
		{"a recovery code", "bao@example.edu", "recovery_codes (recovery_code)", func(v *visitor) (int, string, string) {
			_, _, paper := v.get("/authenticator")
			code := regexp.MustCompile(`<code>([a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4})</code>`).FindStringSubmatch(paper)
			require.NotNil(v.t, code, paper)
			return v.post("/auth/factor", url.Values{"factor": {"recovery_code"}, "code": {code[1]}})
		}},
		{"an app that is set up on the way", "mina@example.edu", "totp (authenticator_app)", func(v *visitor) (int, string, string) {
			status, _, page := v.post("/auth/factor/enrol", nil)
			require.Equal(v.t, http.StatusOK, status, page)
			form := url.Values{"factor": {"totp"}}
			for _, field := range regexp.MustCompile(`name="(key|uri|recovery)" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
				form.Add(field[1], field[2])
			}
			// It is the key for people that is typed in, with its spaces.
			typed := regexp.MustCompile(`class="typed">([A-Z2-7 ]+)<`).FindStringSubmatch(page)
			require.NotNil(v.t, typed, page)
			status, at, page := v.post("/authenticator", url.Values{"name": {"Mina"}, "key": {typed[1]}})
			require.Equal(v.t, http.StatusOK, status, page)
			require.Equal(v.t, "/authenticator", at)
			form.Set("code", v.appCode("Mina"))
			return v.post("/auth/factor", form)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := arrive()
			v.t = t
			v.half(room, tt.email)
			status, at, page := tt.finish(v)
			require.Equal(t, http.StatusOK, status, page)
			require.Equal(t, inside, at, page)
			require.Contains(t, page, tt.factor)
		})
	}
}

func TestFindYourClassesAndSwitch(t *testing.T) {
	room, arrive := open(t)
	contracts, prompts := string(room.rooms[0].ID), string(room.rooms[1].ID)
	iris := arrive()
	_, _, page := iris.get("/auth/")
	status, at, page := iris.through(page, "Continue with Google", "iris@example.edu")
	require.Equal(t, http.StatusOK, status, page)
	require.Equal(t, "/auth/classes", at)
	require.Contains(t, page, room.rooms[0].Name)
	require.Contains(t, page, room.rooms[1].Name)
	status, at, page = iris.post("/auth/classes", url.Values{"class": {contracts}})
	require.Equal(t, http.StatusOK, status, page)
	require.Equal(t, "/", at)
	require.Contains(t, page, `id="my-class" href="/classes/`+contracts)
	require.Contains(t, page, "Switch class", "she is in two")

	_, _, page = iris.get("/auth/switch")
	require.Contains(t, page, room.rooms[1].Name)
	status, at, page = iris.post("/auth/switch", url.Values{"class": {prompts}, "return_to": {"/classes/" + prompts}})
	require.Equal(t, http.StatusOK, status, page)
	require.Equal(t, "/auth/factor", at, "the other class asks for more")
	_, _, page = iris.get("/classes/" + contracts)
	require.Contains(t, page, room.rooms[0].Name, "until she has it she stays where she was")
	status, at, page = iris.post("/auth/factor", url.Values{"factor": {"sms_otp"}, "code": {iris.newest(room.demo.stytch, "+61491570156").Code}})
	require.Equal(t, http.StatusOK, status, page)
	require.Equal(t, "/classes/"+prompts, at)
	require.Contains(t, page, `class="badge student"`)

	sam := arrive()
	sam.signIn(room.demo.stytch, room.rooms[0].ID, "sam@example.edu")
	_, _, page = sam.get("/classes/" + contracts)
	require.NotContains(t, page, "Switch class", "he is in one")
}

func TestSignOutEverywhere(t *testing.T) {
	room, arrive := open(t)
	inside := "/classes/" + string(room.rooms[0].ID)
	laptop, library := arrive(), arrive()
	laptop.signIn(room.demo.stytch, room.rooms[0].ID, "sam@example.edu")
	library.signIn(room.demo.stytch, room.rooms[0].ID, "sam@example.edu")
	_, _, page := laptop.get("/auth/logout")
	require.Contains(t, page, "In this browser")
	status, _, page := laptop.post("/auth/logout", url.Values{"scope": {"everywhere"}})
	require.Equal(t, http.StatusOK, status, page)
	_, at, _ := library.get(inside)
	require.Equal(t, "/auth/", at, "the other browser is signed out, too")
}
