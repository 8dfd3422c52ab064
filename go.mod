module github.com/promptgrimoire/auth

go 1.25.0

require (
	github.com/MicahParks/jwkset v0.11.4
	github.com/MicahParks/keyfunc/v3 v3.9.1
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/stretchr/testify v1.12.1
	github.com/stytchauth/stytch-go/v16 v16.41.0
	golang.org/x/crypto v0.48.0
	golang.org/x/net v0.50.0
	rsc.io/qr v0.2.0
)

require (
	github.com/MicahParks/keyfunc/v2 v2.0.1 // indirect
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.41.0 // indirect
	golang.org/x/text v0.34.0
	golang.org/x/time v0.15.0 // indirect
)
