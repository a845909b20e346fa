package buildcontext

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFromDirError(t *testing.T) {
	root := writeTree(t, "file", "empty=\n \n", "dir/", "large="+strings.Repeat("#", maxFileBytes+1), "ok/Dockerfile=FROM scratch", "ok/.dockerignore/")
	must(t, os.Symlink("nowhere", filepath.Join(root, "dangling")))
	for _, tc := range []struct {
		name, dir, dockerfile, stdin string
		want                         error
		path                         string
	}{
		{"no directory", "none", "", "", fs.ErrNotExist, "none"},
		{"a file", "file", "", "", errNotDirectory, "file"},
		{"no Dockerfile", ".", "", "", ErrNoDockerfile, "Dockerfile"},
		{"no such Dockerfile", ".", "other", "", ErrNoDockerfile, "other"},
		{"Dockerfile is a dangling link", ".", "dangling", "", ErrNoDockerfile, "dangling"},
		{"Dockerfile is a directory", ".", "dir", "", errIsDirectory, "dir"},
		{"Dockerfile below a file", ".", "file/Dockerfile", "", nil, "file/Dockerfile"},
		{"empty Dockerfile", ".", "empty", "", errEmptyDockerfile, "empty"},
		{"large Dockerfile", ".", "large", "", errTooLarge, "large"},
		{"empty stdin", ".", "-", "", errEmptyDockerfile, "-"},
		{"ignore file is a directory", "ok", "", "", errIsDirectory, ".dockerignore"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(root)
			_, err := FromDir(tc.dir, tc.dockerfile, strings.NewReader(tc.stdin))
			var fe *pathError
			if !errors.As(err, &fe) || tc.want != nil && !errors.Is(err, tc.want) {
				t.Fatalf("got %v, want a pathError: %v", err, tc.want)
			}
			if filepath.Base(fe.path) != filepath.Base(tc.path) {
				t.Errorf("path %q, want %q", fe.path, tc.path)
			}
			if strings.Contains(err.Error(), "open "+tc.path+": open ") || strings.Contains(err.Error(), "stat ") {
				t.Errorf("the error has the path twice: %v", err)
			}
		})
	}
	if _, err := FromDir(root, "-", nil); !errors.Is(err, ErrNoDockerfile) {
		t.Errorf("no stdin: %v", err)
	}
}

func TestFromDirDockerfile(t *testing.T) {
	root := writeTree(t, "ctx/Dockerfile=FROM upper", "low/dockerfile=FROM lower", "Dockerfile=FROM outside", "ctx/sub/prod=FROM sub")
	must(t, os.Symlink("ctx", filepath.Join(root, "link")))
	for _, tc := range []struct{ name, dir, dockerfile, content string }{
		{"default", "ctx", "", "FROM upper"},
		{"lower case", "low", "", "FROM lower"},
		{"inside the context, relative to the working directory", "ctx", "ctx/sub/prod", "FROM sub"},
		{"outside the context, which has one of the same name", "ctx", "Dockerfile", "FROM outside"},
		{"through a linked context", "link", "", "FROM upper"},
		{"through a linked directory", "ctx", "link/sub/prod", "FROM sub"},
		{"stdin", "ctx", "-", "FROM stdin"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(root)
			c, err := FromDir(tc.dir, tc.dockerfile, strings.NewReader("FROM stdin"))
			must(t, err)
			if string(c.Dockerfile()) != tc.content {
				t.Errorf("got %q, want %q", c.Dockerfile(), tc.content)
			}
		})
	}
}

func TestNoIgnoreFile(t *testing.T) {
	if got := namesOf(t, mustFromDir(t, writeTree(t, "Dockerfile=FROM scratch", "a"), "")); !slices.Equal(got, []string{"Dockerfile", "a"}) {
		t.Errorf("sent %q", got)
	}
}

func TestSkippedSocket(t *testing.T) {
	t.Chdir(writeTree(t, "Dockerfile=FROM scratch"))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", "s")
	must(t, err)
	defer l.Close()
	_, sum := sent(t, mustFromDir(t, ".", ""), "")
	if diff := cmp.Diff([]Skipped{{"s", "socket"}}, sum.Skipped); diff != "" {
		t.Error(diff)
	}
}

func TestModTimeInSeconds(t *testing.T) {
	root := writeTree(t, "Dockerfile=FROM scratch")
	at := time.Unix(-2, 500_000_000) // before the epoch
	must(t, os.Chtimes(filepath.Join(root, "Dockerfile"), at, at))
	stream, _ := sent(t, mustFromDir(t, root, ""), "")
	list, _ := entriesOf(t, stream)
	if got := list[0].ModTime.Unix(); got != -2 {
		t.Errorf("time %d, want -2", got)
	}
}

func TestCancel(t *testing.T) {
	root := writeTree(t, "Dockerfile=FROM scratch", "a", "b")
	must(t, os.Truncate(filepath.Join(root, "b"), 64<<20))
	cause := errors.New("interrupted")
	t.Run("between entries", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		if err := sendError(ctx, mustFromDir(t, root, "")); !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
		if _, err := mustFromDir(t, root, "").Scan(ctx); !errors.Is(err, cause) {
			t.Errorf("scan: got %v", err)
		}
	})
	t.Run("in a large file", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		w := &hookWriter{after: 8 << 20, hook: func() { cancel(cause) }}
		_, err := mustFromDir(t, root, "").WriteTar(ctx, tar.NewWriter(w), "")
		if !errors.Is(err, cause) || w.n > 16<<20 {
			t.Errorf("got %v after %d bytes", err, w.n)
		}
	})
}

// hookWriter counts bytes, and calls hook once after a number of them.
type hookWriter struct {
	n, after int64
	hook     func()
}

func (w *hookWriter) Write(p []byte) (int, error) {
	w.n += int64(len(p))
	if w.hook != nil && w.n >= w.after {
		w.hook()
		w.hook = nil
	}
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	r, w := io.Pipe()
	must(t, r.CloseWithError(io.ErrClosedPipe))
	_, err := mustFromDir(t, writeTree(t, "Dockerfile=FROM scratch"), "").WriteTar(t.Context(), tar.NewWriter(w), "")
	var fe *pathError
	if !errors.Is(err, io.ErrClosedPipe) || errors.As(err, &fe) {
		t.Errorf("got %v", err)
	}
}

func TestPrefix(t *testing.T) {
	for prefix, want := range map[string]string{"": "f", "/": "f", ".": "f", "a": "a/", "a/b/": "a/b/", "/a": "a/"} {
		stream, _ := sent(t, mustFromDir(t, writeTree(t, "f"), "-"), prefix)
		list, _ := entriesOf(t, stream)
		if list[0].Name != want {
			t.Errorf("%q: first entry %q, want %q", prefix, list[0].Name, want)
		}
	}
}
