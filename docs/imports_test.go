package docs_test

import (
	"github.com/promptgrimoire/auth/grimoireauth"              // the nouns
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient" // the client
	"github.com/promptgrimoire/auth/jwtlocal"                  // the verifier
	"github.com/promptgrimoire/auth/middleware"                // the guards
	"github.com/promptgrimoire/auth/middleware/signin"         // the pages to sign in
	"github.com/promptgrimoire/auth/mock"                      // Stytch in memory, in tests
)

// What the first page imports is there, under these names.
var _ = []any{grimoireauth.NewSecret, stytchclient.New, jwtlocal.New, middleware.New, signin.New, new(mock.Stytch)}
