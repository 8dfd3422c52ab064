package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords"
)

// Passwords sets, changes and checks passwords. It is part of a [Client]. Signing in with
// one is [SignIn.WithPassword].
type Passwords struct{ c *Client }

// PasswordStrength says how good a password would be.
type PasswordStrength struct {
	// OK says that Stytch would take it.
	OK bool
	// Score is from 0 to 4, higher is harder to guess; Stytch takes 3 and 4.
	// It is 0 where the project counts kinds of characters instead.
	Score int
	// Leaked says that it stands in a public list of passwords.
	Leaked bool
	// Warning and Suggestions are sentences in English for the person who chooses.
	// They are empty where there is nothing to say.
	Warning     string
	Suggestions []string
	// MissingKinds and MissingCharacters are how many kinds of characters (lower and
	// upper case, digits, signs) and how many characters are missing, where the
	// project counts those.
	MissingKinds, MissingCharacters int
}

// Check tells how good a password would be, before it is set. Email is
// whose it will be, since a password with their name in it is easy to guess; it may
// be empty.
// Source: https://stytch.com/docs/b2b/api/password-strength-check
func (s Passwords) Check(ctx context.Context, password grimoireauth.Secret, email string) (PasswordStrength, error) {
	const op = "check password"
	if err := invalid(op, needed("password", password.Reveal())); err != nil {
		return PasswordStrength{}, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*passwords.StrengthCheckResponse, error) {
		return s.c.api.Passwords.StrengthCheck(ctx, &passwords.StrengthCheckParams{Password: password.Reveal(), EmailAddress: email})
	})
	if err != nil {
		return PasswordStrength{}, err
	}
	if res.StrengthPolicy == "" {
		return PasswordStrength{}, incomplete(op, res.RequestID, "has no strength_policy")
	}
	// Whatever else it says, one that is in a list is no good.
	out := PasswordStrength{OK: res.ValidPassword && !res.BreachedPassword, Score: int(res.Score), Leaked: res.BreachedPassword}
	if feedback := res.ZxcvbnFeedback; feedback != nil {
		out.Warning, out.Suggestions = feedback.Warning, feedback.Suggestions
	}
	if feedback := res.LudsFeedback; feedback != nil && res.StrengthPolicy == "luds" {
		out.MissingKinds, out.MissingCharacters = int(feedback.MissingComplexity), int(feedback.MissingCharacters)
	}
	return out, nil
}
