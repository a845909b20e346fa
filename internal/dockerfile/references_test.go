package dockerfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReferences(t *testing.T) {
	const staged = `# syntax=docker.example/dockerfile:1
ARG REGISTRY=ghcr.io/team
ARG TAG
FROM --platform=linux/amd64 ${REGISTRY}/base:${TAG:-1} AS base
FROM quay.io/unused/image AS unused
COPY --from=quay.io/also/unused /x /
FROM base AS built
COPY --from=r.example:5000/tools:2 /tool /
COPY --from=0 /a /
RUN --mount=type=bind,from=gcr.io/cache/mount,target=/m --mount=type=cache,target=/c true
RUN <<EOF
echo FROM not.an/image
EOF
FROM scratch
COPY --from=built /x /
COPY --from=base /y /
`
	for name, c := range map[string]struct {
		dockerfile, target string
		args               []string
		want               []string
	}{
		"what the last stage needs": {
			dockerfile: staged,
			want:       []string{"docker.example/dockerfile:1", "ghcr.io/team/base:1", "r.example:5000/tools:2", "gcr.io/cache/mount"},
		},
		"build arguments": {
			dockerfile: staged, target: "base", args: []string{"REGISTRY=other.example", "TAG=3"},
			want: []string{"docker.example/dockerfile:1", "other.example/base:3"},
		},
		"a target by name in another case": {
			dockerfile: staged, target: "UNUSED", want: []string{"docker.example/dockerfile:1", "quay.io/unused/image", "quay.io/also/unused"},
		},
		"a target by number": {dockerfile: "FROM a.example/a\nFROM b.example/b\n", target: "0", want: []string{"a.example/a"}},
		"a stage named like an image": {
			dockerfile: "FROM a.example/a AS busybox\nFROM busybox\n", want: []string{"a.example/a"},
		},
		"an image named like itself": {dockerfile: "FROM busybox AS busybox\n", want: []string{"busybox"}},
		"a default made of another":  {dockerfile: "ARG A=x.example\nARG B=$A/y\nFROM $B\n", want: []string{"x.example/y"}},
		"scratch":                    {dockerfile: "FROM scratch\nCOPY a /\n"},
		"another escape character":   {dockerfile: "# escape=`\nFROM a.example/a\nRUN echo `\n  x\n", want: []string{"a.example/a"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := References([]byte(c.dockerfile), c.target, c.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The Dockerfile can be in another frontend's language. The frontend's own image is known even so.
func TestReferencesOfAnotherLanguage(t *testing.T) {
	got, err := References([]byte("# syntax=a.example/frontend\nBUILD everything\n"), "", nil)
	if err == nil || !cmp.Equal(got, []string{"a.example/frontend"}) {
		t.Errorf("%q, %v", got, err)
	}
}
