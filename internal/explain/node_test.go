package explain

import (
	"errors"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// TestLostNode has the errors that a lost node brings about. Where the node is not lost, each keeps its own text.
func TestLostNode(t *testing.T) {
	cut := errors.New("cut")
	for name, err := range map[string]error{
		"while the log is followed":     &session.LostError{Grace: time.Minute, Err: cut},
		"while the context is uploaded": &session.UploadError{Sent: 7, Err: cut},
	} {
		t.Run(name, func(t *testing.T) {
			got := Build(err, Facts{LostNode: "n1", LostNodeReason: "NodeStatusUnknown: gone"})
			if got.Error() != "node n1 of the builder pod is lost: NodeStatusUnknown: gone" || cli.ExitCode(got) != cli.CodeTemporary || !errors.Is(got, cut) {
				t.Errorf("%v, exit code %d", got, cli.ExitCode(got))
			}
			if got := Build(err, Facts{}); got.Error() != err.Error() {
				t.Errorf("the node is not lost: %v, want %v", got, err)
			}
		})
	}
}
