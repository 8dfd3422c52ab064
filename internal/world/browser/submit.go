package browser

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Form returns the first form with that id, name, action (or the path of its
// address), or with a button of that text or value; nil: there is none.
func (p *Page) Form(find string) *Form {
	for _, f := range p.Document.Forms {
		if find == f.ID && f.ID != "" || find == f.Name && f.Name != "" || f.Action == find || p.leadsTo(f.Action, find) || f.Button(find) != nil {
			return f
		}
	}
	return nil
}

// Link returns the first link with that text, address, or path of its address; nil:
// there is none.
func (p *Page) Link(find string) *Link {
	for _, l := range p.Document.Links {
		if l.Text == find || l.Address == find || p.leadsTo(l.Address, find) {
			return l
		}
	}
	return nil
}

func (p *Page) leadsTo(address, find string) bool {
	u, err := p.resolve(address)
	return err == nil && (u.Path == find || u.RequestURI() == find || u.String() == find)
}

// Button returns the button with that text, value, or "name=value"; "" is the
// first one, which the return key presses. Nil: there is none.
func (f *Form) Button(find string) *Button {
	for _, b := range f.Buttons {
		if find == "" || b.Text == find || b.Value == find && b.Value != "" || b.Name+"="+b.Value == find {
			return b
		}
	}
	return nil
}

// Field returns the form's first field of that name; nil: there is none.
func (f *Form) Field(name string) *Field {
	for _, field := range f.Fields {
		if field.Name == name {
			return field
		}
	}
	return nil
}

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

type pair struct{ name, value string }

// fill returns what the form sends, in the order of the page.
func (f *Form) fill(fields url.Values, noValidate bool) ([]pair, error) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if field := f.Field(name); field == nil || field.Type == "hidden" || field.Disabled {
			return nil, fmt.Errorf("%w: a field %q to fill in", ErrNotFound, name)
		}
	}
	var pairs []pair
	missing := map[string]bool{} // groups of required radio buttons of which none is chosen
	for _, field := range f.Fields {
		if field.Name == "" || field.Disabled {
			continue
		}
		entered, ok := fields[field.Name]
		values := field.values(entered, ok)
		for _, v := range values {
			pairs = append(pairs, pair{field.Name, v})
		}
		if field.Type == "radio" {
			if field.Required && !missing[field.Name] {
				missing[field.Name] = !f.chosen(field.Name, entered, ok)
			}
		} else if field.Required && (len(values) == 0 || values[0] == "") && field.Type != "hidden" {
			missing[field.Name] = true
		}
		if missing[field.Name] && !noValidate {
			return nil, fmt.Errorf("%w: %q", ErrInvalid, field.Name)
		}
	}
	return pairs, nil
}

// chosen reports whether one radio button of a name is.
func (f *Form) chosen(name string, entered []string, ok bool) bool {
	return slices.ContainsFunc(f.Fields, func(field *Field) bool {
		return field.Name == name && field.Type == "radio" && len(field.values(entered, ok)) > 0
	})
}

// values are what the field sends, with what was entered, if anything was.
func (f *Field) values(entered []string, ok bool) []string {
	switch f.Type {
	case "checkbox", "radio":
		if ok && slices.Contains(entered, f.Value) || !ok && f.Checked {
			return []string{f.Value}
		}
		return nil
	case "select":
		return f.selected(entered, ok)
	}
	if !ok {
		return []string{f.Value}
	}
	if len(entered) == 0 {
		return []string{""}
	}
	return entered[:1]
}

// selected are the values of the chosen options. Without a choice, a select of
// one line has its first option chosen.
func (f *Field) selected(entered []string, ok bool) []string {
	var values []string
	first := -1
	for i, o := range f.Options {
		if o.Disabled {
			continue
		}
		if first < 0 {
			first = i
		}
		if ok && (slices.Contains(entered, o.Value) || slices.Contains(entered, o.Text)) || !ok && o.Selected {
			values = append(values, o.Value)
		}
	}
	switch {
	case f.Multiple:
	case len(values) > 0:
		values = values[len(values)-1:]
	case first >= 0:
		values = []string{f.Options[first].Value}
	}
	return values
}

// encode is application/x-www-form-urlencoded, in the order of the form. Line
// breaks are sent as CR LF, whatever the page or the person wrote.
func encode(pairs []pair) string {
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(crlf.Replace(p.name)) + "=" + url.QueryEscape(crlf.Replace(p.value)))
	}
	return b.String()
}

var crlf = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
