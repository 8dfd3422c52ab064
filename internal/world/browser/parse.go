package browser

import (
	"strconv"
	"strings"
	"time"
)

// ParseHTML reads a page.
func ParseHTML(s string) *Document {
	p := parser{doc: &Document{}, ids: map[string]*Form{}}
	for _, t := range tokens(s) {
		switch {
		case t.tag == "":
			p.text(t.text)
		case t.end:
			p.end(t.tag)
		default:
			p.start(&t)
		}
	}
	p.finish()
	return p.doc
}

// parser is what is open while a page is read.
type parser struct {
	doc  *Document
	body strings.Builder

	form   *Form
	ids    map[string]*Form
	orphan []orphan // fields with a form attribute, whose form may follow

	title, link, button, option, area *strings.Builder // text that is being collected
	openLink                          *Link
	openButton                        *Button
	openField                         *Field // a select or textarea
}

func (p *parser) text(s string) {
	for _, b := range []*strings.Builder{p.title, p.link, p.button, p.option, p.area} {
		if b != nil {
			b.WriteString(s)
		}
	}
	if p.title == nil && p.area == nil && p.option == nil {
		p.body.WriteString(s)
	}
}

func (p *parser) start(t *token) {
	switch t.tag {
	case "title":
		p.title = &strings.Builder{}
	case "base":
		if p.doc.Base == "" {
			p.doc.Base = t.value("href")
		}
	case "meta":
		p.meta(t)
	case "link":
		if strings.Contains(" "+strings.ToLower(t.value("rel"))+" ", " stylesheet ") {
			p.resource(KindStylesheet, t.value("href"))
		}
	case "script":
		p.resource(KindScript, t.value("src"))
	case "img":
		p.resource(KindImage, t.value("src"))
	case "a":
		p.end("a")
		if href, ok := t.get("href"); ok {
			p.link = &strings.Builder{}
			p.openLink = &Link{Address: strings.TrimSpace(href), Target: t.value("target"), Rel: strings.ToLower(t.value("rel"))}
		}
	case "form":
		p.startForm(t)
	case "input":
		p.input(t)
	case "button":
		p.end("button")
		p.button = &strings.Builder{}
		p.openButton = newButton(t)
		if kind := strings.ToLower(t.value("type")); kind == "" || kind == "submit" {
			p.addButton(t, p.openButton)
		}
	case "select", "textarea":
		p.end("select")
		f := &Field{Name: t.value("name"), Type: t.tag, Required: t.has("required"), Disabled: t.has("disabled"), Multiple: t.has("multiple")}
		p.openField = f
		p.addField(t, f)
		if t.tag == "textarea" {
			p.area = &strings.Builder{}
		}
	case "option":
		p.end("option")
		if p.openField != nil && p.area == nil {
			p.openField.Options = append(p.openField.Options, Option{Value: t.value("value"), Selected: t.has("selected"), Disabled: t.has("disabled")})
			p.option = &strings.Builder{}
			if !t.has("value") {
				p.openField.Options[len(p.openField.Options)-1].Value = noValue
			}
		}
	case "br", "p", "div", "li", "h1", "h2", "h3", "tr", "td", "th", "label", "section", "main", "header", "footer", "nav", "ul", "ol", "dt", "dd":
		p.text(" ")
	}
}

// noValue marks an option whose value is its text.
const noValue = "\x00"

func (p *parser) end(tag string) {
	switch {
	case tag == "title" && p.title != nil:
		if p.doc.Title == "" {
			p.doc.Title = fold(p.title.String())
		}
		p.title = nil
	case tag == "a" && p.openLink != nil:
		p.openLink.Text = fold(p.link.String())
		p.doc.Links = append(p.doc.Links, p.openLink)
		p.openLink, p.link = nil, nil
	case tag == "button" && p.openButton != nil:
		p.openButton.Text = fold(p.button.String())
		p.openButton, p.button = nil, nil
		p.text(" ")
	case tag == "option" && p.option != nil:
		o := &p.openField.Options[len(p.openField.Options)-1]
		o.Text = fold(p.option.String())
		if o.Value == noValue {
			o.Value = o.Text
		}
		p.option = nil
	case tag == "select" && p.openField != nil && p.area == nil:
		p.end("option")
		p.openField = nil
	case tag == "textarea" && p.area != nil:
		p.openField.Value = strings.TrimPrefix(p.area.String(), "\n")
		p.openField, p.area = nil, nil
	case tag == "form":
		p.form = nil
	case tag == "p" || tag == "div" || tag == "li" || tag == "h1" || tag == "h2" || tag == "label" || tag == "td":
		p.text(" ")
	}
}

func (p *parser) meta(t *token) {
	switch {
	case strings.EqualFold(t.value("http-equiv"), "refresh"):
		if p.doc.Refresh == nil {
			p.doc.Refresh = parseRefresh(t.value("content"))
		}
	case strings.EqualFold(t.value("name"), "referrer"):
		p.doc.Referrer = strings.ToLower(strings.TrimSpace(t.value("content")))
	}
}

func (p *parser) resource(kind Kind, address string) {
	if address = strings.TrimSpace(address); address != "" && !strings.HasPrefix(address, "data:") {
		p.doc.Resources = append(p.doc.Resources, Resource{kind, address})
	}
}

func (p *parser) finish() {
	for _, tag := range []string{"title", "a", "button", "select", "textarea"} {
		p.end(tag)
	}
	for _, o := range p.orphan {
		form := p.ids[o.id]
		switch {
		case form == nil:
		case o.field != nil:
			form.Fields = append(form.Fields, o.field)
		default:
			form.Buttons = append(form.Buttons, o.button)
		}
	}
	p.doc.Text = fold(p.body.String())
}

// parseRefresh reads "5; url=/there" (also without the address).
func parseRefresh(s string) *Refresh {
	after, address, _ := strings.Cut(strings.TrimSpace(s), ";")
	seconds, err := strconv.ParseFloat(strings.TrimSpace(after), 64)
	if err != nil || !(seconds >= 0 && seconds <= 1e6) {
		return nil
	}
	address = strings.TrimSpace(address)
	if len(address) >= 3 && strings.EqualFold(address[:3], "url") {
		if rest := strings.TrimSpace(address[3:]); strings.HasPrefix(rest, "=") {
			address = strings.TrimSpace(rest[1:])
		}
	}
	if len(address) >= 2 && (address[0] == '"' || address[0] == '\'') {
		address, _, _ = strings.Cut(address[1:], address[:1])
	}
	return &Refresh{After: time.Duration(seconds * float64(time.Second)), Address: address}
}

// fold replaces every run of white space by one space.
func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
