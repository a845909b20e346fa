// Package exec runs commands in a container through the API server, over WebSocket or, where WebSocket does not work, over SPDY.
package exec

import (
	"context"
	"errors"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	utilexec "k8s.io/client-go/util/exec"
)

// Container identifies the container in which commands run.
type Container struct {
	Config    *rest.Config
	Client    kubernetes.Interface
	Namespace string
	Pod       string
	Name      string
}

// Streams are the standard streams of a remote command. A nil stream is closed.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// ExitError says that the command ran and exited with a code other than 0.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// StreamError says that the stream broke or was never opened. The command may have run.
type StreamError struct{ Err error }

func (e *StreamError) Error() string { return e.Err.Error() }

// Unwrap returns the transport's error.
func (e *StreamError) Unwrap() error { return e.Err }

// Run runs argv and returns when the stream or ctx ends. A nil error says that the stream ended, not that it arrived completely: a
// lost connection can look the same (client-go, remotecommand/errorstream.go). So every command of ours confirms its end in the stream.
func (c Container) Run(ctx context.Context, argv []string, s Streams) error {
	req := c.Client.CoreV1().RESTClient().Post().
		Namespace(c.Namespace).Resource("pods").Name(c.Pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: c.Name,
			Command:   argv,
			Stdin:     s.Stdin != nil,
			Stdout:    s.Stdout != nil,
			Stderr:    s.Stderr != nil,
		}, scheme.ParameterCodec)
	e, err := executor(c.Config, req.URL())
	if err != nil {
		return classify(ctx, err)
	}
	return classify(ctx, e.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: s.Stdin, Stdout: s.Stdout, Stderr: s.Stderr}))
}

func classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var exit utilexec.CodeExitError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &exit):
		return &ExitError{Code: exit.Code}
	default:
		return &StreamError{Err: err}
	}
}
