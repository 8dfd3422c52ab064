package forwardauth

// The headers in which the proxy describes the request that it got. Each stands there once
// or not at all; the proxy sets or removes all of them, whatever the client has sent. All
// other headers of the request that the guard looks at are passed on as they came: Cookie,
// Authorization, Origin, Accept, Referer, Sec-Fetch-Mode, Sec-Fetch-Site, and those that
// Config.ClientAddress reads.
const (
	// HeaderSecret holds the secret that the proxy and the Handler share. Required.
	HeaderSecret = "X-Forward-Auth-Secret"
	// HeaderMethod is the method of the request. Required.
	HeaderMethod = "X-Forward-Auth-Method"
	// HeaderURI is the path with the query, as the client sent it and as the service
	// behind the proxy gets it. Required.
	HeaderURI = "X-Forward-Auth-Uri"
	// HeaderHost is the host and the port that the client has asked for. Required.
	HeaderHost = "X-Forward-Auth-Host"
	// HeaderProto is "http" or "https", as the client reaches the proxy. Required.
	HeaderProto = "X-Forward-Auth-Proto"
	// HeaderUpgrade is the Upgrade header of the request. Missing or empty: it has none.
	HeaderUpgrade = "X-Forward-Auth-Upgrade"
	// HeaderLength is the Content-Length of the request. Missing or empty: it has no body,
	// or one whose length is not known.
	HeaderLength = "X-Forward-Auth-Length"
	// HeaderProxyClass is the class that the request is about, where the proxy knows it:
	// see [ProxyClass].
	HeaderProxyClass = "X-Forward-Auth-Class"
	// HeaderAnswer with the value "auth_request" asks for an answer that nginx's module of
	// that name passes on. Refusals with another status than 401 and 403 are 403, and
	// [HeaderStatus] has the true status; and each Set-Cookie line has a header of its own,
	// HeaderSetCookie and a number from 1 to [MaxNumbered], since the module takes the first
	// of several headers with one name.
	HeaderAnswer = "X-Forward-Auth-Answer"
)

// The headers of a 204 that the proxy sets on the request to the service, in place of what
// the client has sent under these names. Missing: the proxy removes them. Bytes that are no
// letter, digit or one of "-._~$&+:=@" are percent-encoded (RFC 3986, 2.1); Stytch's ids have none.
const (
	// HeaderMember is the Stytch member id of the person. Missing: the request proves no session, on
	// a public route.
	HeaderMember = "X-Auth-Member"
	// HeaderOrganization is the Stytch organization id of the session.
	HeaderOrganization = "X-Auth-Organization"
	// HeaderClass is the class that was decided about. Missing: the route is about none.
	HeaderClass = "X-Auth-Class"
	// HeaderRole is what the member is in this class: "student", "tutor", "instructor" or
	// "coordinator".
	HeaderRole = "X-Auth-Role"
)

// The other headers of an answer that a proxy reads.
const (
	// HeaderUpstreamCookie, of a 204, is the Cookie header for the service: that of the
	// request without everything that belongs to the session.
	HeaderUpstreamCookie = "X-Forward-Auth-Cookie"
	// HeaderUpstreamAuthorization, of a 204, is the Authorization header for the service.
	// It is missing if the guard reads bearer tokens.
	HeaderUpstreamAuthorization = "X-Forward-Auth-Authorization"
	// HeaderCacheControl, of a 204, is the Cache-Control of the service's answer if the
	// service sets none, and in any case if the answer brings cookies.
	HeaderCacheControl = "X-Forward-Auth-Cache-Control"
	// HeaderStatus is the true status of the answer, where [HeaderAnswer] asks for it.
	HeaderStatus = "X-Forward-Auth-Status"
	// HeaderSetCookie and a number is one Set-Cookie line: see [HeaderAnswer].
	HeaderSetCookie = "X-Forward-Auth-Set-Cookie-"
)

// MaxNumbered is how many Set-Cookie lines an answer has at most where they are numbered.
// What sets a cookie comes first; deletions beyond it are left out, which the next answer
// repeats.
const MaxNumbered = 32

const ownPrefix = "X-Forward-Auth-"
