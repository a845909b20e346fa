package slot

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// Serve is the agent: it empties its own root directory, and then serves one engine at a time under this name until it is told to end.
func Serve(name string) error {
	if os.Getpid() != 1 {
		return errors.New("img slot is process 1 of a container that has a pid namespace of its own")
	}
	// Build steps run as the same user. They must not trace this process, nor find its descriptors below /proc.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGPIPE, unix.SIGALRM)
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGTERM)
	go func() {
		<-ended
		os.Exit(0) //nolint:forbidigo // the kernel ends all other processes of the container, at once
	}()
	unix.Umask(0o022)
	root, err := os.Open("/")
	if err != nil {
		return err
	}
	if _, err := tree.Empty(int(root.Fd())); err != nil {
		return fmt.Errorf("empty the container's root directory: %w", err)
	}
	handed, err := os.OpenFile("/", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	own, err := observe()
	if err != nil {
		return err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: "@" + name, Net: "unix"})
	if err != nil {
		return err
	}
	var key []byte
	for {
		c, err := listener.AcceptUnix()
		if err != nil {
			return err
		}
		if key, err = serve(c, key, handed, own); err != nil {
			fmt.Fprintln(os.Stderr, "slot: "+err.Error())
		}
		_ = c.Close()
	}
}

// serve talks to one engine until it closes the connection.
func serve(c *net.UnixConn, key []byte, root *os.File, own *surroundings) ([]byte, error) {
	outside, err := fromOutside(c)
	if err != nil {
		return key, err
	}
	if !outside {
		return key, errors.New("a process of this container has tried to connect")
	}
	if key, err = admit(c, key, root); err != nil {
		return key, err
	}
	requests := make(chan request)
	done := make(chan struct{})
	defer close(done)
	go read(c, requests, done)
	for r := range requests {
		if r.Command == nil {
			continue // a signal for a command that has ended
		}
		result := own.run(r.Command, r.files, requests)
		closeAll(r.files)
		if err := send(c, message{Result: &result}); err != nil {
			return key, err
		}
	}
	return key, nil
}

// read passes on what the engine sends, and closes requests when it sends no more.
func read(c *net.UnixConn, requests chan<- request, done <-chan struct{}) {
	defer close(requests)
	for {
		m, files, err := receive(c)
		if err != nil {
			return
		}
		select {
		case requests <- request{m, files}:
		case <-done:
			closeAll(files)
			return
		}
	}
}
