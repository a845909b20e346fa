package buildflags

import (
	"github.com/spf13/pflag"

	"github.com/kubectl-img/kubectl-img/internal/build"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// Plan reads, defaults and checks everything that the user gave. Set has all flags of the command. The first problem is the error. Nothing has been created.
func (f *Flags) Plan(set *pflag.FlagSet, path string) (*build.Plan, error) {
	f.set, f.image.path = set, path
	var err error
	if f.fromEnv, f.warnings, err = f.proc.Env.Apply(set); err != nil {
		return nil, err
	}
	plan := &build.Plan{StrictOwnership: f.profile.strictOwnership, CacheWait: f.pod.cacheVolumeWait}
	for _, read := range []func(*build.Plan) error{f.run.read, f.image.readTags, f.result.read, f.image.read, f.steps.read, f.secrets.read, f.front.read, f.run.checkDetach, f.auth.read, f.readPod} {
		if err := read(plan); err != nil {
			return nil, err
		}
	}
	if plan.Source, err = f.image.openContext(plan); err != nil {
		return nil, err
	}
	if err := f.image.readContexts(plan); err != nil {
		return nil, err
	}
	if err := f.image.checkPlatforms(plan); err != nil {
		return nil, err
	}
	plan.Warnings = f.warnings
	return plan, nil
}

// readPod makes the pod of each profile to try.
func (f *Flags) readPod(plan *build.Plan) error {
	options := podspec.Options{Command: session.Command(registryauth.LoginScripts()...), Volumes: build.PodVolumes(f.pod.cacheVolume)}
	for _, read := range []func(*podspec.Options) error{
		f.pod.readName, f.profile.read, f.profile.checkAppArmor, f.pod.readObjects, f.nodes.read, f.pod.readResources, f.pod.readMetadata, f.pod.readTemplate,
	} {
		if err := read(&options); err != nil {
			return err
		}
	}
	if err := f.profile.withShm(plan.Build.ShmSize); err != nil {
		return err
	}
	options.Volumes = append(options.Volumes, build.LoginVolumes(plan.Auth.Secrets())...)
	var err error
	if plan.Build.Platform, err = readPlatform(f.input, f.image.platforms, options.NodeSelector); err != nil {
		return err
	}
	options.By, options.Detached = f.proc.User(), plan.Detach
	if plan.Build.Push {
		options.Tags, options.Repository = plan.Build.Tags, plan.Tags[0].Repository
	}
	// The pod outlives the client's own time limit, so that the client, which knows the phase, reports the time-out.
	options.Deadline = plan.Timeout + plan.DetachGrace
	options.Expiry = plan.PodTimeout + options.Deadline
	options.Hosts = plan.Build.AddHosts
	candidates, err := f.profile.candidates(options, plan.DetachGrace, f.pod.cacheEnvironment())
	if err != nil {
		return err
	}
	plan.Requests = options.Requests
	plan.Profile, plan.Pod, plan.Fallbacks = candidates[0].Profile, candidates[0].Pod, candidates[1:]
	if dir, err := f.proc.CacheDir(); err == nil {
		plan.CacheDir = dir
	}
	return nil
}
