package plugin

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// buildFlags holds what the user typed, unread; Plan makes sense of it.
type buildFlags struct {
	tags      []string
	file      string
	buildArgs []string
	target    string
	labels    []string
	platforms []string
	noCache   bool
	cacheFrom []string
	cacheTo   []string

	push            bool
	outputs         []string
	progress        string
	quiet           bool
	iidFile         string
	digestFile      string
	metadataFile    string
	strictOwnership bool

	image            string
	name             string
	profile          string
	minProfile       string
	seccompProfile   string
	appArmorProfile  string
	serviceAccount   string
	nodeSelector     []string
	tolerations      []string
	requests         []string
	limits           []string
	imagePullSecrets []string
	podLabels        []string
	podAnnotations   []string
	podTemplate      string
	cacheVolume      string
	cacheVolumeWait  bool

	authFlags

	timeout     time.Duration
	podTimeout  time.Duration
	detachGrace time.Duration
	keep        bool
	detach      bool
	dryRun      string
	verbose     bool

	config   *genericclioptions.ConfigFlags
	set      *pflag.FlagSet  // all flags of the command, kubectl's too
	fromEnv  map[string]bool // those that the environment set
	warnings []string
	profiles []podspec.Profile // to be tried in this order
}

func newBuildCommand(p process, config *genericclioptions.ConfigFlags, do action) *cobra.Command {
	o := &buildFlags{config: config}
	cmd := &cobra.Command{
		Use:     "build [flags] PATH | -",
		Short:   "Build an image from a Dockerfile and push it",
		Long:    buildLong,
		Example: buildExample,
		Args:    onePath,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.set = cmd.Flags()
			plan, err := o.Plan(args, p)
			if err != nil {
				return err
			}
			return do(plan, cmd.Context(), p, config)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	o.addBuild(flags)
	o.addResult(flags)
	o.addAuth(flags)
	o.addPod(flags)
	o.addRun(flags)
	addRefusedFlags(flags)
	return cmd
}

func (o *buildFlags) addBuild(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&o.tags, "tag", "t", nil, "`NAME[:TAG]`: Name of the image, and optionally a tag; every one is pushed (repeatable)")
	flags.StringVarP(&o.file, "file", "f", "", "`FILE`: Dockerfile; - is stdin (default PATH/Dockerfile)")
	flags.StringArrayVar(&o.buildArgs, "build-arg", nil, "`KEY=VALUE`: KEY=VALUE, or KEY to take the value from the environment (repeatable)")
	flags.StringVar(&o.target, "target", "", "`STAGE`: Stage of the Dockerfile to build")
	flags.StringArrayVar(&o.labels, "label", nil, "`KEY=VALUE`: KEY=VALUE for the image's configuration (repeatable)")
	flags.StringArrayVar(&o.platforms, "platform", nil, "`PLATFORM`: OS/ARCH[/VARIANT] to build for, on a node of that kind (default the node's own)")
	flags.BoolVar(&o.noCache, "no-cache", false, "Run every step again")
	flags.StringArrayVar(&o.cacheFrom, "cache-from", nil, "`REF`: Reference to import a cache from, or type=registry,ref=REF (repeatable)")
	flags.StringArrayVar(&o.cacheTo, "cache-to", nil, "`REF`: Reference to export the cache to, type=registry,ref=REF[,mode=max], or type=inline")
}

func (o *buildFlags) addResult(flags *pflag.FlagSet) {
	flags.BoolVar(&o.push, "push", true, "Push every tag; with --output only if given")
	flags.StringArrayVarP(&o.outputs, "output", "o", nil, "`SPEC`: Bring the result here: type=tar|oci|docker|local,dest=PATH, or DIR, or - for stdout")
	flags.StringVar(&o.progress, "progress", string(ProgressAuto), "`MODE`: auto, plain, steps for one line a step, or quiet")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "Show nothing but errors and the digest")
	flags.BoolVar(&o.strictOwnership, "strict-ownership", false, "With profile restricted: fail if a file's owner can't be kept")
	flags.StringVar(&o.iidFile, "iidfile", "", "`FILE`: File to write the image ID to")
	flags.StringVar(&o.digestFile, "digest-file", "", "`FILE`: File to write the image's digest to")
	flags.StringVar(&o.metadataFile, "metadata-file", "", "`FILE`: File to write the result to as JSON, with buildx's keys")
}

