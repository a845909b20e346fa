package plugin

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// defaultPlan is `build -t app .`; the pod and the context have tests of their own.
func defaultPlan(change func(*Plan)) *Plan {
	p := &Plan{
		Profile: podspec.UserNS,
		Build: engine.Build{
			Context:    podContextDir,
			Dockerfile: podDockerfile,
			Tags:       []string{"docker.io/library/app:latest"},
			Push:       true,
		},
		Tags:        []Tag{{Reference: "docker.io/library/app:latest", Registry: "docker.io", Repository: "app"}},
		CheckPush:   true,
		Progress:    ProgressAuto,
		Timeout:     time.Hour,
		PodTimeout:  5 * time.Minute,
		DetachGrace: time.Minute,
		CacheWait:   true,
	}
	change(p)
	return p
}

func TestPlan(t *testing.T) {
	untagged := func(p *Plan) { p.Tags, p.Build.Tags, p.Build.Push = nil, nil, false }
	tests := map[string]struct {
		args []string
		env  []string
		want func(*Plan)
	}{
		"defaults": {args: []string{"-t", "app"}, want: func(*Plan) {}},
		"several tags": {
			args: []string{"-t", "app", "--tag", "user/app:1", "-t", "localhost/a", "-t", "r.example:5000/team/app:v1.0"},
			want: func(p *Plan) {
				p.Tags = append(p.Tags,
					Tag{"docker.io/user/app:1", "docker.io", "user/app"},
					Tag{"localhost/a:latest", "localhost", "localhost/a"},
					Tag{"r.example:5000/team/app:v1.0", "r.example:5000", "r.example:5000/team/app"})
				p.Build.Tags = append(p.Build.Tags, "docker.io/user/app:1", "localhost/a:latest", "r.example:5000/team/app:v1.0")
			},
		},
		"explicit default registry": {
			args: []string{"-t", "docker.io/app"},
			want: func(p *Plan) { p.Tags[0].Repository = "docker.io/app" },
		},
		"build values": {
			args: []string{
				"-t", "app", "--build-arg", "A=1,2", "--build-arg", "B", "--build-arg", "GONE", "--build-arg", "C=", "--target", "run",
				"--label", "a=b,c", "--label", "alone", "--platform", "linux/arm64/v8", "--no-cache",
			},
			env: []string{"B=x=y"},
			want: func(p *Plan) {
				p.Build.BuildArgs = []string{"A=1,2", "B=x=y", "C="}
				p.Build.Labels = []string{"a=b,c", "alone="}
				p.Build.Target, p.Build.Platform, p.Build.NoCache = "run", "linux/arm64/v8", true
			},
		},
		"caches": {
			args: []string{"-t", "app", "--cache-from", "user/app:cache", "--cache-from", "type=registry,ref=r.example/c", "--cache-to", "type=registry,ref=r.example/c,mode=max"},
			want: func(p *Plan) {
				p.Build.CacheFrom = []string{"type=registry,ref=user/app:cache", "type=registry,ref=r.example/c"}
				p.Build.CacheTo = []string{"type=registry,ref=r.example/c,mode=max"}
			},
		},
		"inline cache": {
			args: []string{"-t", "app", "--cache-to", "type=inline"},
			want: func(p *Plan) { p.Build.CacheTo = []string{"type=inline"} },
		},
		"registry logins": {
			args: []string{"-t", "app", "--auth", "ghcr.io=secret=keys", "--auth", "local", "--insecure-registry", "r.example:5000", "--proxy", "--check-push=false"},
			env:  []string{"HTTPS_PROXY=http://p", "no_proxy=x", "FTP_PROXY=y", "HTTP_PROXY="},
			want: func(p *Plan) {
				p.Auth = registryauth.Rules{{Host: "ghcr.io", Method: registryauth.Secret, Secret: "keys"}, {Method: registryauth.Local}}
				p.Trust.Insecure = []string{"r.example:5000"}
				p.Proxies = registryauth.ReadProxies([]string{"HTTPS_PROXY=http://p", "no_proxy=x"})
				p.CheckPush = false
			},
		},
		"push=false":               {args: []string{"-t", "app", "--push=false"}, want: func(p *Plan) { p.Build.Push = false }},
		"push=false without a tag": {args: []string{"--push=false"}, want: untagged},
		"output replaces push": {
			args: []string{"-t", "app", "-o", "type=oci,dest=a.tar"},
			want: func(p *Plan) {
				p.Build.Push = false
				p.Output = &Output{Type: "oci", Dest: "a.tar"}
				p.Build.Output = &engine.Output{Type: "oci", Attrs: []string{"name=docker.io/library/app:latest"}, Path: podOutputPath}
			},
		},
		"output and push": {
			args: []string{"-t", "app", "-o", "type=docker,dest=-,name=x/y:1,compression=gzip", "--push"},
			want: func(p *Plan) {
				p.Output = &Output{Type: "docker", Stdout: true}
				p.Build.Output = &engine.Output{Type: "docker", Attrs: []string{"name=x/y:1", "compression=gzip"}, Path: podOutputPath}
			},
		},
		"output shorthand for a directory": {
			args: []string{"-o", "out"},
			want: func(p *Plan) {
				untagged(p)
				// A directory travels as one tar.
				p.Output, p.Build.Output = &Output{Type: "local", Dest: "out"}, &engine.Output{Type: "tar", Path: podOutputPath}
			},
		},
		"output shorthand for stdout": {
			args: []string{"-o", "-"},
			want: func(p *Plan) {
				untagged(p)
				p.Output, p.Build.Output = &Output{Type: "tar", Stdout: true}, &engine.Output{Type: "tar", Path: podOutputPath}
			},
		},
		"quoted output": {
			args: []string{"-o", `type=tar,"dest=a,b.tar"`},
			want: func(p *Plan) {
				untagged(p)
				p.Output, p.Build.Output = &Output{Type: "tar", Dest: "a,b.tar"}, &engine.Output{Type: "tar", Path: podOutputPath}
			},
		},
		"one name of several in an archive": {
			args: []string{"-t", "app", "-t", "app:2", "-o", "type=docker,dest=a.tar"},
			want: func(p *Plan) {
				p.Build.Push = false
				p.Tags = append(p.Tags, Tag{"docker.io/library/app:2", "docker.io", "app"})
				p.Build.Tags = append(p.Build.Tags, "docker.io/library/app:2")
				p.Output = &Output{Type: "docker", Dest: "a.tar"}
				p.Build.Output = &engine.Output{Type: "docker", Attrs: []string{"name=docker.io/library/app:latest"}, Path: podOutputPath}
				p.Warnings = []string{"only the first tag goes into the archive: img v0.5.11 writes one name"}
			},
		},
		"files": {
			args: []string{"-t", "app", "--iidfile", "iid", "--digest-file", "src/digest", "--metadata-file", "meta.json"},
			want: func(p *Plan) { p.IIDFile, p.DigestFile, p.MetadataFile = "iid", "src/digest", "meta.json" },
		},
		"quiet":                    {args: []string{"-t", "app", "-q"}, want: func(p *Plan) { p.Progress = ProgressQuiet }},
		"plain":                    {args: []string{"-t", "app", "--progress=plain"}, want: func(p *Plan) { p.Progress = ProgressPlain }},
		"quiet beats variable":     {args: []string{"-t", "app", "-q"}, env: []string{"KUBECTL_IMG_PROGRESS=plain"}, want: func(p *Plan) { p.Progress = ProgressQuiet }},
		"plain beats variable":     {args: []string{"-t", "app", "--progress=plain"}, env: []string{"KUBECTL_IMG_QUIET=true"}, want: func(p *Plan) { p.Progress = ProgressPlain }},
		"short timeout":            {args: []string{"-t", "app", "--timeout=2m"}, want: func(p *Plan) { p.Timeout, p.PodTimeout = 2*time.Minute, 2*time.Minute }},
		"detached":                 {args: []string{"-t", "app", "--detach"}, want: func(p *Plan) { p.Detach = true }},
		"impatient":                {args: []string{"-t", "app", "--cache-volume", "c", "--cache-volume-wait=false"}, want: func(p *Plan) { p.CacheWait = false }},
		"grace, keep and verbose":  {args: []string{"-t", "app", "--detach-grace=5s", "--keep", "-v"}, want: func(p *Plan) { p.DetachGrace, p.Keep, p.Verbose = 5*time.Second, true, true }},
		"dry run":                  {args: []string{"-t", "app", "--dry-run"}, want: func(p *Plan) { p.DryRun = dryRunYAML }},
		"dry run as JSON":          {args: []string{"-t", "app", "--dry-run=json"}, want: func(p *Plan) { p.DryRun = dryRunJSON }},
		"profile":                  {args: []string{"-t", "app", "--profile", "unset"}, want: func(p *Plan) { p.Profile = podspec.Unset }},
		"stdin is the Dockerfile":  {args: []string{"-t", "app", "-f", "-"}, want: func(*Plan) {}},
		"a seccomp profile nearby": {args: []string{"-t", "app"}, env: []string{"KUBECTL_IMG_SECCOMP_PROFILE=site.json"}, want: func(*Plan) {}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tt.env...)
			b.in.WriteString("FROM stdin\n")
			got, err := b.plan(append(tt.args, ".")...)
			if err != nil {
				t.Fatal(err)
			}
			want := defaultPlan(tt.want)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Plan{}, "Pod", "Below", "Source")); diff != "" {
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
	if diff := cmp.Diff(first, second, cmpopts.IgnoreFields(Plan{}, "Source")); diff != "" {
		t.Errorf("the same command line made two plans:\n%s", diff)
	}
}

