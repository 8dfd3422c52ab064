// Package signin serves the pages on which people sign in to a class, by every way
// that the class allows, and out again. It needs no JavaScript.
//
//	pages, err := signin.New(guard, client, signin.Config{BaseURL: "https://classes.example.edu"})
//	mux.Handle("/auth/", pages)
//	handler := guard.Protect(mux, "GET /{$}", "/auth/")
//
// Register BaseURL + "/auth/callback" with Stytch as a redirect URL for login,
// sign-up, invitation, discovery and password reset. OAuth and SSO need a
// [grimoireauth.Config] with a PublicToken.
//
// # To begin
//
//	GET  /auth/                   the ways of a class: ?class= (an id or a slug) and ?return_to=
//	POST /auth/start              field "method": magic_link, email_otp, password, or reset for a link to set one
//	GET  /auth/sent               a link is on its way
//	GET  /auth/code               the form for the code that was e-mailed, and POST to check it
//	GET  /auth/oauth/{provider}   google, microsoft, github, slack, hubspot: leads to the provider
//	GET  /auth/sso/{connection}   leads to the school's identity provider
//	GET  /auth/callback           where links and providers lead: every stytch_token_type
//	GET  /auth/confirm            names the class of a link and has one button
//	POST /auth/callback           uses the token up, once, and sets the session cookies
//	GET  /auth/account            names an account that was not asked for, and POST: field "answer", yes or no
//	GET  /auth/new-password       the form behind a link to set a password, and POST to set it
//
// Without a class, /auth/ asks which one; with [Config.Discovery] it also finds the
// classes of an address.
//
// # To finish
//
//	GET  /auth/unfinished         leads to what the class still wants
//	GET  /auth/factor             the second factor: POST checks it, factor/send sends a code, factor/enrol sets an app up
//	GET  /auth/classes            the classes to choose from, and POST to choose
//	GET  /auth/switch             the same for somebody who is signed in
//	GET  /auth/logout             asks; POST ends the session: field "scope", here, class or everywhere
//	GET  /auth/signed-out         says what came of it
//	GET  /auth/session            who is signed in, as JSON
//
// Every page of an attempt to sign in names it: ?attempt= in its address, and the field
// "attempt" in its forms. Every other address below the prefix answers with a page, too.
//
// # What it holds to
//
// Only a POST from these pages changes anything, so a mail scanner that opens a link
// does not use it up, and no other site can sign a browser in or out. The one
// exception is what a browser brings back from a provider: it counts beside the
// verifier (RFC 7636) that the browser left with, and beside nothing else.
//
// What belongs to one attempt is kept in one cookie, so that two tabs do not disturb
// each other, and any replica can go on. A link signs in to the class and the address
// that this browser asked for; for any other the pages ask first.
//
// What is particular to a person (whether a class knows an address) is never told
// before they have proved who they are: every answer to something that was only
// typed in is the same for everybody. Tokens, codes and passwords stand in no URL
// after their arrival and in no log, and on no page but that on which somebody sets
// an authenticator app up. An outage signs nobody out, and for a minute what it broke
// off goes on where it was.
package signin
