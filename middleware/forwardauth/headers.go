package forwardauth

// The headers in which the proxy describes the original request. Each is present once
// or not at all; the proxy sets or removes all of them, whatever the client has sent.
// It passes on unchanged the other headers that the guard reads: Cookie, Authorization,
// Origin, Accept, Referer, Sec-Fetch-Mode, Sec-Fetch-Site, and those that
// Config.ClientAddress reads.
const (
	// HeaderSecret is the secret that the proxy and the Handler share. Required.
	HeaderSecret = "X-Forward-Auth-Secret"
	// HeaderMethod is the method of the request. Required.
	HeaderMethod = "X-Forward-Auth-Method"
	// HeaderURI is the path with the query, as the client sent it and as the service
	// behind the proxy gets it. Required.
	HeaderURI = "X-Forward-Auth-Uri"
	// HeaderHost is the host and the port in the client's request. Required.
	HeaderHost = "X-Forward-Auth-Host"
	// HeaderProto is "http" or "https", as the client reaches the proxy. Required.
	HeaderProto = "X-Forward-Auth-Proto"
	// HeaderUpgrade is the Upgrade header of the request. Missing or empty: the request
	// has none.
	HeaderUpgrade = "X-Forward-Auth-Upgrade"
	// HeaderLength is the Content-Length of the request. Missing or empty: the request
	// has no body, or one of unknown length.
	HeaderLength = "X-Forward-Auth-Length"
	// HeaderProxyClass is the class of the request, if the proxy knows it: see
	// [ProxyClass].
	HeaderProxyClass = "X-Forward-Auth-Class"
	// HeaderAnswer with the value "auth_request" requests a response that nginx's
	// module of that name can pass on. Rejections with another status than 401 and 403
	// are 403, and [HeaderStatus] has the true status; and each Set-Cookie line has a
	// header of its own, HeaderSetCookie and a number from 1 to [MaxNumbered], since
	// the module reads only the first of several headers with one name.
	HeaderAnswer = "X-Forward-Auth-Answer"
)

// The headers of a 204 that the proxy sets on the request to the service. They replace
// what the client has sent under these names; if one is missing, the proxy removes it.
// Every byte that is not a letter, a digit or one of "-._~$&+:=@" is percent-encoded
// (RFC 3986, section 2.1); Stytch's ids have no such bytes.
const (
	// HeaderMember is the Stytch member id of the person. Missing: the request is not
	// authenticated, on a public route.
	HeaderMember = "X-Auth-Member"
	// HeaderOrganization is the Stytch organization id of the session.
	HeaderOrganization = "X-Auth-Organization"
	// HeaderClass is the class of the decision. Missing: the route is about no class.
	HeaderClass = "X-Auth-Class"
	// HeaderRole is the member's role in this class: "student", "tutor", "instructor"
	// or "coordinator".
	HeaderRole = "X-Auth-Role"
)

// The other headers of a response that a proxy reads.
const (
	// HeaderUpstreamCookie, of a 204, is the Cookie header for the service: that of the
	// request without the cookies of the session.
	HeaderUpstreamCookie = "X-Forward-Auth-Cookie"
	// HeaderUpstreamAuthorization, of a 204, is the Authorization header for the service.
	// It is missing if the guard reads bearer tokens.
	HeaderUpstreamAuthorization = "X-Forward-Auth-Authorization"
	// HeaderCacheControl, of a 204, is the Cache-Control of the service's response if
	// the service sets none, and in any case if the response has cookies.
	HeaderCacheControl = "X-Forward-Auth-Cache-Control"
	// HeaderStatus is the true status of the response, if [HeaderAnswer] requests it.
	HeaderStatus = "X-Forward-Auth-Status"
	// HeaderSetCookie with a number is one Set-Cookie line: see [HeaderAnswer].
	HeaderSetCookie = "X-Forward-Auth-Set-Cookie-"
)

// MaxNumbered is the largest number of Set-Cookie lines if they are numbered. Lines
// that set a cookie come first; deletions beyond the number are left out, and the next
// response repeats them.
const MaxNumbered = 32

const ownPrefix = "X-Forward-Auth-"
