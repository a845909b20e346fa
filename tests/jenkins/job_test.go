package jenkins_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// limit is how long a pipeline may take.
const limit = 180 * time.Second

// pipelines bounds how many run at once.
var pipelines = make(chan struct{}, 2)

// job is a pipeline with its environment in Jenkins.
type job struct {
	pipeline    string // its text, or the path of a Jenkinsfile
	scm         string // the directory that `checkout scm` copies
	workspace   string // default: scm, as if it was checked out
	namespace   string
	env         map[string]string
	credentials map[string]string
	keyless     bool   // the agent has no kubeconfig
	abort       string // a file; the run is aborted when it appears
}

// console is the console log of a pipeline and its exit code.
type console struct {
	log  string
	code int
}

var control = regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f]`)

// run waits for the end of the pipeline. It also checks that the log has no control characters.
func (j job) run(t *testing.T) console {
	t.Helper()
	pipelines <- struct{}{}
	defer func() { <-pipelines }()
	ctx, cancel := context.WithTimeoutCause(t.Context(), limit, errors.New("the pipeline hangs"))
	defer cancel()
	cmd := exec.CommandContext(ctx, "groovy", "-cp", runner, filepath.Join("runner", "run.groovy"), j.file(t))
	cmd.Stdin = bytes.NewReader(j.settings(t))
	cmd.Env = append(shared.Env(), "HOME="+t.TempDir(), "JAVA_HOME="+javaHome, "LC_ALL=C.UTF-8")
	for i, variable := range cmd.Env {
		if path, ok := strings.CutPrefix(variable, "PATH="); ok {
			cmd.Env[i] = "PATH=" + pluginPath(path)
		}
		if j.keyless && strings.HasPrefix(variable, "KUBECONFIG=") {
			cmd.Env[i] = "KUBECONFIG=/dev/null"
		}
	}
	out, err := cmd.CombinedOutput()
	c := console{log: string(out)}
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		t.Fatalf("%v: %v\n%s", err, context.Cause(ctx), out)
	}
	c.code = cmd.ProcessState.ExitCode()
	if found := control.FindString(c.log); found != "" {
		t.Errorf("control character %q in the log", found)
	}
	c.lacks(t, "clean up after kubectl img build")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("exit code %d, log:\n%s", c.code, c.log)
		}
	})
	return c
}

func (j job) file(t *testing.T) string {
	if strings.HasSuffix(j.pipeline, "/Jenkinsfile") {
		return j.pipeline
	}
	file := filepath.Join(t.TempDir(), "Jenkinsfile.groovy")
	clustertest.WriteFile(t, file, j.pipeline)
	return file
}

func (j job) settings(t *testing.T) []byte {
	if j.workspace == "" {
		j.workspace = j.scm
	}
	env := map[string]string{"KUBECTL_IMG_IMAGE": shared.BuilderImage, "NAMESPACE": j.namespace, "IMAGE": repository(j.namespace)}
	maps.Copy(env, j.env)
	text, err := json.Marshal(map[string]any{
		"library": filepath.Join(shared.Root, "jenkins"), "workspace": j.workspace, "scm": j.scm, "namespace": j.namespace,
		"env": env, "credentials": j.credentials, "abort": j.abort,
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// succeeds ends the test if the pipeline failed.
func (c console) succeeds(t *testing.T) console {
	t.Helper()
	if c.code != 0 {
		t.Fatalf("the pipeline failed")
	}
	return c.says(t, "Finished: SUCCESS")
}

// fails checks that the pipeline failed with this error.
func (c console) fails(t *testing.T, line string) console {
	t.Helper()
	if c.code != 1 || !strings.HasSuffix(c.log, "Finished: FAILURE\n") {
		t.Errorf("exit code %d, want a failure", c.code)
	}
	if !strings.Contains("\n"+c.log, "\nERROR: "+line) {
		t.Errorf("the pipeline did not fail with %q", line)
	}
	return c
}

func (c console) says(t *testing.T, parts ...string) console {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(c.log, part) {
			t.Errorf("the log lacks %q", part)
		}
	}
	return c
}

func (c console) lacks(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(c.log, part) {
			t.Errorf("the log has %q", part)
		}
	}
}

// result reads the value that a pipeline of shown has printed.
func (c console) result(t *testing.T, into any) {
	t.Helper()
	_, text, found := strings.Cut(c.log, "RESULT ")
	text, _, _ = strings.Cut(text, "\n")
	if err := json.Unmarshal([]byte(text), into); !found || err != nil {
		t.Fatalf("no result: %v", err)
	}
}
