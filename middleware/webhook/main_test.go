package webhook_test

import (
	"os"
	"testing"

	"github.com/promptgrimoire/auth/internal/contract"
)

// What goes over the wire between the client and the mock is compared with Stytch's
// own description of its API.
func TestMain(m *testing.M) { os.Exit(contract.Run(m, contract.Other)) }
