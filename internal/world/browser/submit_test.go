package browser

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSubmit(t *testing.T) {
	const form = `<form method=post action="/post?q=1" id=f>
<input type=hidden name=class value="laws 1100"><input name=email type=email required maxlength=254>
<input name=note value=old><textarea name=essay>x</textarea>
<input type=checkbox name=keep value=a checked><input type=checkbox name=keep value=b>
<input type=radio name=scope value=here checked><input type=radio name=scope value=all>
<select name=term><option value=s1>First<option value=s2>Second</select>
<select name=days multiple><option>Mon<option selected>Tue<option>Wed</select>
<input name=off value=1 disabled><input value=nameless><input type=button name=b value=b>
<button name=method value=link>Link</button><button name=method value=skip formnovalidate>Skip</button>
<button formaction=/elsewhere formmethod=get>Elsewhere</button><button disabled>Never</button></form>`
	rows := []struct {
		name   string
		fields url.Values
		button string
		want   string // "METHOD path?query body"
		err    error
	}{
		{name: "as it is", fields: url.Values{"email": {"a@b"}}, want: "POST /post?q=1 class=laws+1100&email=a%40b&note=old&essay=x&keep=a&scope=here&term=s1&days=Tue&method=link"},
		{name: "all filled in", fields: url.Values{"email": {"a@b"}, "note": {""}, "essay": {"two\nlines"}, "keep": {"b"}, "scope": {"all"}, "term": {"Second"}, "days": {"Mon", "Wed"}}, button: "Link",
			want: "POST /post?q=1 class=laws+1100&email=a%40b&note=&essay=two%0D%0Alines&keep=b&scope=all&term=s2&days=Mon&days=Wed&method=link"},
		{name: "nothing ticked", fields: url.Values{"email": {"a@b"}, "keep": {}, "days": {}}, button: "method=link", want: "POST /post?q=1 class=laws+1100&email=a%40b&note=old&essay=x&scope=here&term=s1&method=link"},
		{name: "a required field is empty", button: "link", err: ErrInvalid},
		{name: "a button that does not ask", button: "Skip", want: "POST /post?q=1 class=laws+1100&email=&note=old&essay=x&keep=a&scope=here&term=s1&days=Tue&method=skip"},
		{name: "a button with an address of its own", fields: url.Values{"email": {"a@b"}}, button: "Elsewhere", want: "GET /elsewhere?class=laws+1100&email=a%40b&note=old&essay=x&keep=a&scope=here&term=s1&days=Tue "},
		{name: "a disabled button", fields: url.Values{"email": {"a@b"}}, button: "Never", err: ErrNotFound},
		{name: "no such button", fields: url.Values{"email": {"a@b"}}, button: "Other", err: ErrNotFound},
		{name: "no such field", fields: url.Values{"email": {"a@b"}, "role": {"instructor"}}, err: ErrNotFound},
		{name: "a hidden field", fields: url.Values{"email": {"a@b"}, "class": {"other"}}, err: ErrNotFound},
		{name: "a disabled field", fields: url.Values{"email": {"a@b"}, "off": {"2"}}, err: ErrNotFound},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *internet, b *Browser) {
				n.page("/", form)
				tab := opened(t, n, b, home)
				_, err := tab.Submit(tab.Page().Form("f"), row.fields, row.button)
				require.ErrorIs(t, err, row.err)
				if row.err != nil {
					require.Empty(t, n.requests())
					return
				}
				all := b.Exchanges()
				r := all[len(all)-1].Request
				body := ""
				if len(n.bodies) > 0 {
					body = n.bodies[0]
				}
				require.Equal(t, row.want, r.Method+" "+r.RequestURI+" "+body)
				require.Equal(t, "same-origin", r.Header.Get("Sec-Fetch-Site"))
				require.Equal(t, "?1", r.Header.Get("Sec-Fetch-User"))
				if r.Method == "POST" {
					require.Equal(t, "https://tutor.example.edu", r.Header.Get("Origin"))
				}
			})
		})
	}
}

func TestRequiredRadio(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("/", `<form><input type=radio name=r value=1 required><input type=radio name=r value=2></form>`)
		tab := opened(t, n, b, home)
		f := tab.Page().Document.Forms[0]
		_, err := tab.Submit(f, nil, "")
		require.ErrorIs(t, err, ErrInvalid)
		page, err := tab.Submit(f, url.Values{"r": {"2"}}, "")
		require.NoError(t, err)
		require.Equal(t, "r=2", page.Address.RawQuery)
		_, err = tab.Submit(f, url.Values{"r": {"2"}}, "")
		require.ErrorIs(t, err, ErrNotFound, "the page of that form is gone")
	})
}

