package skew_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// execVerbs counts the requests to exec in a namespace by their verbs. The API server writes its audit log in batches.
func (s *server) execVerbs(t *testing.T, ns string) map[string]int {
	t.Helper()
	var verbs map[string]int
	clustertest.Eventually(t, time.Minute, "the audit log has the requests", func() bool {
		data, err := os.ReadFile(filepath.Join(s.Dir, "log", "audit.log"))
		if err != nil {
			t.Fatal(err)
		}
		verbs = map[string]int{}
		for line := range strings.Lines(string(data)) {
			var event struct {
				Verb      string
				ObjectRef struct{ Namespace, Subresource string }
			}
			if json.Unmarshal([]byte(line), &event) == nil && event.ObjectRef.Namespace == ns && event.ObjectRef.Subresource == "exec" {
				verbs[event.Verb]++
			}
		}
		return len(verbs) > 0
	})
	return verbs
}

// delete deletes a namespace that no helper has made.
func (s *server) delete(t *testing.T, ns string) {
	t.Helper()
	if err := s.client.CoreV1().Namespaces().Delete(context.WithoutCancel(t.Context()), ns, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}
