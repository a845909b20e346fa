package plugin

import "github.com/spf13/pflag"

// refusedFlag is a flag of `docker build` or `docker buildx build` that we can't honour, with the reason and a way out.
type refusedFlag struct {
	name      string
	shorthand string
	reason    string // completes "--NAME "
	wayOut    string // a command or a setting
}

const (
	otherEngine   = "needs an engine that img v0.5.11 is not"
	kubernetesCPU = "is a share of one machine; a pod's share is set in Kubernetes' terms"
	noServer      = "configures a buildx server, and there is none: every build has a pod of its own"
	onlyBuilds    = "asks about a build without building; img v0.5.11 only builds"
	attestLater   = "attach one to the pushed digest: cosign attest --predicate FILE REPO@DIGEST"
)

// refusedFlags is every flag of docker's builders, past and present, that the build command does not implement, and those of its
// daemon that people look for here.
func refusedFlags() []refusedFlag {
	return []refusedFlag{
		{"add-host", "", "needs an engine that can edit /etc/hosts of a step, which img v0.5.11 can't", "use a name that the cluster's DNS resolves"},
		{"allow", "", "grants rights that an unprivileged pod does not have", "remove --security=insecure and --network=host from RUN"},
		{"annotation", "", otherEngine, "--label KEY=VALUE"},
		{"attest", "", otherEngine, attestLater},
		{"build-context", "", otherEngine, "put the files below PATH, or push them as an image and use COPY --from=IMAGE"},
		{"builder", "", "chooses a buildx instance, and there is none: every build has a pod of its own", "--context for the cluster, --image for the builder image"},
		{"call", "", onlyBuilds, "hadolint Dockerfile"},
		{"cgroup-parent", "", "can't be chosen in a pod: its cgroup belongs to the kubelet", "--limit cpu=2,memory=2Gi"},
		{"check", "", onlyBuilds, "hadolint Dockerfile"},
		{"compress", "", "is not needed: the upload decides for itself what to compress", "leave it out"},
		{"cpu-period", "", kubernetesCPU, "--limit cpu=2"},
		{"cpu-quota", "", kubernetesCPU, "--limit cpu=2"},
		{"cpu-shares", "c", kubernetesCPU, "--request cpu=500m"},
		{"cpuset-cpus", "", kubernetesCPU, "--limit cpu=2"},
		{"cpuset-mems", "", kubernetesCPU, "--node-selector KEY=VALUE"},
		{"debug", "D", "starts buildx's debugger or log; neither is here", "--verbose, and --keep to look into the pod"},
		{"disable-content-trust", "", "switches off a check that img v0.5.11 does not make", "leave it out, and pin base images: FROM name@sha256:..."},
		{"force-rm", "", "is about containers that a daemon keeps; the whole pod is always deleted", "leave it out"},
		{"invoke", "", "starts a shell after a build, which img v0.5.11 can't", "--keep, then kubectl exec"},
		{"isolation", "", "chooses between Windows isolations; builds run on Linux", "--profile userns"},
		{"load", "", "loads into a docker daemon, and there is none", "-o type=docker,dest=- | docker load"},
		{"memory", "m", kubernetesCPU, "--limit memory=2Gi"},
		{"memory-swap", "", kubernetesCPU, "--limit memory=2Gi"},
		{"network", "", "can't be chosen: RUN steps use the pod's network", "select the pod in a NetworkPolicy with --pod-label KEY=VALUE"},
		{"no-cache-filter", "", otherEngine, "--no-cache"},
		{"on", "", "sets a breakpoint of buildx's debugger, which is not here", "--keep, then kubectl exec"},
		{"policy", "", otherEngine, "pin base images: FROM name@sha256:..."},
		{"print", "", onlyBuilds, "hadolint Dockerfile"},
		{"provenance", "", otherEngine, attestLater},
		{"pull", "", "is not needed: base images are resolved anew in every build unless --cache-volume keeps the engine's state", "leave it out; with --cache-volume, use --no-cache"},
		{"registry-mirror", "", "is an option of a docker daemon, and img v0.5.11 knows no mirrors", "name the mirror in FROM, by an ARG and --build-arg"},
		{"rm", "", "is about containers that a daemon keeps; the whole pod is always deleted", "--keep keeps the pod"},
		{"root", "", noServer, "leave it out"},
		{"sbom", "", otherEngine, attestLater},
		{"secret", "", otherEngine, "copy the file into an early stage that the final image takes no layer from"},
		{"security-opt", "", "is an option of a docker daemon; the pod's profile decides", "--profile userns"},
		{"server-config", "", noServer, "leave it out"},
		{"shm-size", "", otherEngine, "let the RUN step use /tmp instead of /dev/shm"},
		{"squash", "", otherEngine, "end the Dockerfile with FROM scratch and COPY --from=STAGE / /"},
		{"ssh", "", otherEngine, "clone before the build, and put the files below PATH"},
		{"stream", "", "is not needed: the context is always streamed", "leave it out"},
		{"ulimit", "", otherEngine, "RUN ulimit -n 4096 && COMMAND"},
	}
}

// refusedError says why a flag of docker's is not available here.
type refusedError struct {
	source string // as the user gave it: --secret or KUBECTL_IMG_SECRET
	flag   refusedFlag
}

func (e *refusedError) Error() string { return e.source + " " + e.flag.reason }

// Hint is the way out.
func (e *refusedError) Hint() string { return e.flag.wayOut }

// ExitCode is that of wrong usage.
func (e *refusedError) ExitCode() int { return codeUsage }

// addRefusedFlags registers them hidden, so that they are refused by name in every form in which docker takes them.
func addRefusedFlags(flags *pflag.FlagSet) {
	for _, r := range refusedFlags() {
		f := flags.VarPF(refusedValue{r}, r.name, r.shorthand, r.reason)
		f.Hidden = true
		// No value is needed to be refused: with this, `--secret` at the end of the line is refused by its own reason too.
		f.NoOptDefVal = "true"
	}
}

// refusedValue is a flag's value that no value suits.
type refusedValue struct{ flag refusedFlag }

func (v refusedValue) Set(string) error { return &refusedError{"--" + v.flag.name, v.flag} }
func (v refusedValue) String() string   { return "" }
func (v refusedValue) Type() string     { return "string" }
