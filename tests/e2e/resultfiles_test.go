package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestResultFiles writes results and outputs to paths of every kind.
func TestResultFiles(t *testing.T) {
	t.Parallel()
	t.Run("pipe, link and descriptor", resultsToStreams)
	t.Run("stdout and a device", resultsToStdout)
	t.Run("mount points", resultsToMounts)
	t.Run("rejected before anything is built", resultsRejected)
}

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func resultsToStreams(t *testing.T) {
	t.Parallel()
	ns, dir := namespace(t, privileged), t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	iid := make(chan string)
	go func() {
		text, _ := os.ReadFile(pipe)
		iid <- string(text)
	}()
	metadata, err := os.Create(filepath.Join(dir, "metadata"))
	if err != nil {
		t.Fatal(err)
	}
	defer metadata.Close()
	c := build(ns, "-t", repository(ns), "--iidfile", pipe, "--digest-file", link, "--metadata-file", "/dev/fd/3", only(t, scratch("LABEL a=b")))
	c.files = []*os.File{metadata}
	c.run(t).succeeds(t)
	want := digestOf(t, repository(ns))
	if got := <-iid; !digestForm.MatchString(got) {
		t.Errorf("the pipe has %q", got)
	}
	if got := read(t, filepath.Join(dir, "real")); got != want {
		t.Errorf("the link leads to %q, want %q", got, want)
	}
	if got := read(t, metadata.Name()); !strings.Contains(got, want) {
		t.Errorf("the descriptor has %q", got)
	}
	checkNothingElse(t, dir, "pipe", "link", "real", "metadata")
}

func resultsToStdout(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--push", "-o", "type=tar,dest=/dev/null", "--digest-file", "/dev/stdout", outputContext(t)).run(t).succeeds(t)
	digest := digestOf(t, repository(ns))
	if want := repository(ns) + "@" + digest + "\n" + digest; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
	if info, err := os.Lstat("/dev/null"); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatalf("/dev/null is no device any more: %v, %v", info, err)
	}
	r = build(ns, "-t", repository(ns), "--push", "-o", "type=tar,dest=/dev/stdout", outputContext(t)).run(t).succeeds(t)
	checkTree(t, listing(t, strings.NewReader(r.stdout))["file"].Content, listing(t, strings.NewReader(r.stdout))["sub/big"].Content)
	r.says(t, "pushed "+repository(ns)+"@"+digestOf(t, repository(ns)))
}

