package signin

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"rsc.io/qr"
)

// Page is what a template is executed with. Fields that a page has no use for
// are empty.
type Page struct {
	Prefix string // where the forms go: Prefix + "start", "code", "callback", "new-password", "logout"
	Home   string // the application's own first page

	Notice    string // what went wrong and what to do, a fixed sentence
	Class     string // the class as it was asked for: an organization_id or a slug
	ClassName string // what to call it: its slug, or its name once somebody has signed in
	Email     string // the address as it was typed
	ReturnTo  string // field "return_to"
	Minutes   int    // how long a link works
	Method    string // what "sent" has sent: "magic_link" or "reset"

	// Again says on "sent", "code" and "factor" that the message was asked for a moment
	// ago, perhaps in another browser, and how long another one is not sent: "20
	// seconds". Empty: it was sent now.
	Again string

	// Instead says on "code" that codes of this address are not looked at for a while, and
	// what can be e-mailed in their place: "magic_link", or "reset" for a link to set a
	// password. Empty: codes are looked at, or the class has neither.
	Instead string

	Ways      Ways // what "sign-in" and "which-class" offer
	Password  bool // somebody is about to sign in by password
	Discovery bool // "which-class": classes can be found without naming one

	// Attempt names the attempt to sign in that the page belongs to: field "attempt" of
	// every form on it, and part of every address that [Page.To] returns. Empty: none
	// has begun.
	Attempt   string
	Elsewhere bool // "confirm" and "account": this browser did not ask for the link
	// Account is the address of an account that was not asked for: "account" asks
	// whether to go on as this person, where Email was asked for, or nothing was
	// (Elsewhere).
	Account string
	// Impersonation says that the button signs an administrator in as somebody else.
	Impersonation bool

	Advice []string // what would make a new password better

	OtherClasses bool // another class can be chosen instead: Prefix + "classes"
	Choice       Choice
	Factors      SecondFactors
	Enrolment    Enrolment
}

// methodReset is the word for a password that is forgotten, or not there yet, in
// the place where others say which method.
const methodReset = "reset"

// ClassTitle returns what to call the class, "" if there is nothing better than
// an id that nobody recognises.
func (p Page) ClassTitle() string {
	switch {
	case p.ClassName != "":
		return p.ClassName
	case strings.HasPrefix(p.Class, "organization-"):
		return ""
	}
	return p.Class
}

// To returns the address of a page of the same attempt, such as "factor".
func (p Page) To(path string) string {
	if p.Attempt == "" {
		return p.Prefix + path
	}
	return p.Prefix + path + "?attempt=" + p.Attempt
}

// Begin returns the address of the page to begin again with the same class and the
// same return address.
func (p Page) Begin() string {
	if query := startQuery(p.Class, p.ReturnTo); query != "" {
		return p.Prefix + "?" + query
	}
	return p.Prefix
}

// beginning is the query with which somebody begins to sign in.
func startQuery(class, returnTo string) string {
	query := url.Values{}
	if class != "" {
		query.Set("class", class)
	}
	if returnTo != "" {
		query.Set("return_to", returnTo)
	}
	return query.Encode()
}

// Ways are the ways to sign in that a page offers: what the class allows, as far as
// the Handler serves it. The zero Ways are none.
type Ways struct {
	MagicLink, EmailCode, Password bool
	Providers                      []Provider // the school's identity provider first
	// Unsure says that it could not be found out which ways the class has, so that there
	// may be others, such as single sign-on: offer [Page.Begin] to look again.
	Unsure bool
}

// Any reports whether there is a way at all.
func (w Ways) Any() bool { return w.ByEmail() || w.Password || len(w.Providers) > 0 }

// ByEmail reports whether something can be e-mailed that signs in.
func (w Ways) ByEmail() bool { return w.MagicLink || w.EmailCode }

// Provider is a link to sign in at somebody else's page: by OAuth, or at the identity
// provider of a school.
type Provider struct {
	Name string // "Google", or what the class calls its identity provider
	URL  string // on this host; plain links, since browsers hold redirects of forms to form-action
}

// Choice is a list of classes to go to. Each is a form with the field "class", sent
// to Prefix + "classes", or to Prefix + "switch" by somebody who is signed in.
type Choice struct {
	Switching bool                 // they are signed in
	Current   grimoireauth.ClassID // to this class; empty: to none, or nobody could say
	Listed    bool                 // Classes is all there is; otherwise nobody could say
	Classes   []ClassChoice
}

