package browser

import (
	"net/http"
	"net/url"
	"time"
)

// Document is what the browser reads of a page's HTML. Addresses are as the
// page wrote them; [Tab] resolves them against Base.
type Document struct {
	Title     string
	Text      string // what a person reads, with white space folded
	Base      string // of <base href>
	Forms     []*Form
	Links     []*Link
	Resources []Resource // in the order of the page
	Refresh   *Refresh   // nil: none
	Referrer  string     // policy of <meta name="referrer">
}

// Link is an <a href>.
type Link struct {
	Address string
	Text    string
	Target  string
	Rel     string
}

// Resource is a file that the page loads: a style sheet, a script or an image.
type Resource struct {
	Kind    Kind
	Address string
}

// Refresh is a <meta http-equiv="refresh"> or a Refresh header.
type Refresh struct {
	After   time.Duration
	Address string // empty: the page itself
}

// Form is a <form> with its fields and buttons in the order of the page.
type Form struct {
	ID, Name   string
	Method     string // "GET" or "POST"
	Action     string // empty: the page's own address
	Target     string
	Enctype    string
	NoValidate bool
	Fields     []*Field
	Buttons    []*Button
}

// Field is an <input>, <select> or <textarea> of a form.
type Field struct {
	Name     string
	Type     string // of an input, in lower case; "select", "textarea"
	Value    string // before a person changes it
	Checked  bool   // of a checkbox or radio button
	Required bool
	Disabled bool
	Multiple bool     // of a select
	Options  []Option // of a select
}

// Option is an <option> of a select.
type Option struct {
	Value, Text string
	Selected    bool
	Disabled    bool
}

// Button is what submits a form: a <button> or an <input type="submit">.
type Button struct {
	Name, Value    string
	Text           string
	Action, Method string // formaction and formmethod, if given
	Target         string // formtarget, if given
	NoValidate     bool
	Disabled       bool
}

// Page is a document in a tab, or the error page that a browser shows instead.
// It does not change.
type Page struct {
	Tab      *Tab     // where it is shown
	Name     string   // of the event that brought it
	Address  *url.URL // where it came from, after all redirects
	Method   string   // that it was asked for with, after all redirects
	Status   int      // 0: an error page
	Header   http.Header
	Body     string
	Document *Document // never nil
	Err      error     // why it is an error page
}

// Path returns the path of the page's address.
func (p *Page) Path() string { return p.Address.Path }
