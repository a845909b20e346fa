package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestCompletion(t *testing.T) {
	t.Parallel()
	t.Run("names from the cluster", completeNames)
	t.Run("builds", completeBuilds)
	t.Run("user without rights", completeForbidden)
}

// kubectl returns calls of the real kubectl. The plugin is installed like krew does it, as a link in a directory on PATH, and has installed its
// completion next to the link.
func kubectl(t *testing.T, env ...string) func(args ...string) call {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(shared.Plugin, filepath.Join(dir, "kubectl-img")); err != nil {
		t.Fatal(err)
	}
	env = append(env, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	run := func(args ...string) call {
		return call{program: filepath.Join(shared.Bin, "kubectl"), env: env, args: args}
	}
	run("img", "completion", "install").run(t).succeeds(t)
	if _, err := os.Stat(filepath.Join(dir, "kubectl_complete-img")); err != nil {
		t.Fatal(err)
	}
	return run
}

// completes returns the completions of the last word. The lines have descriptions, the values do not.
func completes(t *testing.T, run func(args ...string) call, words ...string) (values, lines []string) {
	t.Helper()
	r := run(append([]string{"__complete", "img"}, words...)...).run(t).succeeds(t)
	lines = strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, ":") {
		t.Fatalf("no directive:\n%s", r.stdout)
	}
	for _, line := range lines[:len(lines)-1] {
		value, _, _ := strings.Cut(line, "\t")
		values = append(values, value)
	}
	return values, lines
}

func completeNames(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	ctx := t.Context()
	made := metav1.ObjectMeta{Name: "made-here"}
	core := client.CoreV1()
	_, err := core.ServiceAccounts(ns).Create(ctx, &corev1.ServiceAccount{ObjectMeta: made}, metav1.CreateOptions{})
	for _, secret := range []*corev1.Secret{
		{ObjectMeta: made, Type: corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte("{}")}},
		{ObjectMeta: metav1.ObjectMeta{Name: "of-another-type"}},
	} {
		if err == nil {
			_, err = core.Secrets(ns).Create(ctx, secret, metav1.CreateOptions{})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := core.Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	label := corev1.LabelHostname + "=" + nodes.Items[0].Labels[corev1.LabelHostname]
	run := kubectl(t)
	for _, c := range []struct {
		words []string
		want  []string
	}{
		{[]string{"build", "-n", ns[:len(ns)-1]}, []string{ns}},
		{[]string{"build", "--namespace=" + ns}, []string{ns}},
		{[]string{"build", "-n", ns, "--service-account", ""}, []string{"default", "made-here"}},
		{[]string{"setup", "-n", ns, "--service-account", "made"}, []string{"made-here"}},
		{[]string{"build", "-n", ns, "--image-pull-secret", ""}, []string{"made-here"}},
		{[]string{"build", "-n", ns, "--auth", "secret="}, []string{"secret=made-here"}},
		{[]string{"build", "--node-selector", corev1.LabelHostname}, []string{label}},
		{[]string{"doctor", "--node-selector", "a=b," + corev1.LabelHostname}, []string{"a=b," + label}},
		{[]string{"build", "--profile", "u"}, []string{"userns", "unset", "unconfined"}},
		{[]string{"build", "-n", ns, "--cache-volume", ""}, nil},
		{[]string{"attach", "-n", ns, ""}, nil},
	} {
		var got []string // on a busy machine it may take longer than the completion waits
		eventually(t, soon, strings.Join(c.words, " ")+" is completed", func() bool {
			got, _ = completes(t, run, c.words...)
			return slices.Equal(got, c.want)
		})
		if t.Failed() {
			t.Fatalf("%q: %q, want %q", c.words, got, c.want)
		}
	}
	// The environment variables of a build have an effect on its completion, too.
	if got, _ := completes(t, kubectl(t, "KUBECTL_IMG_NAMESPACE="+ns), "build", "--service-account", "made"); !slices.Equal(got, []string{"made-here"}) {
		t.Errorf("with KUBECTL_IMG_NAMESPACE: %q", got)
	}
}

func completeBuilds(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	build(ns, "-t", repository(ns), "--name", "over", "--keep", smallContext(t)).run(t).succeeds(t)
	p := build(ns, "-t", repository(ns), "--name", "runs", endless(t)).start(t)
	p.await(t, begun)
	run := kubectl(t)
	eventually(t, soon, "the kept pod has ended", func() bool {
		got, _ := completes(t, run, "cancel", "-n", ns, "")
		return slices.Equal(got, []string{"runs"})
	})
	if got, _ := completes(t, run, "cancel", "-n", ns, "runs", ""); len(got) > 0 {
		t.Errorf("cancel offers twice: %q", got)
	}
	for _, verb := range []string{"attach", "logs"} {
		got, lines := completes(t, run, verb, "-n", ns, "")
		if !slices.Equal(got, []string{"over", "runs"}) || lines[0] != "over\tDone "+repository(ns)+":latest" || lines[1] != "runs\tRunning "+repository(ns)+":latest" {
			t.Errorf("%s: %q", verb, lines)
		}
		if more, _ := completes(t, run, verb, "-n", ns, "runs", ""); len(more) > 0 {
			t.Errorf("%s offers a second: %q", verb, more)
		}
	}
	p.signal(t, syscall.SIGINT)
	p.wait(t)
	img(ns, "prune").run(t).succeeds(t)
}

// completeForbidden expects no completions, and no error at the prompt, for a user who may not list objects.
func completeForbidden(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	run := kubectl(t)
	as := []string{"--as", ns}
	for _, words := range [][]string{{"build", "--service-account", ""}, {"build", "--node-selector", ""}, {"attach", "-n", "default", ""}} {
		got, _ := completes(t, run, append(append([]string{words[0]}, as...), words[1:]...)...)
		if len(got) > 0 {
			t.Errorf("%q: %q", words, got)
		}
	}
	// The namespaces of the kubeconfig are known without the cluster.
	if got, _ := completes(t, run, "build", "--as", ns, "-n", ""); !slices.Equal(got, []string{"default"}) {
		t.Errorf("namespaces: %q", got)
	}
}
