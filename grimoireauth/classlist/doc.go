// Package classlist brings a class's roster in line with a list that a learning
// management system exports: read the file, look at the plan, apply it.
//
//	list, err := classlist.Read(file, classlist.Config{})
//	members, err := classlist.Members(ctx, client.Roster, class)
//	plan, err := classlist.NewPlan(class, list, members, classlist.Config{})
//	fmt.Print(plan) // every change, old and new
//	report, err := plan.Apply(ctx, client.Roster)
//
// [Read] reads CSV as Canvas, Moodle and Brightspace write it, [ReadEnrolled] reads
// the two files of a school's export (OneRoster, Canvas), and the module
// classlist/xlsx reads workbooks into the same [List]. testdata/README.md describes
// what each exporter writes. A file with bad rows is rejected as a whole, with the
// fault of every row ([Faults]), because an import of half a list would remove the
// other half. [Config.Note] gets a note about each line that is skipped. An unknown
// role or status is a fault.
//
// [NewPlan] makes no network call, and returns the same plan for the same list and
// roster. It adds, brings back and removes people, and changes the role, the name, the
// number and the groups ([GroupsOf]). It removes only people that an import added, and
// keeps what was added or changed by hand, with a note in the step. It rejects a list
// that would remove the last instructor, or more people than [Config.MostRemoved]
// allows, so that an empty or truncated file cannot empty a class.
//
// [Plan.Apply] stores nothing between runs. It compares the plan with the roster in
// Stytch: after a crash, apply the same plan again, and it does what is left. A plan
// that is applied twice changes nothing the second time.
package classlist
