package build

import (
	"context"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/explain"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// session returns the session with the pod, whose events the run handles.
func (r *run) session() *session.Session {
	pod := r.current.Pod
	return session.New(r.Runner(pod.Namespace, pod.Name), r.DetachGrace, session.Handlers{
		Ready: r.onReady, Engine: r.onEngine, Phase: r.phase.setJob, Identity: r.login.setIdentity, LostOwners: r.onLostOwners, CacheHeld: r.onCacheHeld,
		UploadBroken: r.onUploadBroken, Disconnected: r.Disconnected,
	})
}

// onEngine compares what the engine can do with what the build asks for.
func (r *run) onEngine(answer string) error {
	identity := r.engine().Identify(answer)
	r.identity.Store(&identity)
	if need := identity.Lacks(r.engine().Needs(r.Build)); need != nil {
		return &cli.UnsupportedFlagError{
			Source: need.Asked, Reason: "is more than the engine in the builder image can do, which is " + identity.Name, Instead: "use a current builder image",
		}
	}
	if identity.Flaws != "" {
		r.Log.Warn(identity.Flaws)
	}
	r.Log.Debugf("the engine is %s", identity.Name)
	return nil
}

// onReady is called when the pod reports that it is as isolated as was asked for.
func (r *run) onReady() {
	if len(r.Fallbacks) == 0 {
		return
	}
	if r.current.unproven {
		if err := r.current.cache.put(r.current.form()); err != nil {
			r.Log.Debugf("the profile is not remembered: %v", err)
		}
	}
	switch p := r.current.Profile; {
	case p.SeparatesSteps() && r.current.withoutUserNamespace():
		r.Log.Warnf("profile %s without a user namespace of the pod's own isolates less: root in a build step is root of the node; --min-profile %s refuses it", p, p)
	case !p.FiltersCalls():
		r.Log.Warnf("profile %s isolates less than the others: nothing filters the pod's system calls; --min-profile localhost refuses it", p)
	}
}

// onLostOwners warns of the owners that the engine could not keep. With --strict-ownership they are the build's error.
func (r *run) onLostOwners(report string) {
	if !r.StrictOwnership {
		r.Log.Warn(explain.LostOwners(report))
	}
}

func (r *run) onCacheHeld(by string) {
	r.phase.set(phaseCache)
	if r.CacheWait {
		r.Log.Infof("waiting for the cache volume, which %s holds", by)
	}
}

// onUploadBroken lets an upload be sent again, unless the user has no right to send it.
func (r *run) onUploadBroken(ctx context.Context, err error) error {
	if denied := r.checkExec(ctx); denied != nil {
		return denied
	}
	r.Log.Warnf("%v; sending it again", err)
	return nil
}

// onNode says why the log stands still.
func (r *run) onNode(node string, lost bool) {
	if !lost {
		r.Log.Infof("node %s is back", node)
		return
	}
	r.Log.Warnf("Kubernetes has lost node %s, on which the builder pod runs; waiting up to %s (--detach-grace) for it", node, r.DetachGrace)
}

func (r *run) onPending(reason string) { r.Log.Infof("waiting for the builder pod: %s", reason) }
