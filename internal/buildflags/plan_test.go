package buildflags

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/clitest"
	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// defaultPlan returns the plan of `build -t app .`. The pod and the context have tests of their own.
func defaultPlan(change func(*build.Plan)) *build.Plan {
	p := &build.Plan{
		Profile: podspec.UserNS,
		Build: engine.Build{
			Context:    session.ContextDir,
			Dockerfile: session.DockerfilePath,
			Tags:       []string{"docker.io/library/app:latest"},
			Push:       true,
		},
		Tags:        []build.Tag{{Reference: "docker.io/library/app:latest", Registry: "docker.io", Repository: "app"}},
		CheckPush:   true,
		Progress:    progress.Auto,
		Timeout:     time.Hour,
		PodTimeout:  5 * time.Minute,
		DetachGrace: time.Minute,
		CacheWait:   true,
	}
	change(p)
	return p
}

func TestPlan(t *testing.T) {
	untagged := func(p *build.Plan) { p.Tags, p.Build.Tags, p.Build.Push = nil, nil, false }
	tests := map[string]struct {
		args []string
		env  []string
		want func(*build.Plan)
	}{
		"defaults": {args: []string{"-t", "app"}, want: func(*build.Plan) {}},
		"keys of the steps": {
			args: []string{"-t", "app", "--annotation", "manifest:a=b=c", "--annotation", "d=", "--shm-size", "1m", "--ulimit", "nofile=10:20", "--network", "default"},
			want: func(p *build.Plan) {
				p.Build.Annotations, p.Build.ShmSize, p.Build.Ulimits = []string{"a=b=c", "d="}, 1<<20, []string{"nofile=10:20"}
			},
		},
		"several tags": {
			args: []string{"-t", "app", "--tag", "user/app:1", "-t", "localhost/a", "-t", "r.example:5000/team/app:v1.0"},
			want: func(p *build.Plan) {
				p.Tags = append(p.Tags,
					build.Tag{Reference: "docker.io/user/app:1", Registry: "docker.io", Repository: "user/app"},
					build.Tag{Reference: "localhost/a:latest", Registry: "localhost", Repository: "localhost/a"},
					build.Tag{Reference: "r.example:5000/team/app:v1.0", Registry: "r.example:5000", Repository: "r.example:5000/team/app"})
				p.Build.Tags = append(p.Build.Tags, "docker.io/user/app:1", "localhost/a:latest", "r.example:5000/team/app:v1.0")
			},
		},
		"explicit default registry": {
			args: []string{"-t", "docker.io/app"},
			want: func(p *build.Plan) { p.Tags[0].Repository = "docker.io/app" },
		},
		"build values": {
			args: []string{
				"-t", "app", "--build-arg", "A=1,2", "--build-arg", "B", "--build-arg", "GONE", "--build-arg", "C=", "--target", "run",
				"--label", "a=b,c", "--label", "alone", "--platform", "linux/arm64/v8", "--no-cache",
			},
			env: []string{"B=x=y"},
			want: func(p *build.Plan) {
				p.Build.BuildArgs = []string{"A=1,2", "B=x=y", "C="}
				p.Build.Labels = []string{"a=b,c", "alone="}
				p.Build.Target, p.Build.Platform, p.Build.NoCache = "run", "linux/arm64/v8", true
			},
		},
		"caches": {
			args: []string{"-t", "app", "--cache-from", "user/app:cache", "--cache-from", "type=registry,ref=r.example/c", "--cache-to", "type=registry,ref=r.example/c,mode=max"},
			want: func(p *build.Plan) {
				p.Build.CacheFrom = []string{"type=registry,ref=user/app:cache", "type=registry,ref=r.example/c"}
				p.Build.CacheTo = []string{"type=registry,ref=r.example/c,mode=max"}
			},
		},
		"inline cache": {
			args: []string{"-t", "app", "--cache-to", "type=inline"},
			want: func(p *build.Plan) { p.Build.CacheTo = []string{"type=inline"} },
		},
		"registry logins": {
			args: []string{"-t", "app", "--auth", "ghcr.io=secret=keys", "--auth", "local", "--insecure-registry", "r.example:5000", "--proxy", "--check-push=false"},
			env:  []string{"HTTPS_PROXY=http://p", "no_proxy=x", "FTP_PROXY=y", "HTTP_PROXY="},
			want: func(p *build.Plan) {
				p.Auth = registryauth.Rules{{Host: "ghcr.io", Method: registryauth.Secret, Secret: "keys"}, {Method: registryauth.Local}}
				p.Trust.Insecure = []string{"r.example:5000"}
				p.Proxies = registryauth.ReadProxies([]string{"HTTPS_PROXY=http://p", "no_proxy=x"})
				p.CheckPush = false
			},
		},
		"push=false":               {args: []string{"-t", "app", "--push=false"}, want: func(p *build.Plan) { p.Build.Push = false }},
		"push=false without a tag": {args: []string{"--push=false"}, want: untagged},
		"how the image is pushed": {
			args: []string{"-t", "app", "--detach", "-o", "type=image,push=true,compression=zstd,compression-level=19"},
			want: func(p *build.Plan) {
				p.Build.Image, p.Detach = []string{"compression=zstd", "compression-level=19"}, true
			},
		},
		"a push with its name": {args: []string{"-o", "type=registry,name=app"}, want: func(*build.Plan) {}},
		"a push and an archive": {
			args: []string{"-o", "type=oci,dest=a.tar,compression=estargz", "-o", "type=registry,name=app,rewrite-timestamp=true"},
			want: func(p *build.Plan) {
				p.Build.Image = []string{"rewrite-timestamp=true"}
				p.Output = &build.Destination{Type: "oci", Dest: "a.tar", Limit: 64 << 30}
				p.Build.Output = &engine.Output{Type: "oci", Attrs: []string{"compression=estargz", "name=docker.io/library/app:latest"}, Path: session.OutputPath}
			},
		},
		"output replaces push": {
			args: []string{"-t", "app", "-o", "type=oci,dest=a.tar"},
			want: func(p *build.Plan) {
				p.Build.Push = false
				p.Output = &build.Destination{Type: "oci", Dest: "a.tar", Limit: 64 << 30}
				p.Build.Output = &engine.Output{Type: "oci", Attrs: []string{"name=docker.io/library/app:latest"}, Path: session.OutputPath}
			},
		},
		"output and push": {
			args: []string{"-t", "app", "-o", "type=docker,dest=-,name=x/y:1,compression=gzip", "--push"},
			want: func(p *build.Plan) {
				p.Output = &build.Destination{Type: "docker", Stdout: true, Limit: 64 << 30}
				p.Build.Output = &engine.Output{Type: "docker", Attrs: []string{"name=x/y:1", "compression=gzip"}, Path: session.OutputPath}
			},
		},
		"output shorthand for a directory": {
			args: []string{"-o", "out"},
			want: func(p *build.Plan) {
				untagged(p)
				// A directory travels as one tar.
				p.Output, p.Build.Output = &build.Destination{Type: "local", Dest: "out", Limit: 64 << 30}, &engine.Output{Type: "tar", Path: session.OutputPath}
			},
		},
		"output shorthand for stdout": {
			args: []string{"-o", "-"},
			want: func(p *build.Plan) {
				untagged(p)
				p.Output, p.Build.Output = &build.Destination{Type: "tar", Stdout: true, Limit: 64 << 30}, &engine.Output{Type: "tar", Path: session.OutputPath}
			},
		},
		"quoted output": {
			args: []string{"-o", `type=tar,"dest=a,b.tar"`},
			want: func(p *build.Plan) {
				untagged(p)
				p.Output, p.Build.Output = &build.Destination{Type: "tar", Dest: "a,b.tar", Limit: 64 << 30}, &engine.Output{Type: "tar", Path: session.OutputPath}
			},
		},
		"one name of several in an archive": {
			args: []string{"-t", "app", "-t", "app:2", "-o", "type=docker,dest=a.tar"},
			want: func(p *build.Plan) {
				p.Build.Push = false
				p.Tags = append(p.Tags, build.Tag{Reference: "docker.io/library/app:2", Registry: "docker.io", Repository: "app"})
				p.Build.Tags = append(p.Build.Tags, "docker.io/library/app:2")
				p.Output = &build.Destination{Type: "docker", Dest: "a.tar", Limit: 64 << 30}
				p.Build.Output = &engine.Output{Type: "docker", Attrs: []string{"name=docker.io/library/app:latest"}, Path: session.OutputPath}
				p.Warnings = []string{"only the first tag goes into the archive: img writes one name"}
			},
		},
		"files": {
			args: []string{"-t", "app", "--iidfile", "iid", "--digest-file", "src/digest", "--metadata-file", "meta.json"},
			want: func(p *build.Plan) { p.IIDFile, p.DigestFile, p.MetadataFile = "iid", "src/digest", "meta.json" },
		},
		"the Dockerfile's name": {
			args: []string{"-t", "app", "-f", "Dockerfile"},
			want: func(p *build.Plan) { p.File = "Dockerfile" },
		},
		"quiet":                    {args: []string{"-t", "app", "-q"}, want: func(p *build.Plan) { p.Progress = progress.Quiet }},
		"plain":                    {args: []string{"-t", "app", "--progress=plain"}, want: func(p *build.Plan) { p.Progress = progress.Plain }},
		"quiet beats variable":     {args: []string{"-t", "app", "-q"}, env: []string{"KUBECTL_IMG_PROGRESS=plain"}, want: func(p *build.Plan) { p.Progress = progress.Quiet }},
		"plain beats variable":     {args: []string{"-t", "app", "--progress=plain"}, env: []string{"KUBECTL_IMG_QUIET=true"}, want: func(p *build.Plan) { p.Progress = progress.Plain }},
		"short timeout":            {args: []string{"-t", "app", "--timeout=2m"}, want: func(p *build.Plan) { p.Timeout, p.PodTimeout = 2*time.Minute, 2*time.Minute }},
		"detached":                 {args: []string{"-t", "app", "--detach"}, want: func(p *build.Plan) { p.Detach = true }},
		"impatient":                {args: []string{"-t", "app", "--cache-volume", "c", "--cache-volume-wait=false"}, want: func(p *build.Plan) { p.CacheWait = false }},
		"grace, keep and verbose":  {args: []string{"-t", "app", "--detach-grace=5s", "--keep", "-v"}, want: func(p *build.Plan) { p.DetachGrace, p.Keep, p.Verbose = 5*time.Second, true, true }},
		"dry run":                  {args: []string{"-t", "app", "--dry-run"}, want: func(p *build.Plan) { p.DryRun = build.DryRunYAML }},
		"dry run as JSON":          {args: []string{"-t", "app", "--dry-run=json"}, want: func(p *build.Plan) { p.DryRun = build.DryRunJSON }},
		"profile":                  {args: []string{"-t", "app", "--profile", "unset"}, want: func(p *build.Plan) { p.Profile = podspec.Unset }},
		"stdin is the Dockerfile":  {args: []string{"-t", "app", "-f", "-"}, want: func(*build.Plan) {}},
		"a seccomp profile nearby": {args: []string{"-t", "app"}, env: []string{"KUBECTL_IMG_SECCOMP_PROFILE=site.json"}, want: func(*build.Plan) {}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tt.env...)
			b.In.WriteString("FROM stdin\n")
			got, err := b.plan(append(tt.args, ".")...)
			if err != nil {
				t.Fatal(err)
			}
			want := defaultPlan(tt.want)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(build.Plan{}, "Pod", "Fallbacks", "Source")); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanIsDeterministic(t *testing.T) {
	b := newBench(t)
	args := []string{"-t", "app", "--pod-label", "a=b", "--pod-label", "c=d", "--request", "cpu=1,memory=1Gi", "."}
	first, err := b.plan(args...)
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.plan(args...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second, cmpopts.IgnoreFields(build.Plan{}, "Source")); diff != "" {
		t.Errorf("the same command line made two plans:\n%s", diff)
	}
}

func TestSource(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string // the Dockerfile, as far as it is known before the upload
	}{
		"directory":             {[]string{"."}, "FROM scratch\n"},
		"Dockerfile inside":     {[]string{"-f", "src/other", "."}, "FROM other\n"},
		"Dockerfile outside":    {[]string{"-f", "Dockerfile", "src"}, "FROM scratch\n"},
		"Dockerfile from stdin": {[]string{"-f", "-", "."}, "FROM stdin\n"},
		"only a Dockerfile":     {[]string{"-"}, "FROM stdin\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.In.WriteString("FROM stdin\n")
			clitest.Write(t, "src/other", "FROM other\n")
			plan, err := b.plan(append([]string{"-t", "app"}, tt.args...)...)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(plan.Source.Dockerfile()); got != tt.want {
				t.Errorf("Dockerfile %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOutputIntoExistingPlaces(t *testing.T) {
	b := newBench(t)
	clitest.Write(t, "old.tar", "old")
	for _, spec := range []string{"type=tar,dest=old.tar", "type=local,dest=src", "src", "type=oci,dest=" + filepath.Join("src", "new.tar")} {
		if _, err := b.plan("-o", spec, "."); err != nil {
			t.Errorf("-o %s: %v", spec, err)
		}
	}
}
