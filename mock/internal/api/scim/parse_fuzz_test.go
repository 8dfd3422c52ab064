package scim

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzFilter: a filter is read, or is a 400 or a 501, and what was read is written so
// that it is read as the same.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		`userName eq "ada@example.edu"`, `USERNAME Eq "a\"b"`, `active eq true`, userURN + `:userName eq "x"`, `name.familyName eq "x"`,
		`userName eq "a" and active eq true`, `not (userName pr)`, `emails[type eq "work"]`, `userName co "x"`, `userName eq`, `eq`, `a eq "x" or`,
		enterpriseURN + `:department eq "Law"`, `userName eq {"a":1}`, `userName eq 1e999`, ` userName  eq  "x" `, "userName eq \"\xff\"", `a eq ""b`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := parseFilter(text)
		if err != nil {
			requireRejection(t, err, "invalidFilter")
			return
		}
		again, err := parseFilter(read.String())
		require.NoError(t, err, read.String())
		require.Equal(t, read, again)
	})
}

// FuzzPath: the same of paths, whose filters are rejected as filters are.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		`active`, `name.givenName`, `emails[type eq "work"].value`, `members[value eq "a]b"]`, enterpriseURN, enterpriseURN + `:manager.displayName`,
		userURN + `:active`, `emails[type eq "work"`, `emails]`, `emails[].value`, `a.b.c`, `.a`, `a.`, `urn:x:y`, `emails[type eq "work"]x`, `emails[type eq "w"].a.b`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := parsePath(text)
		if err != nil {
			requireRejection(t, err, "invalidPath", "invalidFilter")
			return
		}
		require.NotEmpty(t, read.steps)
		again, err := parsePath(read.String())
		require.NoError(t, err, read.String())
		require.Equal(t, read, again)
	})
}

// FuzzPatch: operations on a User and on a Group are rejected, or lead to attributes that
// are clean.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`[{"op":"replace","value":{"active":false}}]`,
		`[{"op":"Replace","path":"active","value":"False"}]`,
		`[{"op":"add","path":"emails[type eq \"home\"].value","value":"x@example.edu"},{"op":"remove","path":"emails[type eq \"home\"]"}]`,
		`[{"op":"add","path":"emails","value":{"value":"y@example.edu","primary":true}}]`,
		`[{"op":"replace","value":{"name.givenName":"A","emails[type eq \"work\"].primary":"True"}}]`,
		`[{"op":"remove","path":"members","value":[{"value":"m1"}]},{"op":"add","path":"members","value":[{"value":"m2"}]}]`,
		`[{"op":"remove","path":"members[value eq \"m1\"]"}]`,
		`[{"op":"add","path":"` + enterpriseURN + `:manager","value":"m"},{"op":"remove","path":"` + enterpriseURN + `:manager.value"}]`,
		`[{"op":"replace","path":"name","value":null},{"op":"add","path":"addresses","value":[{"country":"AU"}]},{"op":"remove","path":"addresses","value":[{}]}]`,
		`[{"op":"add","path":"addresses[type eq \"work\"]","value":{"country":"AU"}}]`,
	} {
		f.Add([]byte(seed))
	}
	yes := true
	person := user{
		Schemas: []string{userURN}, ID: "m1", UserName: "ada@example.edu", Active: &yes, Name: &userName{GivenName: "Ada"},
		Emails:    []userValue{{Value: "ada@example.edu", Type: "work", Primary: true}},
		Addresses: []userAddress{{Country: "AU", Type: "work"}}, Enterprise: &userEnterprise{Manager: &userManager{Value: "m"}},
	}
	tutors := group{Schemas: []string{groupURN}, ID: "g", DisplayName: "Tutors", Members: []groupMember{{reference{Value: "m1"}, "User"}}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var operations []operation
		if json.Unmarshal(raw, &operations) != nil {
			return
		}
		for _, resource := range []struct {
			is  any
			all []attribute
		}{{person, userAttributes}, {tutors, groupAttributes}} {
			out, err := patch(resource.is, resource.all, operations)
			if err == nil {
				_, err = clean(resource.all, out) // as the caller does; it counts primary values
			}
			if err != nil {
				requireRejection(t, err, scimTypes...)
				continue
			}
			cleaned, err := clean(resource.all, out)
			require.NoError(t, err)
			require.Equal(t, out, cleaned)
		}
	})
}

var scimTypes = []string{"invalidFilter", "invalidPath", "invalidSyntax", "invalidValue", "noTarget", "mutability"}

func requireRejection(t *testing.T, err error, scimTypes ...string) {
	t.Helper()
	var wrong *protocolError
	require.True(t, errors.As(err, &wrong), "%v", err)
	require.NotEmpty(t, wrong.detail)
	switch wrong.status {
	case http.StatusNotImplemented:
		require.Empty(t, wrong.scimType)
	case http.StatusBadRequest:
		require.Contains(t, scimTypes, wrong.scimType)
	default:
		require.Fail(t, "another status", "%d", wrong.status)
	}
}
