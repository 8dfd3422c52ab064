package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const signInPage = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Sign in &amp; learn</title><base href="/auth/"><meta name="referrer" content="Same-Origin">
<link rel="stylesheet" href="style.css"><link rel="icon" href="/favicon.ico"><style>body > p { content: "<form>" }</style>
<script src='app.js'></script><script>if (1 < 2) document.write("<form action=evil>")</script></head>
<body><!-- <form action="/commented"> --><h1>Laws&nbsp;1100</h1><p>Hello, <b>Ada</b>.</p>
<form method=POST action="start" id="f"><input type="hidden" name="class" value="laws&quot;1100">
<label>E-mail <input name="email" type="EMAIL" required value=""></label>
<select name="how"><option value="a">A<option selected>B &lt;</option></select>
<textarea name="note">
x <b> &amp; y</textarea>
<input type=checkbox name=keep checked><input type=radio name=r value=1><input type=radio name=r value=2 checked>
<button name="method" value="magic_link">E-mail me<br>a link</button><button type=button>Nothing</button><input type=submit value="Go" formaction="/go" formnovalidate></form>
<a href="help?a=1&amp;b=2" target=_blank rel="NoReferrer noopener">Help <i>me</i></a><img src="/logo.png" alt="a > b"><img src="data:x">
<input name=outside form=f value=late>`

func TestParseHTML(t *testing.T) {
	d := ParseHTML(signInPage)
	require.Equal(t, "Sign in & learn", d.Title)
	require.Equal(t, "/auth/", d.Base)
	require.Equal(t, "same-origin", d.Referrer)
	require.Contains(t, d.Text, "Laws 1100 Hello")
	require.Contains(t, d.Text, "Hello, Ada.")
	require.NotContains(t, d.Text, "document.write")
	require.NotContains(t, d.Text, "content:")
	require.Equal(t, []Resource{{KindStylesheet, "style.css"}, {KindScript, "app.js"}, {KindImage, "/logo.png"}}, d.Resources)
	require.Equal(t, []*Link{{Address: "help?a=1&b=2", Text: "Help me", Target: "_blank", Rel: "noreferrer noopener"}}, d.Links)
	require.Len(t, d.Forms, 1)
	f := d.Forms[0]
	require.Equal(t, "POST", f.Method)
	require.Equal(t, "start", f.Action)
	require.Equal(t, []*Field{
		{Name: "class", Type: "hidden", Value: `laws"1100`},
		{Name: "email", Type: "email", Required: true},
		{Name: "how", Type: "select", Options: []Option{{Value: "a", Text: "A"}, {Value: "B <", Text: "B <", Selected: true}}},
		{Name: "note", Type: "textarea", Value: "x <b> & y"},
		{Name: "keep", Type: "checkbox", Value: "on", Checked: true},
		{Name: "r", Type: "radio", Value: "1"},
		{Name: "r", Type: "radio", Value: "2", Checked: true},
		{Name: "outside", Type: "text", Value: "late"},
	}, f.Fields)
	require.Equal(t, []*Button{
		{Name: "method", Value: "magic_link", Text: "E-mail me a link"},
		{Text: "Go", Value: "Go", Action: "/go", NoValidate: true},
	}, f.Buttons)
}

func TestParseRefresh(t *testing.T) {
	for _, row := range []struct {
		content string
		want    *Refresh
	}{
		{"0; url=/next", &Refresh{Address: "/next"}},
		{" 5;URL = '/next' ", &Refresh{After: 5 * time.Second, Address: "/next"}},
		{"0.5;/next", &Refresh{After: time.Second / 2, Address: "/next"}},
		{"30", &Refresh{After: 30 * time.Second}},
		{"soon", nil},
		{"-1; url=/next", nil},
		{"NaN; url=/next", nil},
	} {
		require.Equal(t, row.want, parseRefresh(row.content), row.content)
	}
}

// FuzzParseHTML: every input ends, and no text of it is invented.
func FuzzParseHTML(f *testing.F) {
	for _, s := range []string{signInPage, "", "<", "</", "<a", "<a href", "<a href=", "<a href='", "<a =x>", "<!--", "<!", "<title>", "<textarea>x", "</select></option>",
		"<option>", "<select><option>x", "<form><form></form>", "<İ>", "<script></scripT ", "a&#0;b&amp"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := ParseHTML(s)
		if len(d.Text) > 4*len(s) || len(d.Forms) > strings.Count(strings.ToLower(s), "<form") {
			t.Fatalf("%q: %+v", s, d)
		}
	})
}
