// Package keys is the project's published keys: it fetches the JWK Set, reads it
// strictly, keeps the last good answer, and decides when the set is fetched again.
//
// [Parse] reads a document, [Set] is the keys at one moment, [Fetcher] makes one request,
// and [Store] decides when one is made and which key may verify a token. During an outage
// requests do not wait for the fetches that find out whether it is over.
//
// Sources: RFC 7517 (JWK), RFC 7518 (JWA), https://stytch.com/docs/b2b/api/get-jwks
package keys
