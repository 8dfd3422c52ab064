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

// Page is the data of a template. Fields that a page does not use are empty.
type Page struct {
	Prefix string // where the forms go: Prefix + "start", "code", "callback", "new-password", "logout"
	Home   string // the application's own first page

	Notice    string // what went wrong and what to do, a fixed sentence
	Class     string // the class as the request named it: an organization_id or a slug
	ClassName string // its name, or its slug if the name is not known here
	Email     string // the address as it was typed
	ReturnTo  string // field "return_to"
	Minutes   int    // how long a link works
	Method    string // what "sent" has sent: "magic_link" or "reset"

	// Again says on "sent", "code" and "factor" that the message was requested a moment
	// ago, perhaps in another browser, and how long no other one is sent: "20 seconds".
	// Empty: the message was sent now.
	Again string

	// Instead says on "code" that codes for this address are not checked for a while,
	// and what can be e-mailed in their place: "magic_link", or "reset" for a link to
	// set a password. Empty: codes are checked, or the class has neither.
	Instead string

	Methods   Methods // what "sign-in" and "which-class" offer
	Password  bool    // the person chose to sign in by password
	Discovery bool    // "which-class": classes can be found without naming one

	// Attempt names the attempt to sign in that the page belongs to: field "attempt" of
	// every form on it, and part of every address that [Page.To] returns. Empty: no
	// attempt has begun.
	Attempt   string
	Elsewhere bool // "confirm" and "account": this browser did not request the link
	// Account is the address of an account that was not requested: "account" asks
	// whether to sign in to it, where Email was requested, or no link was (Elsewhere).
	Account string
	// Impersonation says that the button signs an administrator in as another member.
	Impersonation bool

	Advice []string // how to make a new password better

	OtherClasses bool // another class can be chosen instead: Prefix + "classes"
	Choice       Choice
	Factors      SecondFactors
	Enrollment   Enrollment
}

// methodReset stands for a link to set a password where other values are methods.
const methodReset = "reset"

// ClassTitle returns the name to show for the class, or "" if only its id is known.
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

// withNotice returns the page with another notice.
func (p Page) withNotice(notice string) Page {
	p.Notice = notice
	return p
}

// Begin returns the address of the page to begin again with the same class and the
// same return address.
func (p Page) Begin() string {
	if query := startQuery(p.Class, p.ReturnTo); query != "" {
		return p.Prefix + "?" + query
	}
	return p.Prefix
}

// startQuery returns the query of the sign-in page.
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

// Methods are the sign-in methods that a page offers: what the class allows and the
// Handler serves. The zero value has none.
type Methods struct {
	MagicLink, EmailCode, Password bool
	Providers                      []Provider // the school's identity provider first
	// Unsure says that the methods of the class could not be looked up, so that there
	// may be others, such as single sign-on: offer [Page.Begin] to look again.
	Unsure bool
}

// Any reports whether there is at least one method.
func (w Methods) Any() bool { return w.ByEmail() || w.Password || len(w.Providers) > 0 }

// Schools returns the identity providers of schools. If there is one, it is the most common
// method of the class and stands first.
func (w Methods) Schools() []Provider { return w.providers(true) }

// Accounts returns the other providers.
func (w Methods) Accounts() []Provider { return w.providers(false) }

func (w Methods) providers(school bool) []Provider {
	return slices.DeleteFunc(slices.Clone(w.Providers), func(p Provider) bool { return p.School != school })
}

// ByEmail reports whether there is a method by e-mail.
func (w Methods) ByEmail() bool { return w.MagicLink || w.EmailCode }

// Provider is a link to sign in at another host: by OAuth, or at the identity provider
// of a school.
type Provider struct {
	Name   string // "Google", or what the class calls its identity provider
	URL    string // on this host; a link and no form, since browsers apply form-action to the redirects of forms
	School bool   // it is the identity provider of a school
	mark   string // see Mark
}

