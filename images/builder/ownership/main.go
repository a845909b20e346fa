// ownership runs a command, and all processes that it starts, in a user namespace with one mapped id as if all ids were mapped.
//
//	ownership [--report FILE] COMMAND [ARGUMENT...]
//	ownership --check DIRECTORY
//
// Without privilege only the kernel's own id can own a file. So this program answers the calls that change an owner, or the ids of a
// process, through seccomp's user notification: it keeps the owner in an extended attribute, and answers the calls that ask for an owner from
// there. It leaves everything else to the kernel. What it can't emulate gets the kernel's own error.
//
// It is no security boundary: a process may get around it, and then sees what the kernel says. The boundary is the pod.
//
// README.md has the table of calls, and what is not emulated.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
)

// Exit codes of this program's own. Any other is the command's.
const (
	codeUsage  = 125
	codeFailed = 126
)

func main() {
	code, err := run(os.Args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ownership: "+err.Error())
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	if args[0] == childName {
		return codeFailed, becomeCommand(args[1:])
	}
	args, report := args[1:], ""
	switch {
	case len(args) == 2 && args[0] == "--check":
		return outcome(check(args[1]))
	case len(args) == 2 && args[0] == probeName:
		return outcome(probe(args[1]))
	case len(args) > 1 && args[0] == "--report":
		report, args = args[1], args[2:]
	}
	if len(args) == 0 {
		return codeUsage, errors.New("usage: ownership [--report FILE] COMMAND [ARGUMENT...]")
	}
	return supervise(args, report)
}

func outcome(err error) (int, error) {
	if err != nil {
		return codeFailed, err
	}
	return 0, nil
}

// supervise starts the command under the filter, and answers its calls until it ends.
func supervise(args []string, report string) (int, error) {
	program, err := exec.LookPath(args[0])
	if err != nil {
		return codeFailed, err
	}
	stopped, signals := watchForStops(), make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT) // before there is a command to outlive this program
	cmd, listener, err := startChild(program, args)
	if err != nil {
		return codeFailed, err
	}
	s, err := newServer(listener)
	if err != nil {
		return codeFailed, errors.Join(err, cmd.Process.Kill())
	}
	go s.turns.watch()
	for i := range workers {
		go func() { // kills the command on an error: a call without an answer would wait forever
			fmt.Fprintln(os.Stderr, "ownership: "+s.serve(i).Error())
			_ = cmd.Process.Kill()
		}()
	}
	go forward(signals, cmd.Process)
	err = cmd.Wait()
	if report != "" {
		if err := s.lost.write(report); err != nil {
			return codeFailed, err
		}
	}
	var exit *exec.ExitError
	switch {
	case stopped.Load():
		return codeFailed, nil
	case err == nil:
		return 0, nil
	case errors.As(err, &exit):
		return exitCode(exit), nil
	}
	return codeFailed, err
}

// watchForStops notices and says that this program was stopped, when it gets the signal that continues it. The command then fails. Build steps
// can't stop this program (signal.go); this is for ways that nobody thought of.
func watchForStops() *atomic.Bool {
	var stopped atomic.Bool
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	go func() {
		<-continued
		stopped.Store(true)
		fmt.Fprintln(os.Stderr, "ownership: another process stopped this program and continued it, so the command fails")
	}()
	return &stopped
}

// exitCode is the exit code that a shell would return: for a command that was killed, 128 and the signal's number. It also prints the
// signal's name as a shell does.
func exitCode(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		name := status.Signal().String()
		fmt.Fprintln(os.Stderr, strings.ToUpper(name[:1])+name[1:])
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// forward passes on the signals that ask a command to end.
func forward(signals <-chan os.Signal, to *os.Process) {
	for s := range signals {
		_ = to.Signal(s)
	}
}
