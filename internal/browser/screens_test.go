package browser

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// screens are the widths on which every page is looked at. At a zoom of 200 % a screen has
// half as many CSS pixels, which are the last three.
var screens = []struct {
	width int64
	axe   bool // axe-core checks the page on this screen
	scale float64
}{
	{360, true, 1}, {768, false, 1}, {1280, true, 1},
	{180, false, 2}, {384, false, 2}, {640, false, 2},
}

// checker is axe-core, which npm install puts here.
func checker(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	require.NoError(t, err, "run npm install in internal/browser")
	return string(script)
}

// findings are what axe-core says of the page: no rule of WCAG 2.2 A and AA, nor of good
// practice, is broken. Contrast is checked in what is folded, too.
const findings = `axe.run(document, {resultTypes: ['violations'], rules: {
	'label-content-name-mismatch': {enabled: true}, 'target-size': {enabled: true}}})
	.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.target.join(' ') + ' ' + n.html.slice(0, 120))).join('\n'))`

// overflow lists what reaches beyond the right or left edge of the screen, and text that
// reaches beyond its card or table.
const overflow = `(() => {
	const wide = document.documentElement.clientWidth, out = [];
	if (document.documentElement.scrollWidth > wide) out.push('the page is ' + document.documentElement.scrollWidth + ' px wide');
	const top = document.querySelector('header.top');
	if (top && wide >= 360 && top.getBoundingClientRect().height > 64) out.push('the header takes more than one row');
	const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + (e.className ? '.' + String(e.className.baseVal ?? e.className).replaceAll(' ', '.') : '');
	for (const e of document.querySelectorAll('body *')) {
		if (!e.checkVisibility() || e.closest('pre, .unseen, .skip, svg')) continue;
		const box = e.getBoundingClientRect();
		if (box.width === 0 || box.height < 2 || e.closest('thead')?.getBoundingClientRect().height === 1) continue; // only for screen readers
		if (box.right > wide + 1 || box.left < -1) { out.push(name(e) + ' reaches from ' + Math.round(box.left) + ' to ' + Math.round(box.right)); continue; }
		const card = e.parentElement.closest('.card, .mail, main, td, li');
		if (card && box.right > card.getBoundingClientRect().right + 1) out.push(name(e) + ' reaches out of ' + name(card));
	}
	return out.slice(0, 8).join('\n');
})()`

// looks fails unless the page that is open is right on every screen, light and dark. It
// goes on, so that one run names the faults of all pages.
func (p *person) looks(name string) {
	p.t.Helper()
	p.hasIcon(name)
	var unfolded int
	p.do(chromedp.Evaluate(checker(p.t)+`;document.querySelectorAll('main details').forEach(d => { d.open = true; }); 0`, &unfolded))
	for _, screen := range screens {
		for _, scheme := range []string{"light", "dark"} {
			if scheme == "dark" && !screen.axe && *looks == "" {
				continue // only colours differ, and axe-core checks those
			}
			at := fmt.Sprintf("%s-%d-%s", name, screen.width, scheme)
			var beyond, broken string
			p.do(
				page.BringToFront(),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.EmulateViewport(screen.width, 800, chromedp.EmulateScale(screen.scale)),
				chromedp.Evaluate(overflow, &beyond),
			)
			if beyond != "" {
				p.t.Errorf("%s: too wide\n\t%s", at, strings.ReplaceAll(beyond, "\n", "\n\t"))
			}
			if screen.axe {
				p.do(chromedp.Evaluate(findings, &broken, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
			}
			if broken != "" {
				p.t.Errorf("%s: axe-core\n\t%s", at, strings.ReplaceAll(broken, "\n", "\n\t"))
			}
			p.keepLook(at, screen.width)
		}
	}
	p.do(
		emulation.SetEmulatedMedia(),
		chromedp.Evaluate(`document.querySelectorAll('main details').forEach(d => { d.open = false; }); 0`, &unfolded),
		chromedp.EmulateViewport(desktopWidth, desktopHeight),
	)
}

// hasIcon fails unless the page names an icon, and it loads. A browser with a window
// otherwise requests /favicon.ico of hosts that may have none.
func (p *person) hasIcon(name string) {
	p.t.Helper()
	var icon string
	p.do(chromedp.Evaluate(`document.querySelector('link[rel~="icon"]')?.href ?? ''`, &icon))
	if icon == "" {
		p.t.Errorf("%s: no icon", name)
		return
	}
	if strings.HasPrefix(icon, "http") {
		res, err := http.Get(icon)
		require.NoError(p.t, err)
		require.NoError(p.t, res.Body.Close())
		require.Equal(p.t, http.StatusOK, res.StatusCode, icon)
	}
}

// keepLook writes a picture of the page for people to see, if -looks asks for it.
func (p *person) keepLook(name string, width int64) {
	p.t.Helper()
	if *looks == "" || width < 360 || width == 384 || width == 640 {
		return
	}
	var tall int64
	var shot []byte
	p.do(chromedp.Evaluate(`document.documentElement.scrollHeight`, &tall))
	p.do(
		chromedp.EmulateViewport(width, min(max(tall, 600), 2000)),
		chromedp.CaptureScreenshot(&shot),
	)
	require.NoError(p.t, os.MkdirAll(*looks, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(*looks, name+".png"), shot, 0o644))
}
