package connectguard

import (
	"net/http"

	"connectrpc.com/connect"
	"github.com/promptgrimoire/auth/middleware"
)

// Respond is a middleware.Config.Respond: what Guard.Protect refuses, it writes in the
// protocol of the call, as the interceptor does. Other requests get the guard's answer.
func Respond(w http.ResponseWriter, r *http.Request, err error) {
	if !inProtocol.IsSupported(r) {
		otherwise(w, r, err)
		return
	}
	// That the client is gone is no error of ours.
	_ = inProtocol.Write(w, r, refusal(r.Context(), r.URL.Path, err))
}

var (
	inProtocol = connect.NewErrorWriter(connect.WithRequireConnectProtocolHeader()) // or a page would be one of its calls
	otherwise  = middleware.DefaultRespond("")
)
