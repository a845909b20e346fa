package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuild(t *testing.T) {
	t.Parallel()
	t.Run("stages, arguments, target and labels", buildOptions)
	t.Run("several tags", buildTags)
	t.Run("platform", buildPlatform)
	t.Run("several platforms", buildPlatforms)
	t.Run("Dockerfile outside the context and on stdin", buildDockerfile)
	t.Run("started by kubectl", buildByKubectl)
}

func buildOptions(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	odd := "a,b \"double\" 'single' $HOME `date` \\n #x\nsecond line"
	dir := contextOf(t, map[string]string{"in/file": "from the context", "Dockerfile": "ARG TAG=none\nFROM " + shared.Registry + "/busybox:$TAG AS made\n" +
		`ARG ODD
ARG INHERITED
ARG ABSENT=default
COPY in /in
RUN printf '%s' "$ODD" >/odd && printf '%s' "$INHERITED" >/inherited && printf '%s' "$ABSENT" >/absent && id -u >/uid
RUN mkdir /owned && echo x >/owned/x && chown 33:34 /owned/x && chmod 4711 /owned/x
FROM scratch AS final
COPY --from=made /odd /inherited /absent /uid /in/file /
COPY --from=made /owned /owned
CMD ["/final"]
FROM scratch AS other
CMD ["/other"]
`})
	c := build(ns, "-t", repository(ns), "--target", "final", "--label", "one=1", "--label", "two words=a b, \"c\" $d",
		"--build-arg", "TAG=1", "--build-arg", "ODD="+odd, "--build-arg", "INHERITED", "--build-arg", "ABSENT", dir)
	c.env = []string{"INHERITED=from the environment"}
	c.run(t).succeeds(t)

	image := pull(t, repository(ns))
	got := map[string]string{}
	for _, name := range []string{"odd", "inherited", "absent", "uid", "file"} {
		got[name] = fileIn(t, image, name)
	}
	want := map[string]string{
		"odd": odd, "inherited": "from the environment", "absent": "default", "uid": "0\n", "file": "from the context",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	config := configOf(t, image).Config
	if diff := cmp.Diff(map[string]string{"one": "1", "two words": "a b, \"c\" $d"}, config.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/final"}, config.Cmd); diff != "" {
		t.Errorf("command of the target (-want +got):\n%s", diff)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	last, err := layers[len(layers)-1].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	if x := listing(t, last)["owned/x"]; x.Owner != [2]int{33, 34} || x.Mode != 0o4711 {
		t.Errorf("a RUN step's chown and chmod gave owner %v and mode %#o", x.Owner, x.Mode)
	}
}

func buildTags(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	first, second, third := repository(ns)+":one", repository(ns)+":two", repository(ns)+"/elsewhere"
	r := build(ns, "-t", first, "-t", second, "-t", third, only(t, scratch("LABEL a=b"))).run(t).succeeds(t)
	digest := digestOf(t, first)
	if want := repository(ns) + "@" + digest + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
	for _, tag := range []string{second, third} {
		if got := digestOf(t, tag); got != digest {
			t.Errorf("%s is %s, and %s is %s", tag, got, first, digest)
		}
	}
}

func buildPlatform(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	config := configOf(t, pull(t, busybox()))
	platform := "linux/" + config.Architecture
	build(ns, "-t", repository(ns), "--platform", platform, "--keep", only(t, shell("RUN true"))).run(t).succeeds(t)
	pod := onlyPod(t, ns)
	defer deletePod(t, pod)
	if got := pod.Spec.NodeSelector["kubernetes.io/arch"]; got != config.Architecture {
		t.Errorf("node selector %q", pod.Spec.NodeSelector)
	}
	if got := configOf(t, pull(t, repository(ns))).Platform().String(); got != platform {
		t.Errorf("the image is for %s, want %s", got, platform)
	}
}

func buildDockerfile(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	dir := contextOf(t, map[string]string{"file": "content", "Dockerfile": scratch("COPY no-such-file /")})
	outside := filepath.Join(t.TempDir(), "Other.dockerfile")
	write(t, outside, scratch("COPY file /outside"))
	build(ns, "-t", repository(ns)+":outside", "-f", outside, dir).run(t).succeeds(t)
	if got := fileIn(t, pull(t, repository(ns)+":outside"), "outside"); got != "content" {
		t.Errorf("content %q", got)
	}
	c := build(ns, "-t", repository(ns)+":stdin", "-f", "-", dir)
	c.stdin = strings.NewReader(scratch("COPY file /stdin"))
	c.run(t).succeeds(t)
	if got := fileIn(t, pull(t, repository(ns)+":stdin"), "stdin"); got != "content" {
		t.Errorf("content %q", got)
	}
}

func buildByKubectl(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	kubectl := call{
		program: filepath.Join(shared.Bin, "kubectl"), env: []string{"PATH=" + bin},
		args: []string{"img", "build", "-n", ns, "-t", repository(ns), only(t, scratch("LABEL a=b"))},
	}
	r := kubectl.run(t).succeeds(t)
	if want := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
}