func (o *buildFlags) addPod(flags *pflag.FlagSet) {
	flags.StringVar(&o.image, "image", defaultImage(), "`REFERENCE`: Builder image")
	flags.StringVar(&o.name, "name", "", "`NAME`: Name of the builder pod (default a random one)")
	flags.StringVar(&o.profile, "profile", profileAuto, "`PROFILE`: How far the pod is locked down: auto for the first that works of "+profileNames(inOrder(podspec.Profiles())))
	flags.StringVar(&o.minProfile, "min-profile", string(podspec.Unconfined), "`PROFILE`: Least isolated profile that may be used; the variable's counts too, and the stricter one wins")
	flags.StringVar(&o.seccompProfile, "seccomp-profile", podspec.DefaultSeccompProfile, "`PATH`: Path below the kubelet's seccomp directory, for --profile userns, restricted and localhost")
	flags.StringVar(&o.appArmorProfile, "apparmor-profile", "", "`NAME`: AppArmor profile loaded on the nodes, for --profile userns, restricted and localhost")
	flags.StringVar(&o.serviceAccount, "service-account", "", "`NAME`: Service account of the pod; its token is not mounted")
	flags.StringSliceVar(&o.nodeSelector, "node-selector", nil, "`KEY=VALUE`: KEY=VALUE of a node's label (comma-separated or repeatable)")
	flags.StringArrayVar(&o.tolerations, "toleration", nil, "`TAINT`: KEY[=VALUE][:EFFECT] of a taint (repeatable)")
	flags.StringSliceVar(&o.requests, "request", nil, "`QUANTITIES`: cpu=, memory= or ephemeral-storage=QUANTITY (comma-separated or repeatable; default cpu=200m,memory=256Mi,ephemeral-storage=1Gi)")
	flags.StringSliceVar(&o.limits, "limit", nil, "`QUANTITIES`: cpu=, memory= or ephemeral-storage=QUANTITY (comma-separated or repeatable)")
	flags.StringArrayVar(&o.imagePullSecrets, "image-pull-secret", nil, "`NAME`: Secret to pull the builder image with (repeatable)")
	flags.StringArrayVar(&o.podLabels, "pod-label", nil, "`KEY=VALUE`: KEY=VALUE for the pod (repeatable)")
	flags.StringArrayVar(&o.podAnnotations, "pod-annotation", nil, "`KEY=VALUE`: KEY=VALUE for the pod (repeatable)")
	flags.StringVar(&o.podTemplate, "pod-template", "", "`FILE`: File with a Pod or PodTemplate to merge over the builder pod; security settings stay")
	flags.StringVar(&o.cacheVolume, "cache-volume", "", "`NAME`: PersistentVolumeClaim for the engine's state; one build at a time")
	flags.BoolVar(&o.cacheVolumeWait, "cache-volume-wait", true, "Wait while another build holds the cache volume; false fails instead")
}

func (o *buildFlags) addRun(flags *pflag.FlagSet) {
	flags.DurationVar(&o.timeout, "timeout", time.Hour, "`DURATION`: Limit for everything")
	flags.DurationVar(&o.podTimeout, "pod-timeout", 5*time.Minute, "`DURATION`: Limit for the pod to start")
	flags.DurationVar(&o.detachGrace, "detach-grace", time.Minute, "`DURATION`: How long the pod waits for a client that went away")
	flags.BoolVar(&o.detach, "detach", false, "Return once the pod has the build context, with the build's name on stdout; see kubectl img attach")
	flags.BoolVar(&o.keep, "keep", false, "Do not delete the pod")
	flags.StringVar(&o.dryRun, "dry-run", "", "`FORMAT`: Print the pod as yaml or json and do nothing")
	flags.Lookup("dry-run").NoOptDefVal = dryRunYAML
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "Say what is done, on stderr")
}

// source names a flag as the user gave it, for errors.
func (o *buildFlags) source(flag string) string {
	if o.fromEnv[flag] {
		return variable(flag)
	}
	return "--" + flag
}

func (o *buildFlags) invalid(flag, value string, cause error) error {
	return invalidValue(o.source(flag), value, cause)
}

// given tells whether the user set the flag, on the command line or in the environment.
func (o *buildFlags) given(flag string) bool { return o.set.Changed(flag) }

// typed tells whether the flag is on the command line.
func (o *buildFlags) typed(flag string) bool { return o.given(flag) && !o.fromEnv[flag] }
