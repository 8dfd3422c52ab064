package browser

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

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
