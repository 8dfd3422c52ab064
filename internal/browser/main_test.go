package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// pictures says that the pictures of the README and the guides are written again. Without
// it they are taken and discarded, so that a test run does not change the tree.
var pictures = flag.Bool("pictures", false, "write docs/images anew")

// looks is where the pages are written as they look on each screen, for people to see.
var looks = flag.String("looks", "", "write every page on every screen to this folder")

var (
	home     string          // the address of the classroom that most tests use
	chromium context.Context // the one browser program; each person has a profile of their own in it
)

func TestMain(m *testing.M) {
	isOtherProgram()
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	address, stop, err := startClassroom()
	if err != nil {
		return 0, err
	}
	home = address
	defer func() { err = errors.Join(err, stop()) }()
	path, err := exec.LookPath("chromium")
	if err != nil {
		return 0, fmt.Errorf("install Debian's chromium: %w", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // CI runs as root, where Chromium refuses its sandbox
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	defer stopAllocator()
	browser, stopBrowser := chromedp.NewContext(allocator)
	defer stopBrowser()
	if err := chromedp.Run(browser); err != nil {
		return 0, fmt.Errorf("start Chromium: %w", err)
	}
	chromium = browser
	return m.Run(), nil
}
