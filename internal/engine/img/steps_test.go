package img

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// TestSteps writes each step as its phase and command line.
func TestSteps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		build engine.Build
		want  []string
	}{
		"push": {
			engine.Build{Context: "/c", Dockerfile: "/d", Tags: []string{"r/a:1", "r/a:2"}, Push: true},
			[]string{
				"build: img build --state /s --no-console --tag r/a:1 --tag r/a:2 --file /d /c",
				"digest: img ls --state /s --filter name==r/a:1", "push: img push --state /s r/a:1", "push: img push --state /s r/a:2",
			},
		},
		"neither push nor output": {
			engine.Build{Context: "/c", Dockerfile: "/d"},
			[]string{
				"build: img build --state /s --no-console --tag localhost/kubectl-img:latest --file /d /c",
				"digest: img ls --state /s --filter name==localhost/kubectl-img:latest",
			},
		},
		"how the pushed image is written": {
			engine.Build{Context: "/c", Dockerfile: "/d", Tags: []string{"r/a:1"}, Push: true, Image: []string{"compression=zstd", "force-compression=true"}},
			[]string{
				"build: img build --state /s --no-console --tag r/a:1 --output type=image,compression=zstd,force-compression=true --file /d /c",
				"digest: img ls --state /s --filter name==r/a:1", "push: img push --state /s r/a:1",
			},
		},
		"further contexts": {
			engine.Build{Context: "/c", Dockerfile: "/d", Contexts: []string{"a=/x", "b=docker-image://y"}},
			[]string{
				"build: img build --state /s --no-console --tag localhost/kubectl-img:latest --file /d --build-context a=/x --build-context b=docker-image://y /c",
				"digest: img ls --state /s --filter name==localhost/kubectl-img:latest",
			},
		},
		"output": {
			engine.Build{Context: "/c", Dockerfile: "/d", Output: &engine.Output{Type: "oci", Path: "/o", Attrs: []string{"name=a,b"}}},
			[]string{`output: img build --state /s --no-console --output type=oci,dest=/o,"name=a,b" --file /d /c`},
		},
		"push and output export the cache once": {
			engine.Build{
				Context: "/c", Dockerfile: "/d", Tags: []string{"r/a:1"}, Push: true, NoCache: true, CacheTo: []string{"type=inline"}, Output: &engine.Output{Type: "tar", Path: "/o"},
			},
			[]string{
				"build: img build --state /s --no-console --tag r/a:1 --file /d --cache-to type=inline --no-cache /c",
				"digest: img ls --state /s --filter name==r/a:1", "push: img push --state /s r/a:1", "output: img build --state /s --no-console --output type=tar,dest=/o --file /d /c",
			},
		},
		"a context that the engine fetches": {
			engine.Build{Remote: "https://r/a.git#main:dir", Dockerfile: "sub/Dockerfile", Context: "/c", Output: &engine.Output{Type: "tar", Path: "/o"}},
			[]string{"output: img build --state /s --no-console --output type=tar,dest=/o --file sub/Dockerfile https://r/a.git#main:dir"},
		},
		"what steps may read and have": {
			engine.Build{
				Context: "/c", Dockerfile: "/d", Tags: []string{"r/a:1"}, Annotations: []string{"a=1"}, ShmSize: 1 << 20, Ulimits: []string{"nofile=1:2"},
				Secrets: []engine.Secret{{ID: "a,b", Path: "/0"}}, Keys: []engine.Secret{{ID: "default", Path: "/1"}},
			},
			[]string{
				`build: img build --state /s --no-console --tag r/a:1 --file /d --annotation a=1 --ulimit nofile=1:2 --shm-size 1048576 --secret "id=a,b",src=/0 --ssh default=/1 /c`,
				"digest: img ls --state /s --filter name==r/a:1",
			},
		},
		"every flag": {
			engine.Build{
				Context: "/c", Dockerfile: "/d", Tags: []string{"r/a:1"}, BuildArgs: []string{"A=1"}, Labels: []string{"l=2"}, Target: "t", Platform: "linux/arm64",
				CacheFrom: []string{"type=registry,ref=r/c"}, Frontends: []string{"docker/dockerfile,r/f:1", "none"},
			},
			[]string{
				"build: img build --state /s --no-console --tag r/a:1 --file /d --build-arg A=1 --label l=2 --frontends docker/dockerfile,r/f:1 --frontends none --cache-from type=registry,ref=r/c --target t --platform linux/arm64 /c",
				"digest: img ls --state /s --filter name==r/a:1",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, step := range (Img{StateDir: "/s"}).Steps(c.build) {
				got = append(got, string(step.Phase)+": "+strings.Join(step.Argv, " "))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	mapped, emulated := Img{StateDir: "/s", Hide: []string{"/h", "/i"}}.Environment(true), Img{StateDir: "/s", Losses: "/l"}.Environment(false)
	if mapped["TOOLS"] != "img newuidmap newgidmap" || mapped["LOSSES"] != "" || mapped["IMG_HIDE"] != "/h:/i" || mapped["MAPS"] != "img unshare true" || mapped["ENTER"] != "" {
		t.Errorf("mapped owners: %q", mapped)
	}
	if mapped["IMG_EPHEMERAL"] != "" || emulated["IMG_EPHEMERAL"] == "" {
		t.Errorf("a state that is kept: %q; that is not: %q", mapped["IMG_EPHEMERAL"], emulated["IMG_EPHEMERAL"])
	}
	if !strings.HasSuffix(mapped["ENTER_OLDER"], " env IMG_RUNNING_TESTS=1") || mapped["PROBE"] != "img du --state /s" || mapped["NO_SANDBOX"] == "" {
		t.Errorf("for an older engine: %q", mapped)
	}
	if emulated["TOOLS"] != "img ownership" || emulated["LOSSES"] != "/l" || !strings.HasSuffix(emulated["ENTER"], " ownership --report /l") {
		t.Errorf("emulated owners: %q", emulated)
	}
}

func TestReadLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]engine.Line{
		"#6 [3/4] RUN npm ci\n":                {Kind: engine.LineName, Step: "#6", Text: "[3/4] RUN npm ci", Position: "3/4"},
		"#6 [linux/arm64 build 3/4] RUN [2/2]": {Kind: engine.LineName, Step: "#6", Text: "[linux/arm64 build 3/4] RUN [2/2]", Position: "linux/arm64 build 3/4"},
		"#2 [internal] load .dockerignore":     {Kind: engine.LineInternal, Step: "#2", Text: "[internal] load .dockerignore"},
		"#6 0.150 added 3 packages":            {Kind: engine.LineOutput, Step: "#6", Prefix: "#6 0.150 ", Text: "added 3 packages"},
		"#5 CACHED":                            {Kind: engine.LineCached, Step: "#5", Text: "CACHED"},
		"#4 ERROR: exit code: 2":               {Kind: engine.LineFailed, Step: "#4", Text: "ERROR: exit code: 2"},
		`#4 ERROR: process "a" did not complete successfully: exit code: 2`: {
			Kind: engine.LineFailed, Step: "#4", Text: `ERROR: process "a" did not complete successfully: exit code: 2`, ExitCode: 2,
		},
		`Error: failed to solve: process "a" did not complete successfully: exit code: 137: cannot allocate memory`: {
			Kind: engine.LineError, Text: `Error: failed to solve: process "a" did not complete successfully: exit code: 137: cannot allocate memory`, ExitCode: 137,
		},
		" > [2/2] RUN a:\n":                   {Kind: engine.LineTitle, Text: "[2/2] RUN a"},
		"app.Dockerfile:12":                   {Kind: engine.LinePlace, Text: "app.Dockerfile:12"},
		"--------------------":                {Kind: engine.LineRule, Text: "--------------------"},
		"  12 | >>> RUN a\n":                  {Kind: engine.LineQuoted, Text: "  12 | >>> RUN a", Marked: "RUN a"},
		"  13 |     ":                         {Kind: engine.LineQuoted, Text: "  13 |"},
		"#8 exporting layers done":            {Kind: engine.LineStep, Step: "#8", Text: "exporting layers done"},
		"------\n":                            {Kind: engine.LineFrame},
		"Building r.example/app:1 \n":         {Kind: engine.LineOther, Text: "Building r.example/app:1"},
		"":                                    {Kind: engine.LineOther},
		"#6 0.2 10%\r20%\r":                   {Kind: engine.LineOutput, Step: "#6", Prefix: "#6 0.2 ", Text: "10%\r20%\r"},
		"# not a step: a comment in a script": {Kind: engine.LineOther, Text: "# not a step: a comment in a script"},
	} {
		if diff := cmp.Diff(want, Img{}.ReadLine(line)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}
