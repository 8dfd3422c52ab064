package browser

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestC06_TwoTabsWithAProvider begins in two tabs, and the tab that began first comes
// back first.
func TestC06_TwoTabsWithAProvider(t *testing.T) {
	sam := arrive(t)
	sam.atSignIn(contracts)
	sam.continueWith("Continue with Google")
	tab := sam.secondTab()
	defer tab.leave()
	tab.atSignIn(contracts)
	tab.continueWith("Continue with Google")
	sam.as("sam@example.edu")
	sam.isInside(contractsName)
	tab.as("sam@example.edu")
	tab.isInside(contractsName)
}

// TestC08_ReloadSendsNothing reloads the pages that say what was sent.
func TestC08_ReloadSendsNothing(t *testing.T) {
	for button, step := range map[string]string{"E-mail me a link": "/auth/sent", "E-mail me a code": "/auth/code"} {
		sam := arrive(t)
		sam.atSignIn(contracts)
		sam.types("email", "sam@example.edu")
		sam.follow(button)
		require.Equal(t, step, sam.step())
		before, _ := asked(t)
		for range 2 {
			require.EqualValues(t, 200, sam.open(sam.path()))
			require.Contains(t, sam.text("main"), "sam@example.edu")
		}
		after, _ := asked(t)
		require.Equal(t, before, after, "Stytch was not asked again")
	}
}
