package buildflags

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/complete"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// podFlags describe the builder pod.
type podFlags struct {
	*input

	image            string
	name             string
	serviceAccount   string
	requests         []string
	limits           []string
	imagePullSecrets []string
	podLabels        []string
	podAnnotations   []string
	podTemplate      string
	cacheVolume      string
	cacheVolumeWait  bool
}

func (f *podFlags) add(flags *pflag.FlagSet, defaultImage string) {
	flags.StringVar(&f.image, "image", defaultImage, "`REFERENCE` of the builder image")
	flags.StringVar(&f.name, "name", "", "`NAME` of the builder pod (default a random one)")
	flags.StringVar(&f.serviceAccount, "service-account", "", "Service account `NAME` of the pod; its token is not mounted")
	flags.StringSliceVar(&f.requests, "request", nil, "Resource requests: `QUANTITIES` is cpu=, memory= or ephemeral-storage=QUANTITY (comma-separated or repeatable; default cpu=200m,memory=256Mi,ephemeral-storage=1Gi)")
	flags.StringSliceVar(&f.limits, "limit", nil, "Resource limits: `QUANTITIES` is cpu=, memory= or ephemeral-storage=QUANTITY (comma-separated or repeatable)")
	flags.StringArrayVar(&f.imagePullSecrets, "image-pull-secret", nil, "Secret `NAME` to pull the builder image with (repeatable)")
	flags.StringArrayVar(&f.podLabels, "pod-label", nil, "Label `KEY=VALUE` of the pod (repeatable)")
	flags.StringArrayVar(&f.podAnnotations, "pod-annotation", nil, "Annotation `KEY=VALUE` of the pod (repeatable)")
	flags.StringVar(&f.podTemplate, "pod-template", "", "`FILE` with a Pod or PodTemplate to merge over the builder pod; security settings stay")
	flags.StringVar(&f.cacheVolume, "cache-volume", "", "PersistentVolumeClaim `NAME` for the engine's state; one build at a time")
	flags.BoolVar(&f.cacheVolumeWait, "cache-volume-wait", true, "Wait while another build holds the cache volume; false fails instead")
}

func completePod(cluster complete.Cluster) complete.Table {
	quantities := complete.CommaSeparated(complete.Prefixes("cpu=", "memory=", "ephemeral-storage="))
	return complete.Table{
		"image": complete.Nothing, "name": complete.Nothing, "service-account": cluster.Objects("serviceaccounts", ""),
		"request": quantities, "limit": quantities, "image-pull-secret": cluster.RegistrySecrets(), "pod-label": complete.Nothing,
		"pod-annotation": complete.Nothing, "pod-template": complete.Files, "cache-volume": cluster.Objects("persistentvolumeclaims", ""),
	}
}

// unsupportedPod lists docker's flags about the container in which it builds.
func unsupportedPod() []unsupportedFlag {
	const ofKubernetes = "is a share of one machine; a pod's share is set in Kubernetes' terms"
	return []unsupportedFlag{
		{"cgroup-parent", "", "can't be chosen in a pod: its cgroup belongs to the kubelet", "--limit cpu=2,memory=2Gi"},
		{"cpu-period", "", ofKubernetes, "--limit cpu=2"},
		{"cpu-quota", "", ofKubernetes, "--limit cpu=2"},
		{"cpu-shares", "c", ofKubernetes, "--request cpu=500m"},
		{"cpuset-cpus", "", ofKubernetes, "--limit cpu=2"},
		{"cpuset-mems", "", ofKubernetes, "--node-selector KEY=VALUE"},
		{"memory", "m", ofKubernetes, "--limit memory=2Gi"},
		{"memory-swap", "", ofKubernetes, "--limit memory=2Gi"},
		{"resource", "", ofKubernetes, "--limit cpu=2,memory=2Gi"},
		{"security-opt", "", "is an option of a docker daemon; the pod's profile decides", "--profile userns"},
	}
}

func (f *podFlags) readName(options *podspec.Options) error {
	options.Name = f.name
	if f.name == "" {
		options.Name = f.proc.PodName()
	} else if msgs := validation.IsDNS1123Label(f.name); len(msgs) > 0 {
		return f.invalid("name", f.name, errors.New(msgs[0]))
	}
	namespace, _, err := f.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	if msgs := validation.IsDNS1123Label(namespace); len(msgs) > 0 {
		return f.invalid("namespace", namespace, errors.New(msgs[0]))
	}
	options.Namespace = namespace
	return nil
}

// readObjects reads the names of objects in the cluster, and the builder image.
func (f *podFlags) readObjects(options *podspec.Options) error {
	names := []struct{ flag, value string }{{"service-account", f.serviceAccount}, {"cache-volume", f.cacheVolume}}
	for _, secret := range f.imagePullSecrets {
		if secret == "" {
			return f.invalid("image-pull-secret", secret, errors.New("the name is empty"))
		}
		names = append(names, struct{ flag, value string }{"image-pull-secret", secret})
	}
	for _, n := range names {
		if n.value == "" {
			continue
		}
		if msgs := validation.IsDNS1123Subdomain(n.value); len(msgs) > 0 {
			return f.invalid(n.flag, n.value, errors.New(msgs[0]))
		}
	}
	if _, err := build.ParseReference(f.image); err != nil {
		return f.invalid("image", f.image, err)
	}
	options.Image, options.ServiceAccount, options.ImagePullSecrets = f.image, f.serviceAccount, f.imagePullSecrets
	return nil
}

func (f *podFlags) readTemplate(options *podspec.Options) error {
	if f.podTemplate == "" {
		return nil
	}
	data, err := os.ReadFile(f.podTemplate)
	if err != nil {
		return cli.Usagef("%s: %w", f.source("pod-template"), err)
	}
	options.Template = data
	return nil
}

// cacheEnvironment returns what the supervisor reads about the cache volume.
func (f *podFlags) cacheEnvironment() map[string]string {
	if f.cacheVolume == "" {
		return nil
	}
	return session.CacheEnvironment(f.cacheVolumeWait)
}
