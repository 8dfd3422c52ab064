package main

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// files are the configurations and the Python service. They are written to a folder of
// their own as they are, and what is this site's beside them.
//
//go:embed nginx/*.conf haproxy/haproxy.cfg haproxy/forward-auth.lua python/*.py
var files embed.FS

// found returns the path of a program. Debian has servers in /usr/sbin, which is often
// not in the PATH.
func found(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return exec.LookPath("/usr/sbin/" + program)
	}
	return path, nil
}

func installed(program string) bool {
	_, err := found(program)
	return err == nil
}

// running is the Go service and the programs around it.
type running struct {
	service       *service
	dir           string
	ask, pages    *http.Server
	askAt, pageAt string // addresses
	programs      []*program
	ended         chan error
}

// program is a child process.
type program struct {
	name   string
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // how it ended, once exited is closed
}

// start serves the authentication requests and the pages to sign in, each at an address
// of its own that only this machine reaches.
func start(ctx context.Context, s *service) (_ *running, err error) {
	// Not under a test's own folder: the name of a Unix socket has 107 bytes at most.
	dir, err := os.MkdirTemp("", "fa")
	if err != nil {
		return nil, err
	}
	r := &running{service: s, dir: dir, ended: make(chan error, 8)}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.stop())
		}
	}()
	if err := fs.WalkDir(files, ".", r.copy); err != nil {
		return nil, err
	}
	if r.ask, r.askAt, err = r.serve(s.ask); err != nil {
		return nil, err
	}
	r.pages, r.pageAt, err = r.serve(s.pages)
	return r, err
}

func (r *running) copy(name string, entry fs.DirEntry, err error) error {
	if err != nil || entry.IsDir() {
		return errors.Join(err, os.MkdirAll(filepath.Join(r.dir, name), 0o700))
	}
	text, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.dir, name), text, 0o600)
}

// write writes the file with the variables of the curl lines, for this user only, and returns
// its path. It is removed with the folder.
func (r *running) write(d *demo, nginx, haproxy string) (string, error) {
	text, err := d.variables(r.service.guard, nginx, haproxy)
	if err != nil {
		return "", err
	}
	path := filepath.Join(r.dir, "variables.sh")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

func (r *running) serve(handler http.Handler) (*http.Server, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			r.ended <- err
		}
	}()
	return server, listener.Addr().String(), nil
}

// python starts the service in Python and returns its address.
func (r *running) python() (string, error) {
	cmd := exec.Command("python3", "-B", "service.py")
	cmd.Dir = filepath.Join(r.dir, "python")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := r.run("python3", cmd, ""); err != nil {
		return "", err
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the service in Python did not start: %w", err)
	}
	return strings.TrimSpace(addr), nil
}

// nginx starts nginx in front of an application. An address is host:port or
// unix:/the/path.
func (r *running) nginx(listen, application string) error {
	dir := filepath.Join(r.dir, "nginx")
	site := map[string]string{
		"listen.conf": fmt.Sprintf("listen %s;\n", listen),
		"secret.conf": fmt.Sprintf("proxy_set_header X-Forward-Auth-Secret \"%s\";\n", r.service.options.proxy.Reveal()),
		"upstreams.conf": fmt.Sprintf("upstream forward_auth { server %s; keepalive 16; }\nupstream sign_in { server %s; }\nupstream application { server %s; keepalive 16; }\n",
			r.askAt, r.pageAt, application),
	}
	for _, folder := range []string{"site", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return err
		}
	}
	for name, text := range site {
		if err := os.WriteFile(filepath.Join(dir, "site", name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	args := []string{"-p", dir, "-c", "nginx.conf", "-e", "stderr"}
	if os.Getuid() == 0 {
		args = append(args, "-g", "user root;") // its workers read the same folder
	}
	path, err := found("nginx")
	if err != nil {
		return err
	}
	return r.run("nginx", exec.Command(path, args...), listen)
}

// haproxy starts HAProxy in front of an application.
func (r *running) haproxy(listen, application string) error {
	path, err := found("haproxy")
	if err != nil {
		return err
	}
	cmd := exec.Command(path, "-f", "haproxy.cfg")
	cmd.Dir = filepath.Join(r.dir, "haproxy")
	cmd.Env = append(os.Environ(),
		"LISTEN="+strings.Replace(listen, "unix:", "unix@", 1), "FORWARD_AUTH_URL=http://"+r.askAt+"/",
		"FORWARD_AUTH_SECRET="+r.service.options.proxy.Reveal(), "SIGN_IN="+r.pageAt,
		"APPLICATION="+strings.Replace(application, "unix:", "unix@", 1))
	return r.run("haproxy", cmd, listen)
}

// run starts a program and waits until it listens, if it has an address.
func (r *running) run(name string, cmd *exec.Cmd, listen string) error {
	if listen != "" && reachable(listen) {
		return fmt.Errorf("another program uses %s:\nchoose another address with -%s", listen, name)
	}
	if cmd.Stdout == nil && name != "python3" {
		cmd.Stdout = os.Stderr
	}
	cmd.Stderr, cmd.SysProcAttr = os.Stderr, ownGroup()
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &program{name: name, cmd: cmd, exited: make(chan struct{})}
	r.programs = append(r.programs, p)
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
		r.ended <- fmt.Errorf("%s has ended: %w", name, errors.Join(errEnded, p.err))
	}()
	for deadline := time.Now().Add(10 * time.Second); listen != "" && !reachable(listen); time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.exited:
			return fmt.Errorf("%s did not start: %w", name, errors.Join(errEnded, p.err))
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not listen on %s", name, listen)
		}
	}
	return nil
}

var errEnded = errors.New("its messages are above")

func reachable(listen string) bool {
	conn, err := dial(listen)
	if err == nil {
		_ = conn.Close() // nothing was sent
	}
	return err == nil
}

func dial(listen string) (net.Conn, error) {
	if path, ok := strings.CutPrefix(listen, "unix:"); ok {
		return net.Dial("unix", path)
	}
	return net.Dial("tcp", listen)
}

// wait returns when the context ends, or with the first program that has ended by
// itself.
func (r *running) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-r.ended:
		return err
	}
}

// stop ends all programs and removes the folder.
func (r *running) stop() error {
	var faults []error
	for _, p := range r.programs {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-p.exited:
		case <-time.After(5 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
	}
	for _, server := range []*http.Server{r.ask, r.pages} {
		if server != nil {
			faults = append(faults, server.Close())
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(append(faults, r.service.close(ctx), os.RemoveAll(r.dir))...)
}
