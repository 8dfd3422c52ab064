package signin

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
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
	if query := beginning(p.Class, p.ReturnTo); query != "" {
		return p.Prefix + "?" + query
	}
	return p.Prefix
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

// show writes a page. It is made in full before anything is sent, so that a
// template that fails does not leave half a form.
func (h *Handler) show(w http.ResponseWriter, status int, name string, page Page) {
	page.Prefix, page.Home = h.config.prefix(), h.config.home()
	page.Minutes = int(h.config.linkLife() / time.Minute)
	var body bytes.Buffer
	if err := h.config.pages().ExecuteTemplate(&body, name, page); err != nil {
		// The template is the application's own, and so is the text of its error.
		if count := h.alarms.Met("page template failed " + name); count > 0 {
			h.config.logger().Error("page template failed", "page", name, "error", err.Error(), "count", count)
		}
		body.Reset()
		status, page.Notice = http.StatusInternalServerError, "This page cannot be shown, because of a fault of this site. Please try again later, or tell those who run it."
		if err := builtIn.ExecuteTemplate(&body, "message", page); err != nil {
			panic(err) // it is embedded, and tested
		}
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Frame-Options", "DENY")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that is gone is no error of ours
}

// note logs what may happen every day.
func (h *Handler) note(r *http.Request, what string, err error) {
	if err == nil {
		h.config.logger().InfoContext(r.Context(), what)
		return
	}
	h.config.logger().InfoContext(r.Context(), what, "error", safeText(err))
}

// fault logs what the operator should look at: once a minute for each cause, with how
// often it was met since the last line.
func (h *Handler) fault(r *http.Request, what string, err error) {
	if count := h.alarms.Met(what + " " + causeOf(err)); count > 0 {
		h.config.logger().ErrorContext(r.Context(), what, "error", safeText(err), "count", count)
	}
}

// causeOf is what errors of one cause have in common; ids that differ each time are not.
func causeOf(err error) string {
	var own *applicationError
	if errors.As(err, &own) {
		return own.function
	}
	var explained *grimoireauth.Error
	if errors.As(err, &explained) {
		return fmt.Sprint(explained.Kind, explained.Status, explained.Type)
	}
	return fmt.Sprintf("%T", err)
}

// safeText is the text of the errors that promise to hold no secret and no
// address, the whole text of those that the application returned, and the type of
// all others.
func safeText(err error) string {
	var own *applicationError
	if errors.As(err, &own) {
		return own.Error()
	}
	var explained *grimoireauth.Error
	if errors.As(err, &explained) {
		return explained.Error()
	}
	if errors.Is(err, middleware.ErrMisconfigured) {
		return err.Error()
	}
	return fmt.Sprintf("%T", err)
}
