package signin_test

import (
	"html/template"
	"log"
	"os"

	"github.com/promptgrimoire/auth/middleware/signin"
)

// show executes a page of an application's own.
func show(text string, page signin.Page) {
	if err := template.Must(template.New("page").Parse(text)).Execute(os.Stdout, page); err != nil {
		log.Fatal(err)
	}
}

// The page of a class that is called by its name where it has one.
func ExamplePage() {
	show("{{.Notice}} Sign in to {{.ClassTitle}}.\n", signin.Page{ClassName: "laws1100", Notice: "That link was used already."})
	// Output: That link was used already. Sign in to laws1100.
}

// Which class? Each is a form of its own.
func ExampleChoice() {
	show(`{{if .Choice.Others}}{{range .Choice.Classes}}<button name="class" value="{{.ID}}">{{.Name}}</button> {{.Membership}}
{{end}}{{end}}`, signin.Page{Choice: signin.Choice{Listed: true, Classes: []signin.ClassChoice{
		{ID: "organization-1", Name: "Torts", Membership: "You are in this class."},
		{ID: "organization-2", Name: "Equity", Membership: "You have been invited."},
	}}})
	// Output:
	// <button name="class" value="organization-1">Torts</button> You are in this class.
	// <button name="class" value="organization-2">Equity</button> You have been invited.
}

// What the class asks for besides.
func ExampleSecondFactors() {
	show("{{if .Factors.AppCode}}The code that your app shows{{end}}{{if not .Factors.Any}}Please ask your instructor{{end}}\n",
		signin.Page{Factors: signin.SecondFactors{AppCode: true, Recovery: true}})
	// Output: The code that your app shows
}

// An authenticator app that cannot scan: the key, as it is easiest to type.
func ExampleEnrollment() {
	show("{{.Enrollment.Groups}}{{range .Enrollment.RecoveryCodes}} or {{.}}{{end}}\n",
		signin.Page{Enrollment: signin.Enrollment{Key: "JBSWY3DPEHPK3PXP", RecoveryCodes: []string{"abcd-efgh-1234"}}})
	// Output: JBSW Y3DP EHPK 3PXP or abcd-efgh-1234
}
