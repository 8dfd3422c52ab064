// Package classlist brings a class's roster in line with a list that a learning
// management system exports: read the file, look at the plan, apply it.
//
//	list, err := classlist.Read(file, classlist.Config{})
//	members, err := classlist.Members(ctx, client.Roster, class)
//	plan, err := classlist.NewPlan(class, list, members, classlist.Config{})
//	fmt.Print(plan) // every change, old and new
//	report, err := plan.Apply(ctx, client.Roster)
//
// [Read] understands CSV as Canvas, Moodle and Brightspace write it, and
// [ReadEnrolled] the two files of a school's export (OneRoster, Canvas); the module
// classlist/xlsx reads workbooks into the same [List]. What each exporter writes is in
// testdata/README.md. A file with bad rows is refused as a whole, with the fault of
// every row ([Faults]): half a class list is worse than none. What is passed over is
// told ([Config.Note]), and a word that is not known is a fault, never a guess.
//
// [NewPlan] makes no network call, and the same list and roster make the same
// plan. It adds, brings back, removes, and changes the role, the name, the number and
// the groups ([GroupsOf]). It removes only people that an import added; what was
// added or changed by hand stays, and the step says so. It refuses to take the last
// instructor away, and to remove more people than [Config.MostRemoved] allows, so that
// an empty or truncated file cannot empty a class.
//
// [Plan.Apply] keeps nothing of its own between runs. Stytch is the record: after a
// crash, apply the same plan again, and it does what is left. Applied once more,
// it changes nothing.
package classlist
