package explain

import (
	"fmt"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// TestIsolation separates a failed check of the pod's isolation from every other failure.
func TestIsolation(t *testing.T) {
	blocked, image := &session.JobError{Phase: session.PhasePreflight, Code: 2, Message: "no"}, &session.JobError{Phase: session.PhasePreflight, Code: 1, Message: "no"}
	if why, refused := Isolation(fmt.Errorf("x: %w", blocked)); why != "no" || !refused {
		t.Errorf("%q, %v", why, refused)
	}
	for _, err := range []error{nil, image, &session.JobError{Phase: "build", Code: 2}, &builder.StartError{Reason: "ErrImagePull"}, ErrTimedOut} {
		if why, refused := Isolation(err); refused {
			t.Errorf("%v: %q", err, why)
		}
	}
}
