// Package debug answers /v1/debug.
package debug

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// projectName is the name of every project of the mock.
const projectName = "mock"

// whoamiResponse is the response of GET /v1/debug/whoami.
type whoamiResponse struct {
	wire.Envelope
	ProjectID string `json:"project_id"`
	Name      string `json:"name"`
}

// Whoami names the project of the credentials: the cheapest check of a secret.
// Source: the client Debug of stytch-go v16.41.0
func Whoami(c *core.Request) (wire.Success, error) {
	return &whoamiResponse{ProjectID: c.ProjectID, Name: projectName}, nil
}
