package browser

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Click follows a link of the current page, found as [Page.Link] finds it. With
// target=_blank the page opens in another tab, which is the returned page's.
func (t *Tab) Click(link string) (*Page, error) {
	page := t.Page()
	if page == nil {
		return nil, ErrNotFound
	}
	l := page.Link(link)
	if l == nil {
		return nil, fmt.Errorf("%w: the link %q", ErrNotFound, link)
	}
	e, err := t.fromPage(l.Address)
	if err != nil {
		return nil, err
	}
	e.user, e.noReferrer = true, strings.Contains(" "+l.Rel+" ", " noreferrer ")
	return t.in(l.Target).visit(e, push)
}

// Submit fills in a form of the current page and presses one of its buttons
// (found as [Form.Button] finds it). fields are what a person enters: the text
// of a field, the value of a chosen radio button or option, the values of the
// ticked checkboxes of a name (an empty list unticks them all). What is not named stays as the page has it. A person
// cannot enter anything into a field that the form does not have or that is
// hidden: that is ErrNotFound; [Tab.Post] can.
func (t *Tab) Submit(f *Form, fields url.Values, button string) (*Page, error) {
	page := t.Page()
	if page == nil || f == nil || !slices.Contains(page.Document.Forms, f) {
		return nil, fmt.Errorf("%w: the form", ErrNotFound)
	}
	pressed := f.Button(button)
	if pressed == nil && button != "" || pressed != nil && pressed.Disabled {
		return nil, fmt.Errorf("%w: the button %q", ErrNotFound, button)
	}
	if pressed == nil {
		pressed = &Button{} // the return key in a form without a button
	}
	pairs, err := f.fill(fields, f.NoValidate || pressed.NoValidate)
	if err != nil {
		return nil, err
	}
	if pressed.Name != "" {
		pairs = append(pairs, pair{pressed.Name, pressed.Value})
	}
	e, err := t.formEntry(page, or(pressed.Action, f.Action), or(pressed.Method, f.Method), encode(pairs))
	if err != nil {
		return nil, err
	}
	e.user = true
	return t.in(or(pressed.Target, f.Target)).visit(e, push)
}

// Post posts fields to an address in a form that the current page's script made
// and submitted, without a person. It is how another site forges a request.
func (t *Tab) Post(address string, fields url.Values) (*Page, error) {
	page := t.Page()
	if page == nil {
		return nil, ErrNotFound
	}
	e, err := t.formEntry(page, address, "POST", fields.Encode())
	if err != nil {
		return nil, err
	}
	return t.visit(e, push)
}

// formEntry is the navigation that a form begins.
func (t *Tab) formEntry(page *Page, action, method, data string) (*entry, error) {
	u := page.Address
	if action != "" {
		var err error
		if u, err = page.resolve(action); err != nil {
			return nil, err
		}
	}
	if !formActionAllows(page, u) {
		return nil, fmt.Errorf("%w: form-action does not allow the address", ErrBlocked)
	}
	e := &entry{method: method, url: u, from: page, form: true}
	if method == "POST" {
		e.body, e.contentType = data, "application/x-www-form-urlencoded"
		return e, nil
	}
	with := *u
	with.RawQuery, with.ForceQuery = data, true // "?" stays when there is nothing behind it
	e.url = &with
	return e, nil
}

// in returns the tab that a target names.
func (t *Tab) in(target string) *Tab {
	if strings.EqualFold(target, "_blank") {
		return t.beside()
	}
	return t
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