// TestFind: forms and links are found as a person, or a test, names them.
func TestFind(t *testing.T) {
	p := &Page{Address: mustURL(home + "auth/"), Document: ParseHTML(`<form name=first action="start"><button>Go</button></form><form id=second action="/auth/code"><button value=send>Again</button></form>
<a href="help?x=1">Help</a><a href="https://idp.school.edu/sso">School</a>`)}
	for find, want := range map[string]string{
		"first": "first", "start": "first", "/auth/start": "first", home + "auth/start": "first", "Go": "first",
		"second": "", "/auth/code": "", "Again": "", "send": "",
	} {
		f := p.Form(find)
		require.NotNil(t, f, find)
		require.Equal(t, want, f.Name, find)
	}
	require.Nil(t, p.Form("/auth/other"))
	for find, want := range map[string]string{
		"Help": "help?x=1", "help?x=1": "help?x=1", "/auth/help": "help?x=1", "/auth/help?x=1": "help?x=1",
		"School": "https://idp.school.edu/sso", "https://idp.school.edu/sso": "https://idp.school.edu/sso",
	} {
		l := p.Link(find)
		require.NotNil(t, l, find)
		require.Equal(t, want, l.Address, find)
	}
	require.Nil(t, p.Link("Other"))
}

func TestOtherTab(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/{$}", `<title>Home</title><a href=/next target=_blank>Help</a><form action=/found target=_BLANK><button>Find</button></form>`, "Set-Cookie: a=1")
		n.page("tutor.example.edu/", "")
		tab := opened(t, n, b, home)
		tab.Label("s7")
		help, err := tab.Click("Help")
		require.NoError(t, err)
		require.NotSame(t, tab, help.Tab)
		require.Same(t, help, help.Tab.Page())
		require.Equal(t, "ada.t2.s7", help.Name)
		found, err := tab.Submit(tab.Page().Form("Find"), nil, "")
		require.NoError(t, err)
		popup, err := tab.Popup("/popup")
		require.NoError(t, err)
		require.Equal(t, "Home", tab.Page().Document.Title)
		require.Equal(t, []*Tab{tab, help.Tab, found.Tab, popup.Tab}, b.Tabs())
		require.Equal(t, []string{"GET " + home + "next a=1", "GET " + home + "found? a=1", "GET " + home + "popup a=1"}, n.requests(), "one jar for all tabs")
		require.Equal(t, "?1", n.header("/next", "Sec-Fetch-User"))
		require.Empty(t, n.header("/popup", "Sec-Fetch-User"))
		_, err = tab.Click("Other")
		require.ErrorIs(t, err, ErrNotFound)
	})
}

// TestFormAction: form-action of a page holds for its forms and their redirects.
func TestFormAction(t *testing.T) {
	const idp = "https://idp.school.edu/"
	rows := []struct {
		name, policy, to string
		err              error
	}{
		{"none given", "default-src 'none'", idp + "end", nil},
		{"self, at home", "default-src 'none'; form-action 'self'", "/end", nil},
		{"self, elsewhere", "form-action 'self'", idp + "end", ErrBlocked},
		{"self, redirected elsewhere", "form-action 'self'", "/go", ErrBlocked},
		{"the other named, redirected", "form-action 'self' https://idp.school.edu", "/go", nil},
		{"by scheme", "form-action https:", idp + "end", nil},
		{"by wildcard", "form-action *.school.edu", idp + "end", nil},
		{"by wildcard, another site", "form-action *.example.edu", idp + "end", ErrBlocked},
		{"with a path", "form-action https://idp.school.edu/sso", idp + "end", ErrBlocked},
		{"with another port", "form-action https://idp.school.edu:8443", idp + "end", ErrBlocked},
		{"'none'", "form-action 'none'", "/end", ErrBlocked},
		{"two policies, both hold", "form-action *, form-action 'none'", "/end", ErrBlocked},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *internet, b *Browser) {
				n.page("/", "")
				n.redirect("tutor.example.edu/go", 303, idp+"end")
				n.page("tutor.example.edu/{$}", `<form method=post action="`+row.to+`"><button>go</button></form><a href=/go>link</a>`, "Content-Security-Policy: "+row.policy)
				tab := opened(t, n, b, home)
				_, err := tab.Click("link")
				require.NoError(t, err, "links are free")
				_, err = tab.Back()
				require.NoError(t, err)
				_, err = tab.Submit(tab.Page().Form("go"), nil, "")
				require.ErrorIs(t, err, row.err)
			})
		})
	}
}
