// Package contract holds what goes over the wire to Stytch's own description of
// its B2B API. Only tests import it.
//
//	func TestMain(m *testing.M) { os.Exit(contract.Run(m, contract.Mock)) }
//
// The description is facts only (testdata/operations.json): the 97 operations with
// their parameters, and the fields of their bodies with type, required and enum. Two
// rules of ours are stricter: a required field is never null, and a field whose name
// ends in _at is empty or RFC 3339. Refusals are held to Stytch's envelope and to the
// error types with their statuses (testdata/errors.json).
//
// [Operation.Variants] generates requests that change one thing of a good one, and
// [Score] checks the answers.
//
// [Answer] and [Request] compare one exchange; [Watch] compares every exchange of a
// test binary. A known difference has a line in testdata/ledger.json with its
// reason. A difference without a line fails the tests, and so does a line that no
// longer differs.
package contract
