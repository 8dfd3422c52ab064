package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// progress shows the progress of an import: a bar that redraws itself on a terminal, and
// about ten lines without names elsewhere, such as in a log. It uses no colours.
type progress struct {
	w     io.Writer
	bar   bool
	open  bool // a bar is drawn, and the cursor is after it
	tenth int  // the last tenth that has a line
}

// width is that of the bar, in characters.
const width = 30

// step is called for each finished change, one call at a time.
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

// end ends the bar's line, so that later output begins on a new one.
func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
}
