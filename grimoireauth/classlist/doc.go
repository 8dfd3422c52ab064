// Package classlist brings a class's roster in line with a list that a learning
// management system exports: read the file, look at the plan, apply it.
//
//	list, err := classlist.Read(file, classlist.Config{})
//	members, err := classlist.Members(ctx, client.Roster, class)
//	plan, err := classlist.NewPlan(class, list, members, classlist.Config{})
//	fmt.Print(plan) // every row and what becomes of it
//	report, err := plan.Apply(ctx, client.Roster)
//
// [Read] understands CSV as Moodle and Canvas write it; the module
// classlist/xlsx reads Moodle's workbooks into the same [List]. A file with bad
// rows is refused as a whole, with the fault of every row ([Faults]): half a
// class list is worse than none.
//
// [NewPlan] is pure: it asks nobody, and the same list and roster make the same
// plan. It adds, brings back, changes roles and removes. It removes only people
// whom an import added; who was added by hand stays, and a role that was changed
// by hand stays changed. It refuses to take the last instructor away, and to
// remove more people than [Config.MostRemoved] allows, so that an empty or
// truncated file cannot empty a class.
//
// [Plan.Apply] keeps nothing of its own between runs. Stytch is the record: after a
// crash, apply the same plan again, and it does what is left. Applied once more,
// it changes nothing.
package classlist
