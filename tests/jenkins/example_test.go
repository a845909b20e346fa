package jenkins_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestExampleOfAPlainStep(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	c := job{
		namespace: ns, scm: source(t, "FROM scratch", "LABEL a=b"), workspace: filepath.Join(t.TempDir(), "work space"),
		env:      map[string]string{"BUILD_NUMBER": "7", "KUBECTL_IMG_NAMESPACE": ns},
		pipeline: example("plain-sh"),
	}.run(t).succeeds(t)
	c.says(t, "pushed "+repository(ns)+"@"+digestOf(t, repository(ns)+":7"))
}

// The agent's rights are those that setup prints, its image is that of the repository, and the builder belongs to the agent's pod.
func TestExampleOfAnAgentPod(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	setup := command(t, "kubectl-img", "setup", "-n", ns, "--serviceaccount", ns+":kubectl-img")
	manifests, err := setup.Output()
	if err != nil {
		t.Fatal(err)
	}
	apply := command(t, "kubectl", "apply", "-f", "-")
	pipe(t, apply, manifests)
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
	c.says(t, "pushed "+repository(ns)+"@"+digestOf(t, repository(ns)+":8"))
	if got := <-owners; len(got) != 1 || got[0] != "Pod agent-" {
		t.Errorf("owners of the builder: %v", got)
	}
}

func example(name string) string {
	return filepath.Join(root, "jenkins", "examples", name, "Jenkinsfile")
}

// agentImage is what the repository's Dockerfile makes of the cluster's kubectl and the plugin of these tests.
func agentImage(t *testing.T, ns string) string {
	t.Helper()
	tools := source(t, "FROM scratch", "COPY kubectl /bin/kubectl", "COPY kubectl-img /kubectl-img")
	for name, dir := range map[string]string{"kubectl": shared.Bin, "kubectl-img": bin} {
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
	pipe(t, command(t, "kubectl", "img", "build", "-n", ns, "-t", image+"tools", tools), nil)
	pipe(t, command(t, "kubectl", "img", "build", "-n", ns, "-t", image+"agent",
		"--build-arg", "KUBECTL_IMAGE="+image+"tools", "--build-arg", "PLUGIN_IMAGE="+image+"tools",
		"--build-arg", "BASE_IMAGE="+shared.Registry+"/debian:12", filepath.Join(root, "jenkins", "agent")), nil)
	return image + "agent"
}

// pipe runs a command that must succeed.
func pipe(t *testing.T, cmd *exec.Cmd, stdin []byte) {
	t.Helper()
	cmd.Stdin = bytes.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// command runs with the cluster's environment and the plugin on PATH.
func command(t *testing.T, program string, args ...string) *exec.Cmd {
	path := bin + string(os.PathListSeparator) + shared.Bin + string(os.PathListSeparator) + os.Getenv("PATH")
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "env", append([]string{"PATH=" + path, program}, args...)...)
	cmd.Env = append(shared.Env(), "HOME="+t.TempDir())
	return cmd
}
