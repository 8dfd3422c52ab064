package browser

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const irisPhone = "+61491570156"

// app opens the authenticator in another tab and returns the code of an account.
func (p *person) app(account string) string {
	p.t.Helper()
	tab := p.secondTab()
	defer tab.leave()
	tab.open("/authenticator")
	return tab.text(`.account[data-name="` + account + `"] [data-code="now"]`)
}

// owesFactor fails unless the page asks for a second factor and the person is not signed
// in yet.
func (p *person) owesFactor() {
	p.t.Helper()
	require.Equal(p.t, "/auth/factor", p.step())
	require.Empty(p.t, p.cookies()["stytch_session"], "half a sign-in is none")
}

// TestSecondFactorBy signs in to the class that asks for one by each kind.
func TestSecondFactorBy(t *testing.T) {
	t.Run("text message", func(t *testing.T) {
		iris := arrive(t)
		iris.atSignIn(prompts)
		iris.continueWith("Continue with Google")
		iris.as("iris@example.edu")
		iris.owesFactor()
		iris.picture("factor")
		iris.phonePicture("factor-phone")
		iris.types("code", "000000")
		require.EqualValues(t, 403, iris.follow("Sign in"))
		require.Contains(t, iris.text(".notice"), "code is not right")
		iris.types("code", iris.code(irisPhone))
		iris.follow("Sign in")
		iris.isInside(promptsName)
		require.Contains(t, iris.text("#factors"), "otp (sms)")
	})

	t.Run("app that is set up on the way", func(t *testing.T) {
		mina := arrive(t)
		mina.atSignIn(prompts)
		mina.types("email", "mina@example.edu")
		mina.follow("E-mail me a code")
		mina.types("code", mina.code("mina@example.edu"))
		mina.follow("Sign in")
		mina.owesFactor()
		mina.follow("Set up an authenticator app")
		mina.picture("enrol")
		mina.phonePicture("enrol-phone")
		key := mina.text("span.typed")

		phone := mina.secondTab()
		phone.open("/authenticator")
		phone.click("#add-account")
		phone.types("key", key, "name", "Mina Park")
		phone.click("#add")
		phone.picture("authenticator")
		phone.leave()

		mina.types("code", "000000")
		mina.follow("Sign in")
		require.Contains(t, mina.text(".notice"), "code is not right")
		require.Equal(t, key, mina.text("span.typed"), "a slip of the finger loses nothing")
		mina.types("code", mina.app("Mina Park"))
		mina.follow("Sign in")
		mina.isInside(promptsName)
		require.Contains(t, mina.text("#factors"), "totp")
	})

	t.Run("recovery code", func(t *testing.T) {
		bao := arrive(t)
		bao.atSignIn(prompts)
		bao.openPassword()
		bao.typesPassword("bao@example.edu", "carbolic-smoke-ball-1893")
		bao.follow("Sign in")
		bao.owesFactor()
		paper := bao.secondTab()
		paper.open("/authenticator")
		code := paper.text(".recovery code")
		bao.unfold("No app at hand?")
		bao.fill("main details [name=code]", code)
		bao.click("main details button")
		bao.isInside(promptsName)
		require.Contains(t, bao.text("#factors"), "recovery_code")
	})
}

// TestFindYourClasses signs in first and chooses one of two classes after.
func TestFindYourClasses(t *testing.T) {
	iris := arrive(t)
	iris.open("/")
	iris.click("#find-classes")
	iris.types("email", "iris@example.edu")
	iris.follow("E-mail me a code")
	iris.types("code", iris.code("iris@example.edu"))
	iris.follow("Sign in")
	require.Equal(t, "/auth/classes", iris.step())
	require.Contains(t, iris.text("main"), promptsName)
	iris.picture("choose-class")
	iris.phonePicture("choose-class-phone")
	iris.follow(contractsName)
	iris.click("#my-class")
	iris.isInside(contractsName)
	require.Equal(t, "instructor", iris.text("#role"))
}

// TestSwitchClass goes from one class to another, which asks for more.
func TestSwitchClass(t *testing.T) {
	iris := arrive(t)
	iris.atSignIn(contracts)
	iris.continueWith("Continue with Google")
	iris.as("iris@example.edu")
	teaching := iris.isInside(contractsName)
	iris.click("#switch")
	iris.picture("switch-class")
	iris.follow(promptsName)
	require.Equal(t, "/auth/factor", iris.step())
	tab := iris.secondTab()
	tab.open(teaching)
	tab.isInside(contractsName) // until the second factor she stays in the first class
	tab.open("/outbox")
	tab.picture("outbox")
	iris.types("code", iris.code(irisPhone))
	iris.follow("Sign in")
	iris.click("#my-class")
	iris.isInside(promptsName)
	require.Equal(t, "student", iris.text("#role"))
	require.EqualValues(t, 403, iris.click("#roster"))
	require.EqualValues(t, 404, iris.open(teaching), "one session, one class")
}