// resultsToMounts has the files of the results on other file systems than the directories that they are in.
func resultsToMounts(t *testing.T) {
	t.Parallel()
	ns, dir := namespace(t, privileged), t.TempDir()
	digest, archive, local := filepath.Join(dir, "digest"), filepath.Join(dir, "archive"), filepath.Join(dir, "local")
	for _, path := range []string{digest, archive} {
		write(t, path+".mounted", "old")
		write(t, path, "")
		mount(t, path+".mounted", path, "", unix.MS_BIND)
	}
	if err := os.Mkdir(local, 0o755); err != nil {
		t.Fatal(err)
	}
	mount(t, "tmpfs", local, "tmpfs", 0)
	if err := os.Mkdir(filepath.Join(local, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	mount(t, "tmpfs", filepath.Join(local, "sub"), "tmpfs", 0)

	build(ns, "-t", repository(ns), "--push", "--digest-file", digest, "-o", "type=tar,dest="+archive, outputContext(t)).run(t).succeeds(t)
	if got, want := read(t, digest+".mounted"), digestOf(t, repository(ns)); got != want {
		t.Errorf("the mounted file has %q, want %q", got, want)
	}
	tree := listing(t, strings.NewReader(read(t, archive+".mounted")))
	checkTree(t, tree["file"].Content, tree["sub/big"].Content)

	build(ns, "-o", "type=local,dest="+local, outputContext(t)).run(t).succeeds(t)
	checkTree(t, read(t, filepath.Join(local, "file")), read(t, filepath.Join(local, "sub", "big")))
	checkNothingElse(t, local, "file", "sub")
	checkNothingElse(t, filepath.Join(local, "sub"), "big")
}

func mount(t *testing.T, source, target, fstype string, flags uintptr) {
	t.Helper()
	if err := unix.Mount(source, target, fstype, flags, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(target, unix.MNT_DETACH) })
}

func resultsRejected(t *testing.T) {
	t.Parallel()
	ns, dir := namespace(t, privileged), t.TempDir()
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	reading, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	for path, want := range map[string]string{
		filepath.Join(dir, "s"): "want a file, a pipe or a character device", dir: "is a directory", "/dev/fd/98": "descriptor 98 is not open",
		"/dev/fd/3": "descriptor 3 is not open for writing", filepath.Join(dir, "no", "file"): "does not exist",
	} {
		for _, flags := range [][]string{{"--iidfile", path}, {"--digest-file", path}, {"--metadata-file", path}, {"--push", "-o", "type=oci,dest=" + path}} {
			c := build(ns, append(flags, "-t", repository(ns), only(t, scratch("LABEL a=b")))...)
			c.files = []*os.File{reading}
			c.run(t).fails(t, codeUsage, want)
		}
	}
	if len(builders(t, ns)) > 0 || isPushed(t, repository(ns)) {
		t.Error("something was built")
	}
}

// TestHostileBuilder builds in a pod whose engine lies, as one that something has taken over can.
func TestHostileBuilder(t *testing.T) {
	t.Parallel()
	t.Run("another digest", hostileDigest)
	t.Run("a large output", hostileOutput)
}

// hostileImage is the builder image with a script in place of its engine, which is /usr/bin/img.real.
func hostileImage(t *testing.T, ns, script string) string {
	t.Helper()
	dir := contextOf(t, map[string]string{
		"img":        "#!/bin/sh\n" + script + "\n",
		"Dockerfile": "FROM " + shared.BuilderImage + "\nCOPY --from=" + shared.BuilderImage + " /usr/bin/img /usr/bin/img.real\nCOPY --chmod=0755 img /usr/bin/img\n",
	})
	ref := repository(ns) + "/builder:1"
	build(ns, "-t", ref, dir).run(t).succeeds(t)
	return ref
}

func hostileDigest(t *testing.T) {
	t.Parallel()
	ns, file := namespace(t, privileged), filepath.Join(t.TempDir(), "digest")
	build(ns, "-t", repository(ns)+":other", only(t, scratch("LABEL is=another"))).run(t).succeeds(t)
	other := digestOf(t, repository(ns)+":other")
	image := hostileImage(t, ns, `/usr/bin/img.real "$@" || exit`+"\n"+`[ "$1" != build ] || echo "`+other+`" >"$IMG_DIGEST_FILE"`)
	for _, dockerfile := range []string{scratch("LABEL a=b"), scratch("LABEL a=c")} {
		r := build(ns, "--image", image, "-t", repository(ns), "--digest-file", file, only(t, dockerfile)).run(t)
		r.fails(t, codeInternal, "the builder pod reports digest", other, digestOf(t, repository(ns)))
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a digest file")
	}
}

func hostileOutput(t *testing.T) {
	t.Parallel()
	ns, dir := namespace(t, privileged), t.TempDir()
	image := hostileImage(t, ns, `/usr/bin/img.real "$@" || exit`+"\n"+`case "$*" in *--output*) truncate -s 64M /workspace/output ;; esac`)
	build(ns, "--image", image, "--output-limit", "1Mi", "-o", "type=oci,dest="+filepath.Join(dir, "out"), only(t, scratch("LABEL a=b"))).run(t).
		fails(t, codeInternal, "it has more than 1048576 bytes").hints(t, "--output-limit")
	checkNothingElse(t, dir)
}

// TestOutputResumes cuts the connection in the middle of an output.
func TestOutputResumes(t *testing.T) {
	t.Parallel()
	ns, dest := namespace(t, privileged), filepath.Join(t.TempDir(), "out.tar")
	dir := outputContext(t)
	const size = 40 << 20
	sum := fill(t, filepath.Join(dir, "tree", "large"), size)
	l := newLink(t)
	l.left.Store(size + size/2) // the upload, and a half of the output
	r := build(ns, "--server", "https://"+l.address, "--tls-server-name", shared.NodeIP, "-t", repository(ns), "--push", "-o", "type=tar,dest="+dest, dir).run(t).succeeds(t)
	r.says(t, "lost the connection to the builder pod, resuming")
	if want := repository(ns) + "@" + digestOf(t, repository(ns)) + "\n"; r.stdout != want {
		t.Errorf("stdout %q, want %q", r.stdout, want)
	}
	if l.left.Load() > 0 {
		t.Error("the connection was not cut")
	}
	f, err := os.Open(dest)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := listing(t, f)["large"].Content; !bytes.Equal(sum, sumOf(got)) {
		t.Errorf("%d bytes arrived, which differ from those sent", len(got))
	}
}

func sumOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}
