package api

import (
	"github.com/promptgrimoire/auth/mock/internal/api/scim"
	"github.com/promptgrimoire/auth/mock/internal/core"
)

// Directory is SCIM 2.0, which a directory such as Okta or Entra speaks below the base
// URL of a SCIM connection. It is no part of Stytch's own API, so its answers and errors
// are those of RFC 7644. What is not there answers 501.
var Directory = core.Table([]core.Route{
	{Endpoint: "GET /v1/b2b/scim/{connection_id}/Users", Access: core.ByBearer, Serve: scim.Speak(scim.ListUsers)},
	{Endpoint: "POST /v1/b2b/scim/{connection_id}/Users", Access: core.ByBearer, Serve: scim.Speak(scim.CreateUser)},
	{Endpoint: "GET /v1/b2b/scim/{connection_id}/Users/{user_id}", Access: core.ByBearer, Serve: scim.Speak(scim.GetUser)},
	{Endpoint: "PUT /v1/b2b/scim/{connection_id}/Users/{user_id}", Access: core.ByBearer, Serve: scim.Speak(scim.ReplaceUser)},
	{Endpoint: "PATCH /v1/b2b/scim/{connection_id}/Users/{user_id}", Access: core.ByBearer, Serve: scim.Speak(scim.PatchUser)},
	{Endpoint: "DELETE /v1/b2b/scim/{connection_id}/Users/{user_id}", Access: core.ByBearer, Serve: scim.Speak(scim.DeleteUser)},
	{Endpoint: "GET /v1/b2b/scim/{connection_id}/Groups", Access: core.ByBearer, Serve: scim.Speak(scim.ListGroups)},
	{Endpoint: "POST /v1/b2b/scim/{connection_id}/Groups", Access: core.ByBearer, Serve: scim.Speak(scim.CreateGroup)},
	{Endpoint: "GET /v1/b2b/scim/{connection_id}/Groups/{group_id}", Access: core.ByBearer, Serve: scim.Speak(scim.GetGroup)},
	{Endpoint: "PUT /v1/b2b/scim/{connection_id}/Groups/{group_id}", Access: core.ByBearer, Serve: scim.Speak(scim.ReplaceGroup)},
	{Endpoint: "PATCH /v1/b2b/scim/{connection_id}/Groups/{group_id}", Access: core.ByBearer, Serve: scim.Speak(scim.PatchGroup)},
	{Endpoint: "DELETE /v1/b2b/scim/{connection_id}/Groups/{group_id}", Access: core.ByBearer, Serve: scim.Speak(scim.DeleteGroup)},
	{Endpoint: "GET /v1/b2b/scim/{connection_id}/ServiceProviderConfig", Access: core.ByBearer, Serve: scim.Speak(scim.ServiceProviderConfig)},
	{Endpoint: "GET /v1/b2b/scim/{connection_id}/ResourceTypes", Access: core.ByBearer, Serve: scim.Speak(scim.ResourceTypes)},
	{Endpoint: "GET /v1/b2b/scim/{connection_id}/ResourceTypes/{name}", Access: core.ByBearer, Serve: scim.Speak(scim.ResourceType)},
	{Endpoint: "GET /v1/b2b/scim/{connection_id}/Schemas", Access: core.ByBearer, Serve: scim.Speak(scim.Schemas)},
	{Endpoint: "GET /v1/b2b/scim/{connection_id}/Schemas/{name}", Access: core.ByBearer, Serve: scim.Speak(scim.Schema)},
	{Endpoint: "* /v1/b2b/scim/{connection_id}/{path...}", Access: core.ByBearer, Serve: scim.Speak(scim.Beyond)},
})
