package connectguard

import (
	"net/http"

	"connectrpc.com/connect"
	"github.com/promptgrimoire/auth/middleware"
)

// Respond is a middleware.Config.Respond: it writes the errors of Guard.Protect in the
// protocol of the call, as the interceptor does. Other requests get the guard's
// response.
func Respond(w http.ResponseWriter, r *http.Request, err error) {
	if !inProtocol.IsSupported(r) {
		otherwise(w, r, err)
		return
	}
	// A client that is gone is not an error.
	_ = inProtocol.Write(w, r, refusal(r.Context(), r.URL.Path, err))
}

var (
	inProtocol = connect.NewErrorWriter(connect.WithRequireConnectProtocolHeader()) // otherwise a page would be taken for one of its calls
	otherwise  = middleware.DefaultRespond("")
)
