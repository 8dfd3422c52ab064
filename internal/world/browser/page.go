package browser

import (
	"net/http"
	"net/url"
)

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
