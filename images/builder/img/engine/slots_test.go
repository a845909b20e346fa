package engine

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"

	"github.com/kubectl-img/kubectl-img/images/builder/img/slot/slottest"
)

// everything uses what needs mount(2) elsewhere. busybox stands for a base image.
const everything = `FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /etc && echo 'app:x:12:34::/home/app:/bin/sh' > /etc/passwd && echo 'app:x:34:' > /etc/group
FROM base AS data
RUN mkdir /data && echo data > /data/file && ln /data/file /data/hard && ln -s file /data/link && chmod 4755 /data/file
FROM base
COPY --from=data /data /data
COPY --chown=app:app --chmod=4711 dir /copied
COPY --link dir /linked
ADD archive.tar /added
RUN --mount=type=secret,id=key,target=/run/key cp /run/key /seen && ln /run/key /hard && mv /run/key /moved
RUN --mount=type=cache,target=/cache echo x >> /cache/count
RUN --mount=type=cache,target=/cache cat /cache/count > /count
RUN --mount=type=bind,from=data,source=/data,target=/bind cat /bind/link > /bound && rm /bind/file
RUN --mount=type=tmpfs,target=/tmpfs touch /tmpfs/x
RUN <<EOT
echo heredoc > /heredoc
EOT
USER app
WORKDIR /home/app
RUN id -u > id
`

func TestBuildInSlots(t *testing.T) {
	dir := t.TempDir()
	program, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(os.Mkdir(filepath.Join(dir, "dir"), 0o755), os.WriteFile(filepath.Join(dir, "dir", "f"), []byte("f"), 0o644),
		os.WriteFile(filepath.Join(dir, "busybox"), program, 0o755), os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(everything), 0o644), writeArchive(filepath.Join(dir, "archive.tar")))
	if err != nil {
		t.Fatal(err)
	}
	container := slottest.Start(t, "engine-"+t.Name())
	e, err := Open(t.Context(), Options{
		StateDir: t.TempDir(), RuntimeDir: t.TempDir(), Slots: []string{container.Name}, Contexts: map[string]string{"context": dir, "dockerfile": dir}, Ephemeral: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	result := filepath.Join(t.TempDir(), "result.tar")
	updates := make(chan *client.SolveStatus)
	go func() {
		for range updates {
		}
	}()
	_, err = e.Solve(t.Context(), nil, client.SolveOpt{
		Frontend: "dockerfile.v0", FrontendAttrs: map[string]string{"filename": "Dockerfile"},
		Session: []session.Attachable{secretsprovider.FromMap(map[string][]byte{"key": []byte("s3cr3t")})},
		Exports: []client.ExportEntry{{Type: client.ExporterTar, Output: func(map[string]string) (io.WriteCloser, error) { return os.Create(result) }}},
	}, updates)
	if err != nil {
		t.Fatal(err)
	}
	got := contents(t, result)
	for name, want := range map[string]string{
		"data/file": "4755 0:0 data\n", "data/link": "0777 0:0 -> file", "copied/f": "4711 12:34 f", "linked/f": "0644 0:0 f", "added/a": "0600 5:6 a",
		"seen": "0400 0:0 s3cr3t", "count": "0644 0:0 x\n", "bound": "0644 0:0 data\n", "heredoc": "0644 0:0 heredoc\n", "home/app/id": "0644 12:34 12\n",
		"hard": "", "moved": "", "run/key": "", "cache/count": "", "bind/link": "", "tmpfs/x": "", "dev/pipes": "",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func writeArchive(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := tar.NewWriter(file)
	header := &tar.Header{Name: "a", Mode: 0o600, Uid: 5, Gid: 6, Size: 1}
	err = w.WriteHeader(header)
	_, writeErr := w.Write([]byte("a"))
	return errors.Join(err, writeErr, w.Close(), file.Close())
}

// contents are the mode, owner and content of the files in an archive.
func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	files := map[string]string{}
	for r := tar.NewReader(file); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeDir {
			continue
		}
		text := "-> " + h.Linkname
		if h.Typeflag == tar.TypeReg {
			content, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			text = string(content)
		}
		files[strings.TrimPrefix(h.Name, "/")] = fmt.Sprintf("%04o %d:%d %s", h.Mode&0o7777, h.Uid, h.Gid, text)
	}
}
