module github.com/promptgrimoire/auth/examples/replicas

go 1.25.0

// This module is never tagged, so the versions that it requires need not exist.
replace (
	github.com/promptgrimoire/auth => ../..
	github.com/promptgrimoire/auth/jwtlocal/redisrevocations => ../../jwtlocal/redisrevocations
)

require (
	github.com/promptgrimoire/auth v0.1.0
	github.com/promptgrimoire/auth/jwtlocal/redisrevocations v0.0.0-00010101000000-000000000000
	github.com/redis/go-redis/v9 v9.17.3
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/MicahParks/jwkset v0.11.4 // indirect
	github.com/MicahParks/keyfunc/v2 v2.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	github.com/stytchauth/stytch-go/v16 v16.41.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.48.0 // indirect
	golang.org/x/net v0.50.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
	golang.org/x/time v0.15.0 // indirect
	rsc.io/qr v0.2.0 // indirect
)
