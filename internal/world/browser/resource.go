package browser

import (
	"fmt"
	"time"
)

// loadResources begins to load the style sheets, scripts and images of a page, in
// the order of the page, one gap after the other. Cookies come with all of them. The
// caller holds browser.mu.
func (t *Tab) loadResources(page *Page) {
	b := t.browser
	resources := page.Document.Resources
	loads := make([]*load, len(resources))
	for i := range loads {
		loads[i] = newLoad()
	}
	t.loads = append(t.loads, loads...)
	b.inFlight.Go(func() {
		for i, r := range resources {
			time.Sleep(b.config.Gap)
			b.inFlight.Go(func() {
				defer t.over(loads[i])
				ask := FetchRequest{Address: r.Address, Mode: ModeNoCORS, Credentials: Include}
				t.fetch(loads[i], page, ask, r.Kind, fmt.Sprintf("%s.r%d", page.Name, i+1))
			})
		}
	})
}