// Choice is a list of classes to choose from. Each is a form with the field "class",
// sent to Prefix + "classes", or to Prefix + "switch" if the person is signed in.
type Choice struct {
	Switching bool                 // the person is signed in
	Current   grimoireauth.ClassID // to this class; empty: to none, or it is not known
	Listed    bool                 // Classes is complete; otherwise the list is not known
	Classes   []ClassChoice
}

// Others reports whether the list has another class than Current.
func (c Choice) Others() bool {
	return slices.ContainsFunc(c.Classes, func(one ClassChoice) bool { return one.ID != c.Current })
}

// ClassChoice is one class of a [Choice].
type ClassChoice struct {
	ID         grimoireauth.ClassID
	Name       string
	Membership string // the membership in words: "You are in this class."
	Asks       string // what the class requires besides; empty: nothing
}

// SecondFactors say which forms the page "factor" has. Codes are sent to Prefix +
// "factor" with the fields "factor" and "code".
type SecondFactors struct {
	SMSCode   bool // for the code of an SMS that was sent: factor "sms_otp"
	SendSMS   bool // a button that sends one: Prefix + "factor/send"
	AskPhone  bool // the phone number, field "phone" of the same form
	AppCode   bool // for the code that an authenticator app shows: factor "totp"
	Recovery  bool // instead of the app: factor "recovery_code"
	EnrollApp bool // a button that sets an app up: Prefix + "factor/enrol"
}

// Any reports whether the page has at least one form.
func (f SecondFactors) Any() bool {
	return f.SMSCode || f.SendSMS || f.AskPhone || f.AppCode || f.Recovery || f.EnrollApp
}

// First returns the form that gets the focus.
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

// Enrollment is what a person needs to set an authenticator app up. The page "enrol"
// shows it, and its form sends it back on each try, with the field names in quotes,
// since Stytch shows it only once. All of it is secret.
type Enrollment struct {
	Key           string   // "key": to type if the app cannot scan, base32
	URI           string   // "uri": the text of the QR code; empty if it does not fit
	RecoveryCodes []string // "recovery", one field each
}

const maxURI = 2331 // bytes; a QR code of the level used here holds no more

var (
	appKeyForm = regexp.MustCompile(`^[A-Z2-7]{16,128}=*$`)
	uriForm    = regexp.MustCompile(`^otpauth://totp/[!-~]+$`)
)

// Picture returns the QR code as a data: URL, or "" if there is none.
func (e Enrollment) Picture() template.URL {
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

// Groups returns the key in groups of four characters.
func (e Enrollment) Groups() string {
	var groups []string
	for rest := e.Key; rest != ""; {
		n := min(4, len(rest))
		groups, rest = append(groups, rest[:n]), rest[n:]
	}
	return strings.Join(groups, " ")
}

// PageNames returns the names of the templates that Config.Pages must have.
//
// To begin: "sign-in" (the methods of a class), "which-class", "sent" (a link is on its
// way), "code" (the form for a code), "confirm" (one button), "account" (the link was
// for another address than the requested one, or this browser did not request it),
// "new-password". To continue: "classes" (choose one), "factor" (the second factor),
// "enrol" (set an authenticator app up). To end: "sign-out" (one button), "signed-out",
// which links the style sheet {{.Prefix}}signed-out.css: without it the button "back"
// shows pages of the class. "message" explains why an address has no other page, and
// links to the next one.
func PageNames() []string {
	return []string{
		"sign-in", "which-class", "sent", "code", "confirm", "account", "new-password",
		"classes", "factor", "enrol",
		"sign-out", "signed-out", "message",
	}
}

//go:embed pages
var pageFiles embed.FS

// DefaultPages returns the built-in pages, to be changed and given to Config.Pages: an
// application that only wants its own frame redefines the templates "top" (everything
// before the content; it is executed with the title) and "bottom". Every call returns a
// new copy.
func DefaultPages() *template.Template {
	return template.Must(template.New("pages").ParseFS(pageFiles, "pages/*.html"))
}

var builtIn = DefaultPages()

// policy is the Content-Security-Policy of the pages: no script, nothing from other
// hosts, and the style of the built-in frame by its hash. "data:" is for the QR code
// and the icon.
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
