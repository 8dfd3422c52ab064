package jwtlocal

import (
	"context"
	"errors"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Authenticate answers whose credentials these are; it has the form of a
// [grimoireauth.AuthFunc]. A good session_jwt is answered locally. One that is
// genuine and merely stale, and comes with a session_token, is refreshed, and so is
// a well-shaped session_token that comes alone. No other token, whatever is wrong
// with it, causes a call to Stytch, even if a session_token comes with it.
//
// The errors are those of [Verifier.Verify], and those of a refresh:
// [grimoireauth.ErrSessionEnded] if Stytch says so, [grimoireauth.ErrRateLimited]
// and [grimoireauth.ErrUnavailable] for everything else that is no answer. Without
// Config.Refresh whatever would need one is [grimoireauth.ErrExpired].
func (v *Verifier) Authenticate(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	if credentials.IsZero() {
		return grimoireauth.Authentication{}, errNoCredentials
	}
	if credentials.JWT.IsZero() {
		switch {
		case !hasTokenForm(credentials.Token):
			return grimoireauth.Authentication{}, errBadToken
		case v.config.Refresh == nil:
			return grimoireauth.Authentication{}, errExpired
		}
		return v.refresh(ctx, credentials.Token, grimoireauth.Session{}, grimoireauth.SourceRemote)
	}
	judged := v.judge(ctx, credentials.JWT.Reveal(), noTime)
	switch {
	case judged.standing == good:
		return grimoireauth.Authentication{Session: judged.session, Credentials: credentials, Source: grimoireauth.SourceLocal}, nil
	case judged.standing == stale && v.config.Refresh != nil && hasTokenForm(credentials.Token):
		return v.refresh(ctx, credentials.Token, judged.session, grimoireauth.SourceRefreshed)
	}
	return grimoireauth.Authentication{}, judged.error()
}

var errNoRefresh = errors.New("no Refresh is configured")

// Refresh asks Stytch, always: for a decision that must not rest on what was true
// when the session_jwt was made. It has the form of a [grimoireauth.AuthFunc] and
// the errors of [Verifier.Authenticate]. A session_jwt that is neither good nor
// merely stale is refused without asking, and a session_jwt that comes alone must
// be good.
func (v *Verifier) Refresh(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	if credentials.IsZero() {
		return grimoireauth.Authentication{}, errNoCredentials
	}
	if v.config.Refresh == nil {
		return grimoireauth.Authentication{}, unavailable("refresh a session", errNoRefresh, 0)
	}
	alone := credentials.Token.IsZero()
	if !alone && !hasTokenForm(credentials.Token) {
		return grimoireauth.Authentication{}, errBadToken
	}
	var judged verdict
	if !credentials.JWT.IsZero() {
		judged = v.judge(ctx, credentials.JWT.Reveal(), noTime)
		if judged.standing != good && (alone || judged.standing != stale) {
			return grimoireauth.Authentication{}, judged.error()
		}
	}
	if alone {
		return v.refresh(ctx, credentials.JWT, judged.session, grimoireauth.SourceRemote)
	}
	return v.refresh(ctx, credentials.Token, judged.session, grimoireauth.SourceRemote)
}

// hasTokenForm reports whether a secret can be a session_token: Stytch's have
// forty-four characters of base64url, with or without padding. Whatever cannot be
// one is not worth a call.
func hasTokenForm(token grimoireauth.Secret) bool {
	text := token.Reveal()
	if len(text) < minSessionToken || len(text) > maxSessionToken {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '=':
		default:
			return false
		}
	}
	return true
}

const minSessionToken, maxSessionToken = 16, 512
