package buildcontext

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plainUser extracts the archives: the tests can run as root, but the builder never does.
const plainUser = 1000

// asPlainUser runs a shell script in dir.
func asPlainUser(t *testing.T, dir, script string, stdin []byte) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: plainUser, Gid: plainUser}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// volume returns a directory that an unprivileged user can write to. Like a volume with an fsGroup it has the set-group-ID bit.
func volume(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "volume-") //nolint:usetesting // other users can't enter the directories of t.TempDir
	must(t, err)
	must(t, syscall.Chmod(dir, 0o2777))
	t.Cleanup(func() {
		must(t, filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				err = os.Chmod(file, 0o755)
			}
			return err
		}))
		must(t, os.RemoveAll(dir))
	})
	return dir
}

// prepare returns what the supervisor does before it extracts: every directory would inherit the volume's set-group-ID bit, and busybox
// tar applies the umask to all modes unless it is root.
func prepare(dir string) string {
	return "mkdir -p " + dir + " && chmod 00755 " + dir + " && umask 0 && "
}

func TestExtractDirectory(t *testing.T) {
	root := fullTree(t)
	stream, sum := sent(t, mustFromDir(t, root, ""), "workspace/context")
	for _, tc := range []struct{ name, tar, sh string }{
		{"busybox", "busybox tar -x -f -", "busybox sh"},
		{"busybox with -p -o", "busybox tar -x -p -o -f -", "sh"},
		{"GNU", "tar -x -f -", "sh"},
		{"GNU with -p -o", "tar -x -p -o -f -", "busybox sh"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := volume(t)
			asPlainUser(t, dir, prepare("workspace/context")+tc.tar, stream)
			asPlainUser(t, dir, tc.sh, sum.ModeScript())
			want, got := treeOf(t, root), treeOf(t, filepath.Join(dir, "workspace/context"))
			want = slices.DeleteFunc(want, func(line string) bool { return strings.HasPrefix(line, "special/") })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("extracted (-source +extracted):\n%s", diff)
			}
		})
	}
}

// An archive with files only, or with repeated entries in any order, gets the same modes from every tar.
func TestExtractArchive(t *testing.T) {
	in := tarOf(t, map[string]string{"Dockerfile": "FROM scratch", "a/b/f": "f", "ro/f": "f", "late/f": "f", "link/g": "g"},
		tar.Header{Name: "Dockerfile"},
		tar.Header{Name: "a/b/f", Mode: 0o666},
		tar.Header{Name: "ro/", Typeflag: tar.TypeDir, Mode: 0o555},
		tar.Header{Name: "ro/f"},
		tar.Header{Name: "ro/hard", Typeflag: tar.TypeLink, Linkname: "a/b/f"},
		tar.Header{Name: "ro/up", Typeflag: tar.TypeSymlink, Linkname: "../../.."},
		tar.Header{Name: "late/f"},
		tar.Header{Name: "late/", Typeflag: tar.TypeDir, Mode: 0o711},
		tar.Header{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "a"},
		tar.Header{Name: "link/g"},
	)
	c, err := FromTar(bytes.NewReader(in), "")
	must(t, err)
	stream, sum := sent(t, c, "context")
	want := []string{
		`Dockerfile -rw-r--r-- "FROM scratch"`, `a drwxr-xr-x`, `a/b drwxr-xr-x`, `a/b/f -rw-rw-rw- "f" = a/b/f`, `a/g -rw-r--r-- "g"`,
		`late drwx--x--x`, `late/f -rw-r--r-- "f"`, `link Lrwxrwxrwx -> a`, `ro dr-xr-xr-x`, `ro/f -rw-r--r-- "f"`,
		`ro/hard -rw-rw-rw- "f" = a/b/f`, `ro/up Lrwxrwxrwx -> ../../..`,
	}
	for _, program := range []string{"busybox tar", "tar"} {
		dir := volume(t)
		asPlainUser(t, dir, prepare("context")+program+" -x -f -", stream)
		asPlainUser(t, dir, "sh", sum.ModeScript())
		if diff := cmp.Diff(want, treeOf(t, filepath.Join(dir, "context"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", program, diff)
		}
	}
}

// treeOf lists a tree: modes, link targets, content, and hard links. Of special files it has only the names.
func treeOf(t *testing.T, root string) []string {
	t.Helper()
	var list []string
	first := map[uint64]string{}
	must(t, filepath.WalkDir(root, func(file string, _ fs.DirEntry, err error) error {
		must(t, err)
		info, err := os.Lstat(file)
		must(t, err)
		name, _ := filepath.Rel(root, file)
		if name == "." {
			if info.Mode().Perm() != 0o755 {
				t.Errorf("root has mode %v", info.Mode())
			}
			return nil
		}
		if specialKind(info.Mode()) != "" {
			list = append(list, name)
			return nil
		}
		line := fmt.Sprintf("%s %v", name, info.Mode())
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			must(t, err)
			line += " -> " + target
		case info.Mode().IsRegular():
			data, err := os.ReadFile(file)
			must(t, err)
			line += fmt.Sprintf(" %q", data)
			if st := info.Sys().(*syscall.Stat_t); st.Nlink > 1 {
				if first[st.Ino] == "" {
					first[st.Ino] = name
				}
				line += " = " + first[st.Ino]
			}
		}
		list = append(list, line)
		return nil
	}))
	return list
}

var errStop = errors.New("stop")

// headWriter keeps the first block and fails then.
type headWriter struct{ bytes.Buffer }

func (w *headWriter) Write(p []byte) (int, error) {
	if w.Len() >= blockSize {
		return 0, errStop
	}
	return w.Buffer.Write(p)
}

func TestExtractLargeSize(t *testing.T) {
	const size = 9<<30 + 7
	root := writeTree(t, "large")
	must(t, os.Truncate(filepath.Join(root, "large"), size))
	var head headWriter
	if _, err := mustFromDir(t, root, "-").WriteTar(t.Context(), tar.NewWriter(&head), ""); !errors.Is(err, errStop) {
		t.Fatalf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "large.tar")
	must(t, os.WriteFile(file, head.Bytes()[:blockSize], 0o644))
	must(t, os.Truncate(file, blockSize+(size/blockSize+1)*blockSize+2*blockSize)) // a hole, which tar skips
	for _, program := range []string{"busybox", "tar"} {
		args := []string{"-t", "-v", "-f", file}
		if program == "busybox" {
			args = append([]string{"tar"}, args...)
		}
		out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), fmt.Sprint(int64(size))) || !strings.HasSuffix(strings.TrimSpace(string(out)), "large") {
			t.Errorf("%s: %v: %s", program, err, out)
		}
	}
}
