package grimoireauth_test

import (
	"context"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// Who gets into a class, and how.
func ExampleClassSettings() {
	_, client := offline()
	ctx := context.Background()
	class := must(client.Classes.Create(ctx, stytchclient.NewClass{Name: "Torts", Settings: grimoireauth.ClassSettings{
		Methods:            []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink, grimoireauth.MethodSSO},
		SecondFactorForAll: true,
		JoinByEmail:        grimoireauth.AdmitListed,
		Domains:            []string{"students.mq.edu.au", "staff.mq.edu.au"},
		DomainRoles:        []grimoireauth.DomainRole{{Domain: "staff.mq.edu.au", Role: grimoireauth.RoleTutor}},
	}}))
	fmt.Println(class.Settings.Allows(grimoireauth.MethodPassword), class.Settings.AllowsSecondFactor(grimoireauth.SecondFactorSMS))
	// Output: false true
}

// What package doctor finds, and the guards' Diagnose.
func ExampleFinding() {
	for _, f := range []grimoireauth.Finding{
		{Severity: grimoireauth.SeverityOK, Code: "keys", Problem: "the key set verifies session_jwts"},
		{Severity: grimoireauth.SeverityFault, Code: "no-methods", Class: "organization-1", Problem: "it allows no way to sign in"},
	} {
		fmt.Println(f.Severity, f.Code)
	}
	// Output:
	// ok keys
	// fault no-methods
}