// Others reports whether there is a class to go to.
func (c Choice) Others() bool {
	return slices.ContainsFunc(c.Classes, func(one ClassChoice) bool { return one.ID != c.Current })
}

// ClassChoice is one of them.
type ClassChoice struct {
	ID       grimoireauth.ClassID
	Name     string
	Standing string // how they stand to it: "You are in this class."
	Asks     string // what it asks for besides; empty: nothing
}

// SecondFactors say what the page "factor" asks for. Each is a form of its own;
// codes go to Prefix + "factor" with the fields "factor" and "code".
type SecondFactors struct {
	SMSCode  bool // the code of an SMS that is on its way: factor "sms_otp"
	SendSMS  bool // a button that sends one: Prefix + "factor/send"
	AskPhone bool // the number to send it to, field "phone" of the same
	AppCode  bool // the code that an authenticator app shows: factor "totp"
	Recovery bool // instead of the app: factor "recovery_code"
	EnrolApp bool // a button that sets an app up: Prefix + "factor/enrol"
}

// Any reports whether the page can do anything that the class asks for.
func (f SecondFactors) Any() bool {
	return f.SMSCode || f.SendSMS || f.AskPhone || f.AppCode || f.Recovery || f.EnrolApp
}

// First returns the form that is to have the focus.
func (f SecondFactors) First() string {
	switch {
	case f.SMSCode:
		return "sms"
	case f.AppCode:
		return "app"
	case f.AskPhone:
		return "phone"
	}
	return ""
}

// Enrolment is what somebody needs to set an authenticator app up. It stands on the
// page "enrol" and goes with its form from try to try, under the names in quotes,
// since nobody can ask for it again. All of it is secret.
type Enrolment struct {
	Key           string   // "key": what to type if the app cannot scan, base32
	URI           string   // "uri": what the picture says; empty if it fits none
	RecoveryCodes []string // "recovery", each
}

const maxURI = 2331 // bytes; a QR code of the level used here holds as many

var (
	appKeyForm = regexp.MustCompile(`^[A-Z2-7]{16,128}=*$`)
	uriForm    = regexp.MustCompile(`^otpauth://totp/[!-~]+$`)
)

// Picture returns the QR code as a data: URL, empty if there is none.
func (e Enrolment) Picture() template.URL {
	if !uriForm.MatchString(e.URI) || len(e.URI) > maxURI {
		return ""
	}
	code, err := qr.Encode(e.URI, qr.M)
	if err != nil {
		return "" // the key can still be typed
	}
	code.Scale = 4
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG()))
}

// Groups returns the key in groups of four, as it is easiest to type.
func (e Enrolment) Groups() string {
	var groups []string
	for rest := e.Key; rest != ""; {
		n := min(4, len(rest))
		groups, rest = append(groups, rest[:n]), rest[n:]
	}
	return strings.Join(groups, " ")
}

// PageNames returns the names of the templates that Config.Pages must have.
//
// To begin: "sign-in" (the ways of a class), "which-class", "sent" (look into your
// mail), "code" (the code in it), "confirm" (one button), "account" (the link was for
// another address than the one that was asked for, or was not asked for in this
// browser), "new-password". To go on:
// "classes" (which of these?), "factor" (the second factor), "enrol" (set an
// authenticator app up). To end: "sign-out" (one button), "signed-out", which links
// the style sheet {{.Prefix}}signed-out.css: that is what keeps the button "back" from
// showing pages of the class. In between: "message", which says why there is nothing
// else here, and leads on.
func PageNames() []string {
	return []string{
		"sign-in", "which-class", "sent", "code", "confirm", "account", "new-password",
		"classes", "factor", "enrol",
		"sign-out", "signed-out", "message",
	}
}

//go:embed pages
var pageFiles embed.FS

// DefaultPages returns the built-in pages, to be changed and given to Config.Pages:
// an application that only wants its own frame redefines the templates "top" (all
// before the content; it is executed with the title) and "bottom". Every call
// returns a new copy.
func DefaultPages() *template.Template {
	return template.Must(template.New("pages").ParseFS(pageFiles, "pages/*.html"))
}

var builtIn = DefaultPages()

// policy is the Content-Security-Policy of the pages: no script, nothing from
// elsewhere, and the style of the built-in frame by its hash. "data:" is for the
// picture that an authenticator app reads.
var policy = func() string {
	frame, err := pageFiles.ReadFile("pages/frame.html")
	if err != nil {
		panic(err) // it is embedded
	}
	_, style, _ := strings.Cut(string(frame), "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()
