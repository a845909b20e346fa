// ownership runs a command, and all that it starts, in a user namespace with one mapped id as if there were all of them.
//
//	ownership [--report FILE] COMMAND [ARGUMENT...]
//	ownership --check DIRECTORY
//
// Without privilege only the kernel's own id can own a file. So the calls by which a process changes an owner, or itself, are answered by
// this program through seccomp's user notification: the owner is remembered in an extended attribute, and the calls that ask for it are
// answered with what was remembered. Everything else is left to the kernel; what can't be emulated gets the kernel's own error.
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
	"syscall"
)

// Exit codes of the program's own; any other one is the command's.
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
	switch name := args[0]; {
	case name == childName:
		return codeFailed, becomeCommand(args[1:])
	case isRunc(name):
		return codeFailed, becomeRunc(args)
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

// supervise starts the command under the filter and answers for it until it ends.
func supervise(args []string, report string) (int, error) {
	program, err := exec.LookPath(args[0])
	if err != nil {
		return codeFailed, err
	}
	cmd, listener, err := startChild(program, args)
	if err != nil {
		return codeFailed, err
	}
	s, err := newServer(listener)
	if err != nil {
		return codeFailed, errors.Join(err, cmd.Process.Kill())
	}
	for range workers {
		go func() { // fails closed: a call that nobody answers would wait for good
			fmt.Fprintln(os.Stderr, "ownership: "+s.serve().Error())
			_ = cmd.Process.Kill()
		}()
	}
	forward(cmd.Process)
	err = cmd.Wait()
	if report != "" {
		if err := s.lost.write(report); err != nil {
			return codeFailed, err
		}
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit):
		return exitCode(exit), nil
	}
	return codeFailed, err
}

// exitCode is that of a shell: 128 and the signal's number for a command that was killed, which it says as a shell does.
func exitCode(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		name := status.Signal().String()
		fmt.Fprintln(os.Stderr, strings.ToUpper(name[:1])+name[1:])
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// forward hands on the signals by which a command is asked to end.
func forward(to *os.Process) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		for s := range signals {
			_ = to.Signal(s)
		}
	}()
}
