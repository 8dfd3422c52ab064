package main

import (
	"context"

	"github.com/promptgrimoire/auth/middleware/signin"
)

// unlimited is the limiter of the demonstration, where one visitor is everybody and makes
// an hour pass with a button. Elsewhere the built-in one counts.
type unlimited struct{}

func (unlimited) Reserve(context.Context, signin.Use) (signin.Grant, error) {
	return signin.Grant{}, nil
}
func (unlimited) Release(context.Context, signin.Use) {}
