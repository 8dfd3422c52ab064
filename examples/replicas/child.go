package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// partVariable says in the environment which part this program plays, if it is one of the
// programs that the stage has started.
const partVariable = "REPLICAS_PART"

// playPart is main of such a program.
func playPart(part string, in io.Reader, out, stderr io.Writer) int {
	play, ok := map[string]func(io.Reader, io.Writer) error{"process": playProcess, "redis": playRedis}[part]
	if !ok {
		_, _ = fmt.Fprintf(stderr, "replicas: %s=%.20q is set by the program itself\n", partVariable, part)
		return exitWrong
	}
	if err := play(in, out); err != nil {
		_, _ = fmt.Fprintf(stderr, "replicas: %s: %v\n", part, err)
		return exitFailed
	}
	return exitDone
}

// child is this program once more, in another part. It ends when its standard input ends:
// when the stage closes it, and when the stage itself is killed.
type child struct {
	part   string
	cmd    *exec.Cmd
	in     io.Closer
	says   string // the first line of its output
	exited chan struct{}
}

// startChild starts a child with its settings, and waits for its first line.
func startChild(part string, settings any, stderr io.Writer) (*child, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{part: part, cmd: exec.Command(path), exited: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), partVariable+"="+part)
	c.cmd.Stderr, c.cmd.SysProcAttr = stderr, ownGroup()
	in, inErr := c.cmd.StdinPipe()
	out, outErr := c.cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, err
	}
	c.in = in
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	_ = json.NewEncoder(in).Encode(settings) // if it fails, so does the first line
	first, err := bufio.NewReader(out).ReadString('\n')
	go func() {
		_ = c.cmd.Wait()
		close(c.exited)
	}()
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("the part %q did not start; its messages are above", part)
	}
	c.says = strings.TrimSpace(first)
	return c, nil
}

// stop ends the child and waits for its end.
func (c *child) stop() {
	_ = c.in.Close()
	select {
	case <-c.exited:
	case <-time.After(6 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.exited
	}
}
