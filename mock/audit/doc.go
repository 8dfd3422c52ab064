// Package audit checks who may use the routes of an application. It calls each route
// without credentials, as a student, as an instructor, as an instructor of another
// class, and as a student whose session was revoked, and compares the answers with a
// table:
//
//	err := audit.Run(stytch, handler, audit.Config{Attach: guard.Attach},
//		audit.Route{Pattern: "GET /classes/{class}", Allow: []audit.Caller{audit.Student, audit.Instructor}},
//		audit.Route{Pattern: "GET /classes/{class}/roster", Allow: []audit.Caller{audit.Instructor}},
//	)
//
// The error of [Run] is the matrix of all answers. [Config] finds routes that are
// missing in the table. An application whose classes are not Organizations of Stytch
// says by [School] where the people are.
package audit
