package browser

// Script is what the scripts of a tab's current page can do with cookies.
type Script struct{ tab *Tab }

// Script returns the script of the tab's current page.
func (t *Tab) Script() Script { return Script{t} }

// Cookies returns document.cookie: the cookies of the page's address that are
// not HttpOnly, as "a=b; c=d".
func (s Script) Cookies() string {
	page := s.tab.Page()
	if page == nil || page.Err != nil {
		return ""
	}
	return cookieHeader(s.tab.browser.jar.Send(Access{URL: page.Address, Method: "GET", TopLevel: true, Script: true}))
}

// Cookie returns the value of the first cookie of that name which a script can
// read.
func (s Script) Cookie(name string) (string, bool) {
	page := s.tab.Page()
	if page == nil || page.Err != nil {
		return "", false
	}
	for _, c := range s.tab.browser.jar.Send(Access{URL: page.Address, Method: "GET", TopLevel: true, Script: true}) {
		if c.Name == name {
			return c.Value, true
		}
	}
	return "", false
}

// SetCookie is document.cookie = line. A real script does not learn whether the
// browser stored the cookie; a simulation may.
func (s Script) SetCookie(line string) error {
	page := s.tab.Page()
	if page == nil || page.Err != nil {
		return ErrNotFound
	}
	_, err := s.tab.browser.jar.Receive(Access{URL: page.Address, Method: "GET", TopLevel: true, Script: true}, line)
	return err
}