func TestPodOfPlan(t *testing.T) {
	b := newBench(t)
	write(t, "template.yaml", "spec: {priorityClassName: builds}")
	plan, err := b.plan("-t", "app", "-n", "ci", "--name", "mine", "--image", "r.example/builder:1", "--profile", "localhost",
		"--seccomp-profile", "dir/img.json", "--service-account", "sa", "--node-selector", "disk=ssd,zone=a", "--toleration", "builds",
		"--toleration", "team=web:NoExecute", "--request", "cpu=1,memory=1Gi", "--limit", "cpu=2", "--limit", "ephemeral-storage=10Gi",
		"--image-pull-secret", "s1", "--image-pull-secret", "s2", "--pod-label", "a=b", "--pod-annotation", "note=x,y=z",
		"--pod-template", "template.yaml", "--cache-volume", "cache", "--platform", "linux/aarch64", "--timeout", "10m", "--detach-grace", "1m", ".")
	if err != nil {
		t.Fatal(err)
	}
	want, err := podspec.Pod(podspec.Options{
		Name: "mine", Namespace: "ci", Image: "r.example/builder:1", Command: podCommand(), Env: podEnv(podspec.Options{Profile: podspec.Localhost}, time.Minute, session.CacheEnvironment(true)),
		By: "here", Tags: []string{"docker.io/library/app:latest"}, Repository: "app",
		Profile: podspec.Localhost, SeccompProfile: "dir/img.json", Volumes: podVolumes("cache"), ServiceAccount: "sa",
		NodeSelector: map[string]string{"disk": "ssd", "zone": "a", "kubernetes.io/arch": "arm64", "kubernetes.io/os": "linux"},
		Tolerations: []corev1.Toleration{
			{Key: "builds", Operator: corev1.TolerationOpExists},
			{Key: "team", Operator: corev1.TolerationOpEqual, Value: "web", Effect: corev1.TaintEffectNoExecute},
		},
		Requests:         quantities("cpu", "1", "memory", "1Gi"),
		Limits:           quantities("cpu", "2", "ephemeral-storage", "10Gi"),
		ImagePullSecrets: []string{"s1", "s2"},
		Labels:           map[string]string{"a": "b"}, Annotations: map[string]string{"note": "x,y=z"},
		Template: []byte("spec: {priorityClassName: builds}"),
		Deadline: 11 * time.Minute, Expiry: 16 * time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, plan.Pod); diff != "" {
		t.Errorf("pod (-want +got):\n%s", diff)
	}
}

func quantities(pairs ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		list[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return list
}

func TestDefaultsOfThePod(t *testing.T) {
	plan, err := newBench(t).plan("-t", "app", ".")
	if err != nil {
		t.Fatal(err)
	}
	pod := plan.Pod
	if got := pod.Namespace + "/" + pod.Name; got != "team/img-abcde" {
		t.Errorf("pod %s, want the context's namespace and the generated name", got)
	}
	if got := pod.Spec.Containers[0].Image; got != defaultImage() {
		t.Errorf("image %s, want %s", got, defaultImage())
	}
	if pod.Spec.HostUsers == nil || *pod.Spec.HostUsers {
		t.Error("the first pod has no user namespace")
	}
}

func TestRandomPodNamesAreValidAndDiffer(t *testing.T) {
	b := newBench(t)
	b.podName = randomPodName
	seen := map[string]bool{}
	for range 20 {
		plan, err := b.plan("-t", "app", ".")
		if err != nil {
			t.Fatal(err)
		}
		seen[plan.Pod.Name] = true
		if _, err := b.plan("-t", "app", "--name", plan.Pod.Name, "."); err != nil {
			t.Error(err)
		}
	}
	if len(seen) < 20 {
		t.Errorf("20 plans have %d names", len(seen))
	}
}

func TestSources(t *testing.T) {
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
			b.in.WriteString("FROM stdin\n")
			write(t, "src/other", "FROM other\n")
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
	write(t, "old.tar", "old")
	for _, spec := range []string{"type=tar,dest=old.tar", "type=local,dest=src", "src", "type=oci,dest=" + filepath.Join("src", "new.tar")} {
		if _, err := b.plan("-o", spec, "."); err != nil {
			t.Errorf("-o %s: %v", spec, err)
		}
	}
}
