package browser

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

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

// startClassroom builds and starts the example as the README says, and returns its
// address and how to stop it in good order.
func startClassroom() (url string, stop func() error, err error) {
	folder, err := os.MkdirTemp("", "classroom")
	if err != nil {
		return "", nil, err
	}
	binary := filepath.Join(folder, "classroom")
	build := exec.Command("go", "build", "-o", binary, "./examples/classroom")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("%w: %s", err, out)
	}
	ctx, interrupt := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "-addr", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		interrupt()
		return "", nil, err
	}
	address := regexp.MustCompile(`The classroom is at (http://\S+)`)
	lines := bufio.NewScanner(stdout)
	for url == "" && lines.Scan() {
		if found := address.FindStringSubmatch(lines.Text()); found != nil {
			url = found[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }() // ends with the program
	stop = func() error {
		interrupt()
		err := cmd.Wait()
		if errors.Is(err, context.Canceled) {
			err = nil // it was interrupted, and exited with 0
		}
		return errors.Join(err, os.RemoveAll(folder))
	}
	if url == "" {
		return "", nil, errors.Join(errors.New("the classroom printed no address"), stop())
	}
	return url, stop, nil
}
