package plugin

import (
	"errors"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Plan reads, defaults and checks everything the user gave; the first problem is the error, and nothing has been created.
func (o *buildFlags) Plan(args []string, p process) (*Plan, error) {
	var err error
	if o.fromEnv, o.warnings, err = applyEnvironment(o.set, p.env); err != nil {
		return nil, err
	}
	plan := &Plan{StrictOwnership: o.strictOwnership, Keep: o.keep, Detach: o.detach, CacheWait: o.cacheVolumeWait, Verbose: o.verbose, IIDFile: o.iidFile, DigestFile: o.digestFile, MetadataFile: o.metadataFile}
	for _, read := range []func(*Plan, process) error{
		o.readMode, o.readTimeouts, o.readResult, o.readBuild, o.readFiles, o.checkDetach, o.readAuth, o.readPod,
	} {
		if err := read(plan, p); err != nil {
			return nil, err
		}
	}
	if plan.Source, err = o.openContext(args[0], p); err != nil {
		return nil, err
	}
	plan.Warnings = o.warnings
	return plan, nil
}

// readPod makes the pod.
func (o *buildFlags) readPod(plan *Plan, p process) error {
	options, err := o.podOptions(p)
	if err != nil {
		return err
	}
	options.Volumes = append(options.Volumes, secretVolumes(plan.Auth.Secrets())...)
	if plan.Build.Platform, err = o.readPlatform(options.NodeSelector); err != nil {
		return err
	}
	options.By, options.Detached = p.by(), plan.Detach
	if plan.Build.Push {
		options.Tags, options.Repository = plan.Build.Tags, plan.Tags[0].Repository
	}
	// The pod outlives the client's own limit, so that a time-out is reported by the side that can name the phase.
	options.Deadline = plan.Timeout + plan.DetachGrace
	options.Expiry = plan.PodTimeout + options.Deadline
	var rungs []Rung
	for _, profile := range o.profiles {
		for _, options.HostUsers = range withHostUsers(profile) {
			options.Profile = profile
			options.Env = podEnv(options, o.detachGrace, o.cacheEnv())
			pod, err := podspec.Pod(options)
			if err != nil {
				return &usageError{message: err.Error(), cause: err}
			}
			rungs = append(rungs, Rung{profile, pod})
		}
	}
	plan.Profile, plan.Pod, plan.Below = rungs[0].Profile, rungs[0].Pod, rungs[1:]
	plan.Requests = options.Requests
	if dir, err := p.cacheDir(); err == nil {
		plan.CacheDir = dir
	}
	return nil
}

// withHostUsers says in which forms a profile is tried: restricted takes a user namespace where the cluster has one, and does without.
func withHostUsers(profile podspec.Profile) []bool {
	if profile.UserNamespaceOptional() {
		return []bool{false, true}
	}
	return []bool{false}
}

func (o *buildFlags) podOptions(p process) (podspec.Options, error) {
	options := podspec.Options{
		Image:            o.image,
		Command:          podCommand(),
		SeccompProfile:   o.seccompProfile,
		AppArmorProfile:  o.appArmorProfile,
		Volumes:          podVolumes(o.cacheVolume),
		ServiceAccount:   o.serviceAccount,
		ImagePullSecrets: o.imagePullSecrets,
	}
	for _, read := range []func(*podspec.Options, process) error{
		o.readName, o.readProfiles, o.checkAppArmor, o.checkObjectNames, o.readNodes, o.readResources, o.readPodMetadata, o.readTemplate,
	} {
		if err := read(&options, p); err != nil {
			return podspec.Options{}, err
		}
	}
	return options, nil
}

func (o *buildFlags) readName(options *podspec.Options, p process) error {
	options.Name = o.name
	if o.name == "" {
		options.Name = p.podName()
	} else if msgs := validation.IsDNS1123Label(o.name); len(msgs) > 0 {
		return o.invalid("name", o.name, errors.New(msgs[0]))
	}
	namespace, _, err := o.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	if msgs := validation.IsDNS1123Label(namespace); len(msgs) > 0 {
		return o.invalid("namespace", namespace, errors.New(msgs[0]))
	}
	options.Namespace = namespace
	return nil
}

func (o *buildFlags) cacheEnv() map[string]string {
	if o.cacheVolume == "" {
		return nil
	}
	return session.CacheEnvironment(o.cacheVolumeWait)
}

// checkDetach refuses what only a client that waits can do.
func (o *buildFlags) checkDetach(*Plan, process) error {
	if !o.detach {
		return nil
	}
	for _, flag := range []string{"output", "iidfile", "digest-file", "metadata-file"} {
		if o.given(flag) {
			return usagef("%s and %s contradict each other: nobody waits for the result", o.source("detach"), o.source(flag)).
				withHint("kubectl img attach NAME waits for it, and takes --metadata-file")
		}
	}
	return nil
}

func (o *buildFlags) readTemplate(options *podspec.Options, _ process) error {
	if o.podTemplate == "" {
		return nil
	}
	data, err := os.ReadFile(o.podTemplate)
	if err != nil {
		return usagef("%s: %w", o.source("pod-template"), err)
	}
	options.Template = data
	return nil
}
