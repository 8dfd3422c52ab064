package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// progress shows how far an import is: a bar that redraws itself where somebody
// looks at a terminal, and otherwise about ten lines, which a log can keep since
// they name nobody. There are no colours to switch off.
type progress struct {
	w     io.Writer
	bar   bool
	open  bool // a bar is drawn, and the cursor stands behind it
	tenth int  // the last tenth that has a line
}

// width is that of the bar, in characters.
const width = 30

// step is told about each change that is finished. The import never calls it twice
// at a time.
func (p *progress) step(now classlist.Progress) {
	counts := fmt.Sprintf("%d of %d", now.Done, now.Total)
	if now.Failed > 0 {
		counts += fmt.Sprintf(", %d failed", now.Failed)
	}
	if p.bar {
		full := width * now.Done / now.Total
		fmt.Fprintf(p.w, "\r[%s%s] %s", strings.Repeat("#", full), strings.Repeat(".", width-full), counts)
		p.open = true
		return
	}
	if tenth := 10 * now.Done / now.Total; tenth > p.tenth {
		p.tenth = tenth
		fmt.Fprintln(p.w, counts)
	}
}

// end leaves the bar's line, so that what follows begins on one of its own.
func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
}
