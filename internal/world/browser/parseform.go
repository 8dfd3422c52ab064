package browser

import (
	"strings"
)

// orphan is a field or button that names its form by id.
type orphan struct {
	id     string
	field  *Field
	button *Button
}

func (p *parser) startForm(t *token) {
	if p.form != nil {
		return // a form in a form is ignored
	}
	p.form = &Form{
		ID: t.value("id"), Name: t.value("name"), Method: formMethod(t.value("method")),
		Action: strings.TrimSpace(t.value("action")), Target: t.value("target"),
		Enctype: strings.ToLower(t.value("enctype")), NoValidate: t.has("novalidate"),
	}
	if p.form.ID != "" && p.ids[p.form.ID] == nil {
		p.ids[p.form.ID] = p.form
	}
	p.doc.Forms = append(p.doc.Forms, p.form)
}

func formMethod(s string) string {
	if strings.EqualFold(s, "post") {
		return "POST"
	}
	return "GET"
}

func (p *parser) input(t *token) {
	kind := strings.ToLower(t.value("type"))
	switch kind {
	case "submit", "image":
		b := newButton(t)
		if b.Text = t.value("value"); b.Text == "" {
			b.Text = "Submit"
		}
		p.addButton(t, b)
		return
	case "button", "reset":
		return
	case "":
		kind = "text"
	}
	value, ok := t.get("value")
	if !ok && (kind == "checkbox" || kind == "radio") {
		value = "on"
	}
	p.addField(t, &Field{
		Name: t.value("name"), Type: kind, Value: value,
		Checked: t.has("checked"), Required: t.has("required"), Disabled: t.has("disabled"),
	})
}

func newButton(t *token) *Button {
	b := &Button{
		Name: t.value("name"), Value: t.value("value"), Action: strings.TrimSpace(t.value("formaction")),
		Target: t.value("formtarget"), NoValidate: t.has("formnovalidate"), Disabled: t.has("disabled"),
	}
	if method, ok := t.get("formmethod"); ok {
		b.Method = formMethod(method)
	}
	return b
}

func (p *parser) addField(t *token, f *Field) {
	if id, ok := t.get("form"); ok {
		p.orphan = append(p.orphan, orphan{id: id, field: f})
	} else if p.form != nil {
		p.form.Fields = append(p.form.Fields, f)
	}
}

func (p *parser) addButton(t *token, b *Button) {
	if id, ok := t.get("form"); ok {
		p.orphan = append(p.orphan, orphan{id: id, button: b})
	} else if p.form != nil {
		p.form.Buttons = append(p.form.Buttons, b)
	}
}
