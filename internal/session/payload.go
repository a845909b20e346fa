package session

import (
	"archive/tar"
	"errors"
	"fmt"

	"github.com/kubectl-img/kubectl-img/exec"
)

var errStreamEnded = errors.New("the stream ended early")

// UploadError reports an upload that broke off or that the pod did not verify. Nothing was built from it.
type UploadError struct {
	Sent int64 // bytes
	Err  error
}

func (e *UploadError) Error() string {
	return fmt.Sprintf("send the build context (%d bytes sent): %v", e.Sent, e.Err)
}

// Unwrap returns the cause.
func (e *UploadError) Unwrap() error { return e.Err }

// CutOff reports whether the connection broke, so that the pod has not judged the upload.
func (e *UploadError) CutOff() bool { return errors.As(e.Err, new(*exec.StreamError)) }

// FullError reports an upload that did not fit on the pod's disk.
type FullError struct{ Detail string }

func (e *FullError) Error() string { return "the builder pod's disk is full: " + e.Detail }

// Payload is the content of an upload.
type Payload struct {
	Write      func(*tar.Writer) error
	Once       bool // Write can be called only once
	AfterCheck bool // Write must not be called before the pod has passed the supervisor's check

	asks bool // it has no content: the pod may have taken an earlier try
}
