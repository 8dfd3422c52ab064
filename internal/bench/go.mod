module github.com/promptgrimoire/auth/internal/bench

go 1.25.0

require (
	github.com/MicahParks/keyfunc/v3 v3.9.1
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/promptgrimoire/auth v0.0.0
	github.com/stytchauth/stytch-go/v16 v16.41.0
)

require (
	github.com/MicahParks/jwkset v0.11.4 // indirect
	github.com/MicahParks/keyfunc/v2 v2.0.1 // indirect
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	golang.org/x/time v0.15.0 // indirect
)

// This module is never tagged, so the version that it requires need not exist.
replace github.com/promptgrimoire/auth => ../..
