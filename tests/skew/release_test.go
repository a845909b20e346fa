package skew_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-img/kubectl-img/tests/cluster"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

var (
	records = flag.String("record", "", "`DIRECTORY` for the records of the runs; none is written if it is empty")
	only    = flag.String("only", "", "`RELEASE` to run, such as 1.30; all if it is empty")
)

// release is a release of Kubernetes, and what its API server decides about a build.
type release struct {
	minor string
	older string // the version that the cluster compiles; empty for the newest

	userNamespaces bool // the feature gates of hostUsers and procMount are on
	procMount      bool // Pod Security level baseline admits procMount Unmasked in a pod with a user namespace
}

func releases() []release {
	return []release{
		{minor: "1.30", older: "1.30.14"},
		{minor: "1.32", older: "1.32.13"},
		{minor: "1.34", older: "1.34.4", userNamespaces: true},
		{minor: "1.36", older: "1.36.3", userNamespaces: true, procMount: true},
		{minor: "1.37", userNamespaces: true, procMount: true},
	}
}

// server is a running cluster of one release.
type server struct {
	release
	*cluster.Cluster
	client *kubernetes.Clientset
	plugin string
}

// TestSkew starts a cluster of each release, one after the other, and leaves none running.
func TestSkew(t *testing.T) {
	root, err := cluster.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	plugin := filepath.Join(t.TempDir(), "kubectl-img")
	if err := program.CompilePlugin(t.Context(), root, plugin); err != nil {
		t.Fatal(err)
	}
	for _, r := range releases() {
		if *only != "" && *only != r.minor {
			continue
		}
		t.Run(r.minor, func(t *testing.T) {
			c, err := cluster.Up(t.Context(), cluster.Options{Kubernetes: r.older}, os.Stderr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := c.Down(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
			client, err := c.Client()
			if err != nil {
				t.Fatal(err)
			}
			s := &server{r, c, client, plugin}
			record := s.describe(t)
			for _, check := range checks() {
				t.Run(check.what, func(t *testing.T) {
					result := check.run(t, s)
					result.What = check.what
					t.Logf("%s: %s", result.Outcome, result.Text)
					record.Results = append(record.Results, result)
				})
			}
			if *records == "" || t.Failed() {
				return
			}
			if err := record.Write(filepath.Join(*records, fmt.Sprintf("kubernetes-%s.json", r.minor))); err != nil {
				t.Error(err)
			}
		})
	}
}
