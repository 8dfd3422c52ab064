// Package signin serves the pages on which people sign in to a class, by every method
// that the class allows, and sign out again. It needs no JavaScript.
//
//	pages, err := signin.New(guard, client, signin.Config{BaseURL: "https://classes.example.edu"})
//	mux.Handle("/auth/", pages)
//	handler := guard.Protect(mux, "GET /{$}", "/auth/")
//
// Register BaseURL + "/auth/callback" with Stytch as a redirect URL for login, sign-up,
// invitation, discovery and password reset. OAuth and SSO need a [stytchclient.Config]
// with a PublicToken.
//
// # Begin
//
//	GET  /auth/                   the methods of a class: ?class= (an id or a slug) and ?return_to=
//	POST /auth/start              field "method": magic_link, email_otp, password, or reset for a link to set one
//	GET  /auth/sent               a link is on its way
//	GET  /auth/code               the form for the code that was e-mailed, and POST to check it
//	GET  /auth/oauth/{provider}   google, microsoft, github, slack, hubspot: redirects to the provider
//	GET  /auth/sso/{connection}   redirects to the school's identity provider
//	GET  /auth/callback           where links and providers redirect to: every stytch_token_type
//	GET  /auth/confirm            names the class of a link and has one button
//	POST /auth/callback           redeems the token, once, and sets the session cookies
//	GET  /auth/account            names an account that was not requested, and POST: field "answer", yes or no
//	GET  /auth/new-password       the form behind a link to set a password, and POST to set it
//
// Without a class, /auth/ asks for one; with [Config.Discovery] it also finds the
// classes of an address.
//
// # Finish
//
//	GET  /auth/unfinished         redirects to what the class still requires
//	GET  /auth/factor             the second factor: POST checks it, factor/send sends a code, factor/enrol sets an app up
//	GET  /auth/classes            the classes to choose from, and POST to choose
//	GET  /auth/switch             the same for a person who is signed in
//	GET  /auth/logout             has one button; POST ends the session: field "scope", here, class or everywhere
//	GET  /auth/signed-out         says how the logout went
//	GET  /auth/session            who is signed in, as JSON
//
// Every page of an attempt to sign in names it: ?attempt= in its address, and the field
// "attempt" in its forms. Every other address below the prefix answers with a page,
// too.
//
// # What it guarantees
//
// Only a POST from these pages changes anything, so a mail scanner that opens a link
// does not use it up, and no other site can sign a browser in or out. The one exception
// is a token that a browser brings back from a provider: it is redeemed only together
// with the verifier (RFC 7636) that is in a cookie of this browser.
//
// All that belongs to one attempt is in one cookie, so that two tabs do not disturb
// each other, and any replica can continue it. A link signs in to the class and the
// address that this browser requested; for any other the pages ask first.
//
// Whether a class knows an address is not shown before the person has proved who they
// are: the answer to an address that was only typed in is always the same. Tokens,
// codes and passwords are in no URL after the callback, in no log, and on no page but
// the one on which a person sets an authenticator app up. An outage signs no person
// out, and an interrupted sign-in continues where it was, on any replica, until its page
// expires.
package signin
