package jenkins_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
	"github.com/kubectl-img/kubectl-img/tests/cluster/program"
)

func TestExample(t *testing.T) {
	t.Parallel()
	t.Run("plain sh step", exampleOfPlainStep)
	t.Run("agent pod", exampleOfAgentPod)
}

func exampleOfPlainStep(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	c := job{
		namespace: ns, scm: source(t, "FROM scratch", "LABEL a=b"), workspace: filepath.Join(t.TempDir(), "work space"),
		env:      map[string]string{"BUILD_NUMBER": "7", "KUBECTL_IMG_NAMESPACE": ns},
		pipeline: example("plain-sh"),
	}.run(t).succeeds(t)
	c.says(t, "pushed "+repository(ns)+"@"+clustertest.Digest(t, shared, repository(ns)+":7"))
}

// exampleOfAgentPod gives the agent the rights that setup prints and the image of the repository's Dockerfile. The agent's pod must own the builder.
func exampleOfAgentPod(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	manifests, err := program.Output(command(t, "kubectl-img", "setup", "-n", ns, "--serviceaccount", ns+":kubectl-img"))
	if err != nil {
		t.Fatal(err)
	}
	pipe(t, command(t, "kubectl", "apply", "-f", "-"), manifests)
	owners := make(chan []string, 1)
	agent := agentImage(t, ns)
	whenBuilding(t, ns, 1, func(pod corev1.Pod) {
		var kinds []string
		for _, o := range pod.OwnerReferences {
			kinds = append(kinds, o.Kind+" "+o.Name[:6])
		}
		owners <- kinds
	})
	c := job{
		namespace: ns, scm: source(t, busybox(), "RUN sleep 3"), workspace: t.TempDir(),
		env:      map[string]string{"BUILD_NUMBER": "8", "AGENT_IMAGE": agent},
		pipeline: example("agent-pod"),
	}.run(t).succeeds(t)
	c.says(t, "pushed "+repository(ns)+"@"+clustertest.Digest(t, shared, repository(ns)+":8"))
	if got := <-owners; len(got) != 1 || got[0] != "Pod agent-" {
		t.Errorf("owners of the builder: %v", got)
	}
}

func example(name string) string {
	return filepath.Join(shared.Root, "jenkins", "examples", name, "Jenkinsfile")
}

// agentImage builds the repository's agent image with the cluster's kubectl and the plugin of these tests.
func agentImage(t *testing.T, ns string) string {
	t.Helper()
	tools := source(t, "FROM scratch", "COPY kubectl /bin/kubectl", "COPY kubectl-img /kubectl-img")
	for name, dir := range map[string]string{"kubectl": shared.Bin, "kubectl-img": filepath.Dir(shared.Plugin)} {
		from, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		to, err := os.OpenFile(filepath.Join(tools, name), os.O_CREATE|os.O_WRONLY, 0o755)
		if err == nil {
			_, err = io.Copy(to, from)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, _ = from.Close(), to.Close()
	}
	image := repository(ns) + "/"
	pipe(t, command(t, "kubectl", "img", "build", "-n", ns, "-t", image+"tools", tools), "")
	pipe(t, command(t, "kubectl", "img", "build", "-n", ns, "-t", image+"agent",
		"--build-arg", "KUBECTL_IMAGE="+image+"tools", "--build-arg", "PLUGIN_IMAGE="+image+"tools",
		"--build-arg", "BASE_IMAGE="+shared.Registry+"/debian:12", filepath.Join(shared.Root, "jenkins", "agent")), "")
	return image + "agent"
}

// pipe runs a command, which must succeed, with a text on its stdin.
func pipe(t *testing.T, cmd *exec.Cmd, stdin string) {
	t.Helper()
	cmd.Stdin = strings.NewReader(stdin)
	if err := program.Run(cmd); err != nil {
		t.Fatal(err)
	}
}

// command is a command with the cluster's environment and the plugin on PATH.
func command(t *testing.T, program string, args ...string) *exec.Cmd {
	path := pluginPath(shared.Bin + string(os.PathListSeparator) + os.Getenv("PATH"))
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "env", append([]string{"PATH=" + path, program}, args...)...)
	cmd.Env = append(shared.Env(), "HOME="+t.TempDir())
	return cmd
}
