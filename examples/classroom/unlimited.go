package main

import (
	"context"

	"github.com/promptgrimoire/auth/middleware/signin"
)

// unlimited is the limiter of the demonstration, in which one visitor plays all people
// and makes an hour pass with a button. A deployment uses the built-in one.
type unlimited struct{}

func (unlimited) Reserve(context.Context, signin.Use) (signin.Grant, error) {
	return signin.Grant{}, nil
}
func (unlimited) Release(context.Context, signin.Use) {}
