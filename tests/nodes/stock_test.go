package nodes_test

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
	"github.com/kubectl-img/kubectl-img/tests/compat"
)

// stockBuilds has steps, mounts and copies of every kind. On a node that has none of our profiles, all of it works with the node's own AppArmor and seccomp
// profiles, which the first step prints.
func stockBuilds(t *testing.T) {
	ns, token := namespace(t, levels()["stock"]), filepath.Join(t.TempDir(), "token")
	if err := fixture.WriteContext(filepath.Dir(token), map[string]string{"token": "the token\n"}); err != nil {
		t.Fatal(err)
	}
	b := start(t, ns, "stock", dockerfile(
		"RUN echo $(cat /proc/self/attr/current), $(grep ^Seccomp: /proc/self/status)", "COPY --chown=33:34 file /made/owned", "COPY --link --chmod=0750 file /made/linked",
		"RUN cp /bin/busybox /made/suid && chown 7:8 /made/suid && chmod 4755 /made/suid && mkdir -m 1777 /made/open",
		"RUN --mount=type=cache,target=/made/cache --mount=type=tmpfs,target=/made/tmpfs --mount=type=bind,source=file,target=/bound --mount=type=secret,id=token "+
			"cat /bound /run/secrets/token >/made/read && touch /made/cache/x /made/tmpfs/x",
		"RUN <<END\necho here >/made/heredoc\nEND", "USER 33:34", "RUN id -u >/made/open/by",
		"FROM "+shared.Registry+"/busybox:1", "COPY --from=0 /made /made", "RUN cat /made/read /made/open/by >/read",
	), "--secret", "id=token,src="+token)
	if log := b.succeeds(t); !strings.Contains(log, " cri-containerd.apparmor.d (enforce), Seccomp: 2\n") {
		t.Errorf("the step has other profiles:\n%s", log)
	}
	image, err := shared.Image(t.Context(), repository(ns))
	if err != nil {
		t.Fatal(err)
	}
	content := mutate.Extract(image)
	defer content.Close()
	files := map[string]string{}
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch path := strings.Trim(header.Name, "/"); {
		case path == "read":
			text, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			files[path] = string(text)
		case strings.HasPrefix(path, "made/"):
			files[path] = fmt.Sprintf("%o %d:%d", header.Mode&0o7777, header.Uid, header.Gid)
		}
	}
	if diff := cmp.Diff(map[string]string{
		"made/owned": "644 33:34", "made/linked": "750 0:0", "made/suid": "4755 7:8", "made/open": "1777 0:0",
		"made/read": "644 0:0", "made/heredoc": "644 0:0", "made/open/by": "644 33:34", "read": "of the context\nthe token\n33\n",
	}, files); diff != "" {
		t.Errorf("the image (-want +got):\n%s", diff)
	}
	found("profile stock, untouched node, steps and mounts of every kind", compat.Builds, "under the node's default AppArmor and seccomp profiles")
}
