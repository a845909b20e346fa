package plugin

import (
	"errors"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// Plan reads, defaults and checks everything the user gave; the first problem is the error, and nothing has been created.
func (o *buildFlags) Plan(args []string, p process) (*Plan, error) {
	var err error
	if o.fromEnv, o.warnings, err = applyEnvironment(o.set, p.env); err != nil {
		return nil, err
	}
	plan := &Plan{Keep: o.keep, Verbose: o.verbose, IIDFile: o.iidFile, DigestFile: o.digestFile, MetadataFile: o.metadataFile}
	for _, read := range []func(*Plan, process) error{
		o.readMode, o.readTimeouts, o.readResult, o.readBuild, o.readFiles, o.readAuth, o.readPod,
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
	// The pod outlives the client's own limit, so that a time-out is reported by the side that can name the phase.
	options.Deadline = plan.Timeout + plan.DetachGrace
	plan.Profile = options.Profile
	options.Expiry = plan.PodTimeout + options.Deadline
	plan.Profile = options.Profile
	plan.Pod, err = podspec.Pod(options)
	if err != nil {
		return &usageError{message: err.Error(), cause: err}
	}
	return nil
}

func (o *buildFlags) podOptions(p process) (podspec.Options, error) {
	options := podspec.Options{
		Image:            o.image,
		Command:          podCommand(),
		Env:              podEnv(podspec.Profile(o.profile), o.detachGrace),
		Profile:          podspec.Profile(o.profile),
		SeccompProfile:   o.seccompProfile,
		AppArmorProfile:  o.appArmorProfile,
		Volumes:          podVolumes(o.cacheVolume),
		ServiceAccount:   o.serviceAccount,
		ImagePullSecrets: o.imagePullSecrets,
	}
	for _, read := range []func(*podspec.Options, process) error{
		o.readName, o.checkProfile, o.checkAppArmor, o.checkObjectNames, o.readNodes, o.readResources, o.readPodMetadata, o.readTemplate,
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
