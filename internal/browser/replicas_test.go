package browser

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// startReplicas runs the example with three processes and returns its address. What it
// starts ends with its standard input, so with the tests in any case.
func startReplicas(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("REQUIRE_REDIS") != "" {
			t.Fatal("redis-server is missing, and REQUIRE_REDIS is set")
		}
		t.Skip("redis-server is missing")
	}
	program := filepath.Join(t.TempDir(), "replicas")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "..", "examples", "replicas")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	replicas := exec.Command(program, "-addr", "127.0.0.1:0")
	replicas.Stderr = os.Stderr
	says, err := replicas.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, replicas.Start())
	t.Cleanup(func() {
		require.NoError(t, replicas.Process.Signal(os.Interrupt))
		require.NoError(t, replicas.Wait())
	})
	first, err := bufio.NewReader(says).ReadString('\n')
	require.NoError(t, err)
	_, address, _ := strings.Cut(strings.TrimSpace(first), "three processes: ")
	return address
}

// press presses a button whose form the page's script sends.
func (p *person) press(selector string) {
	p.t.Helper()
	p.sees(selector)
	p.do(chromedp.Click(selector, chromedp.ByQuery))
}

// waits until an element has a text.
func (p *person) waits(selector, text string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.Contains(p.text(selector), text) }, 20*time.Second, 20*time.Millisecond, "%s: %s", selector, text)
}

// TestReplicas signs out at one process and sees the streams of the others end, and stops
// Redis, in the example with three processes. The page is right on every screen.
func TestReplicas(t *testing.T) {
	iris := arriveAt(t, startReplicas(t), 2*time.Minute)
	require.EqualValues(t, 200, iris.open("/"))
	iris.waits("#process-3 .heard", "heard ")
	iris.looks("replicas-before")

	iris.follow("Sign in as Iris Okafor")
	for _, process := range []string{"1", "2", "3"} {
		iris.waits("#process-"+process+" .what", "stream open, as instructor")
	}
	iris.waits("#role", "instructor")
	iris.sees("#roles")
	iris.waits("#lines", "200 instructor")
	iris.looks("replicas-open")

	t.Log("another role ends the streams, and they begin again")
	iris.press("#roles [value=student]")
	for _, process := range []string{"1", "2", "3"} {
		iris.waits("#process-"+process+" .what", "stream open, as student")
		iris.waits("#process-"+process+" .after", " ms")
	}
	t.Log(iris.text("#says"))

	t.Log("without Redis she stays signed in")
	iris.press("#redis button")
	iris.waits("#says", "Redis is stopped")
	iris.waits("#process-2 .heard", "silent for")
	iris.waits("#lines", "200 student")
	iris.looks("replicas-silent")
	iris.press("#redis button")
	iris.waits("#process-2 .heard", "heard ")
	iris.waits("#process-1 .heard", "heard ")

	t.Log("signing out at process 2")
	iris.press("#process-2 form button")
	for _, process := range []string{"1", "2", "3"} {
		iris.waits("#process-"+process+" .what", "the session is over")
		iris.waits("#process-"+process+" .after", " ms")
	}
	iris.waits("#says", "process 3 after")
	t.Log(iris.text("#says"))
	iris.sees(".out button")
	iris.looks("replicas-over")
}
