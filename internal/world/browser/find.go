package browser

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
