module github.com/promptgrimoire/auth/grimoireauth/classlist/xlsx

go 1.25.0

require (
	github.com/promptgrimoire/auth v0.1.0
	github.com/stretchr/testify v1.12.1
	github.com/xuri/excelize/v2 v2.10.1
)

require (
	github.com/MicahParks/keyfunc/v2 v2.0.1 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	github.com/richardlehane/mscfb v1.0.6 // indirect
	github.com/richardlehane/msoleps v1.0.6 // indirect
	github.com/stytchauth/stytch-go/v16 v16.41.0 // indirect
	github.com/tiendc/go-deepcopy v1.7.2 // indirect
	github.com/xuri/efp v0.0.1 // indirect
	github.com/xuri/nfp v0.0.2-0.20250530014748-2ddeb826f9a9 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.48.0 // indirect
	golang.org/x/net v0.50.0 // indirect
	golang.org/x/text v0.34.0 // indirect
)

// For work in this checkout only: importers get the version that is required above.
replace github.com/promptgrimoire/auth => ../../..
