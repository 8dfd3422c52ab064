package mock_test

import (
	"os"
	"testing"

	"github.com/promptgrimoire/auth/internal/contract"
)

// Every answer that these tests cause is compared with Stytch's own description of
// its API.
func TestMain(m *testing.M) { os.Exit(contract.Run(m, contract.Mock)) }
