package steps

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/moby/buildkit/executor"
	"github.com/moby/sys/user"

	"github.com/kubectl-img/kubectl-img/images/builder/img/linked"
	"github.com/kubectl-img/kubectl-img/images/builder/img/shared"
	"github.com/kubectl-img/kubectl-img/images/builder/img/slot/slottest"
)

// fixed is a mount of one source.
type fixed struct{ mount mount.Mount }

func (f fixed) Mount(context.Context, bool) (executor.MountableRef, error) { return ref(f), nil }

type ref struct{ mount mount.Mount }

func (r ref) Mount() ([]mount.Mount, func() error, error) {
	return []mount.Mount{r.mount}, func() error { return nil }, nil
}
func (r ref) IdentityMapping() *user.IdentityMapping { return nil }

func bind(path string) fixed {
	return fixed{mount.Mount{Type: "bind", Source: path, Options: []string{"rbind"}}}
}

// snapshot is a snapshot whose tree is made by whoever mounts it.
type snapshot struct{ dir, parent string }

func (s snapshot) Mount(ctx context.Context, _ bool) (executor.MountableRef, error) {
	linked.Offer(ctx, linked.Lazy{Dir: s.dir, Parent: s.parent})
	return ref(bind(s.dir)), nil
}

// bench is an executor with slots, and the root file system that its next step starts with.
type bench struct {
	*Executor
	t      *testing.T
	lower  string
	output bytes.Buffer
}

func newBench(t *testing.T, slots int) *bench {
	t.Helper()
	var names []string
	for i := range slots {
		names = append(names, slottest.Start(t, fmt.Sprintf("steps-%s-%d-of-%d", t.Name(), i, slots)).Name)
	}
	guard, err := shared.NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Executor: New(names, t.TempDir(), guard), t: t, lower: t.TempDir()}
	t.Cleanup(func() { _ = b.Close() })
	program, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(b.lower, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.lower, "bin/busybox"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, applet := range []string{"sh", "cat", "ls", "mkdir", "rm", "mv", "ln", "touch", "id", "pwd", "sleep", "chmod", "find", "nc", "stat", "seq"} {
		if err := os.Link(filepath.Join(b.lower, "bin/busybox"), filepath.Join(b.lower, "bin", applet)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// step runs a script, and makes its result what the next one starts with.
func (b *bench) step(meta executor.Meta, script string, mounts ...executor.Mount) error {
	b.t.Helper()
	s := snapshot{b.t.TempDir(), b.lower}
	b.output.Reset()
	meta.Args, meta.Env = []string{"sh", "-c", script}, []string{"PATH=/bin"}
	out := discard{&b.output}
	_, err := b.Run(b.t.Context(), "", executor.Mount{Src: s}, mounts, executor.ProcessInfo{Meta: meta, Stdout: out, Stderr: out}, nil)
	if err == nil {
		b.lower = s.dir
	}
	return err
}

type discard struct{ io.Writer }

func (discard) Close() error { return nil }

func (b *bench) must(script string, mounts ...executor.Mount) string {
	b.t.Helper()
	if err := b.step(executor.Meta{}, script, mounts...); err != nil {
		b.t.Fatalf("%s: %v: %s", script, err, b.output.String())
	}
	return b.output.String()
}

// files lists what the root file system has beside busybox.
func (b *bench) files() string {
	b.t.Helper()
	var names []string
	err := filepath.WalkDir(b.lower, func(path string, _ os.DirEntry, err error) error {
		if name := strings.TrimPrefix(path, b.lower); name != "" && !strings.HasPrefix(name, "/bin") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
