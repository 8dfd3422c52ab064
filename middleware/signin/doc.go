// Package signin serves the pages on which people sign in to a class by a link
// in an e-mail, and sign out again. It needs no JavaScript.
//
//	pages, err := signin.New(guard, client, signin.Config{BaseURL: "https://classes.example.edu"})
//	mux.Handle("/auth/", pages)
//	handler := guard.Protect(mux, "GET /{$}", "/auth/")
//
// Under the prefix there are:
//
//	GET  /auth/          the form: which class, which e-mail address; ?class= and ?return_to= fill it in
//	POST /auth/start     sends the link; says the same to everybody
//	GET  /auth/callback  where the link leads: puts its token away and redirects
//	GET  /auth/confirm   names the class and has one button
//	POST /auth/callback  redeems the token, once, and sets the session cookies
//	GET  /auth/logout    one button
//	POST /auth/logout    ends the session
//
// Register BaseURL + "/auth/callback" with Stytch as a redirect URL for login,
// sign-up and invitation.
//
// Only a POST changes anything, and only one from these pages: a mail scanner
// that opens a link does not use it up, and no other site can sign a browser in
// or out. What is particular to a class (whether it admits somebody, whether it
// knows an address) is never told before somebody has signed in.
package signin
