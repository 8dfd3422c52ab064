package mock

import (
	"errors"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/api/impersonation"
	"github.com/promptgrimoire/auth/mock/internal/control"
	"github.com/promptgrimoire/auth/mock/internal/core"
)

// Impersonate returns an impersonation_token, as Stytch's dashboard makes it for a person
// of the workspace with this e-mail address. It works once, within 5 minutes, and
// impersonation/authenticate makes a session of it that lasts 60 minutes and cannot be
// extended. It panics if there is no active member of this id, or no address.
func (s *Stytch) Impersonate(member grimoireauth.MemberID, impersonator string) grimoireauth.Secret {
	var token string
	s.arrange("Impersonate", func(c *core.Request) (err error) {
		if impersonator == "" {
			return errors.New("the impersonator's e-mail address is missing")
		}
		token, err = impersonation.Start(c, string(member), impersonator)
		return err
	})
	return grimoireauth.NewSecret(token)
}

func (s *Stytch) impersonate(in control.ImpersonateRequest) (out control.ImpersonateResponse, err error) {
	err = misuse("Impersonate", func() {
		out.Token = s.Impersonate(grimoireauth.MemberID(in.MemberID), in.ImpersonatorEmail).Reveal()
	})
	return out, err
}
