package plugin

import (
	"archive/tar"
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/panics"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// build is one run of a plan.
type build struct {
	*Plan
	*connection
	output  *buildLog
	phase   phase
	login   *login
	rung    rung // what is being tried
	created bool // a pod may be stored
	left    bool // the build goes on by itself
}

// run carries the plan out: start, send, follow, result. Whatever happens, the pod is deleted.
func (p *Plan) run(ctx context.Context, proc process, config genericclioptions.RESTClientGetter) error {
	c, err := proc.connect(config, newLogger(p, proc.streams.ErrOut))
	if err != nil {
		return err
	}
	return p.build(ctx, c)
}

func (p *Plan) build(ctx context.Context, c *connection) error {
	b := &build{Plan: p, connection: c, output: newBuildLog(p, c.streams.ErrOut)}
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, errTimedOut)
	defer cancel()
	if err := b.checkSecrets(ctx); err != nil {
		return b.explain(err)
	}
	if err := b.loggedIn(ctx); err != nil {
		return b.explain(err)
	}
	return nil
}

// loggedIn decides on the registry logins while the pod starts; a login that is refused ends the run.
func (b *build) loggedIn(ctx context.Context) error {
	ctx, refuse := context.WithCancelCause(ctx)
	b.login = b.startLogin(ctx, refuse)
	defer b.login.end()
	defer refuse(nil)
	err := b.descend(ctx)
	if refused := refusedLogin(ctx); err != nil && refused != nil {
		err = refused
	}
	return err
}

// inPod is the life of the pod, from create to delete.
func (b *build) inPod(ctx context.Context) (err error) {
	b.phase.set("create the builder pod")
	command := builder.DeleteCommand(b.rung.Pod)
	b.standing.add(command)
	defer b.standing.remove(command)
	pod, err := builder.Create(ctx, b.api, b.owned(ctx), podspec.Container)
	if pod != nil {
		b.created = true
		defer func() { b.remove(ctx, pod, err) }()
	}
	if err != nil {
		return err
	}
	b.log.Infof("created builder pod %s (profile %s)", pod, b.rung.Profile)
	sweeping, stop := context.WithCancel(ctx)
	var sweep sync.WaitGroup
	defer sweep.Wait()
	defer stop()
	sweep.Go(func() { _ = panics.Do(func() error { return b.sweep(sweeping, pod.Created().Time) }) })
	b.phase.set(phaseStart)
	if err := b.await(ctx, pod); err != nil {
		return err
	}
	return b.converse(ctx, pod, func(ctx context.Context, s *session.Session) error { return b.upload(ctx, s) })
}

// owned is the pod that is created: where this process runs in a pod, Kubernetes deletes the builder with it.
func (b *build) owned(ctx context.Context) *corev1.Pod {
	pod := b.rung.Pod
	if b.inCluster() && !b.Detach {
		pod = pod.DeepCopy()
		pod.OwnerReferences = builder.Owner(ctx, b.api, pod.Namespace, b.host())
	}
	return pod
}

// await waits for the container, for no longer than --pod-timeout, and meanwhile looks at what will be sent.
func (b *build) await(ctx context.Context, pod *builder.Pod) error {
	ctx, cancel := context.WithTimeoutCause(ctx, b.PodTimeout, errTimedOut)
	defer cancel()
	ctx, broken := context.WithCancelCause(ctx)
	defer broken(nil)
	var scan sync.WaitGroup
	defer scan.Wait()
	scan.Go(func() {
		if err := panics.Do(func() error { b.warnOfSize(ctx); return nil }); err != nil {
			broken(err)
		}
	})
	start := time.Now()
	err := pod.Await(ctx, b.pending)
	if err == nil {
		b.log.Debugf("builder pod ran after %s", time.Since(start).Round(time.Millisecond))
	}
	return err
}

// converse sends the context, if there is one to send, follows the build and takes delivery of what it made. Of those who
// may end it, the pod's own end, the upload and the job's result, the job's result counts most.
func (b *build) converse(ctx context.Context, pod *builder.Pod, upload func(context.Context, *session.Session) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer b.output.Close()
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	s := b.session()
	beside := func(do func() error) <-chan error {
		done := make(chan error, 1)
		all.Go(func() { done <- panics.Do(do) })
		return done
	}
	followed := beside(func() error { s.Follow(ctx, b.output); return nil })
	ended := make(chan ending, 1)
	watched := beside(func() error {
		end, err := pod.Ended(ctx)
		ended <- ending{end, err}
		return nil
	})
	var uploaded <-chan error
	if upload != nil {
		uploaded = beside(func() error { return upload(ctx, s) })
	}
	for {
		select {
		case err := <-uploaded:
			if err != nil {
				return b.firstCause(ctx, err, ended)
			}
			uploaded = nil
			if b.Detach {
				return b.leave(ctx, s)
			}
		case err := <-followed:
			if err != nil {
				return err
			}
			followed = nil
		case err := <-watched:
			if err != nil {
				return err
			}
			watched = nil
		case outcome := <-s.Result():
			err := b.conclude(ctx, s, outcome, ended)
			if b.Keep {
				s.Release()
				_, _ = first(ended, patience)
			}
			return err
		case end := <-ended:
			return b.verdict(ctx, end, s.Result())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (b *build) session() *session.Session {
	return session.New(b.runner(b.rung.Pod.Namespace, b.rung.Pod.Name), b.DetachGrace, session.Handlers{
		Ready: b.cleared, Phase: b.phase.engine, Identity: b.identified, LostOwners: b.lost, CacheHeld: b.held, UploadBroken: b.broken, Disconnected: b.disconnected,
	})
}

// upload sends the context and the job, and returns when the pod has verified both.
func (b *build) upload(ctx context.Context, s *session.Session) error {
	b.phase.set(phaseLogin)
	if err := b.awaitLogin(ctx); err != nil {
		return err
	}
	b.phase.set("send the build context")
	progress := newTransfer(b.Plan, b.streams.ErrOut, b.log)
	var sent buildcontext.Summary
	err := s.Upload(ctx, session.Payload{Once: b.Source.Once(), AfterCheck: b.rung.trial, Write: func(w *tar.Writer) (err error) {
		if sent, err = b.Source.WriteTar(ctx, w, session.Entry(b.Build.Context)); err != nil {
			return err
		}
		finish := string(sent.ModeScript())
		if b.Source.Dockerfile() == nil { // a link in an archive, known only to the pod
			finish += session.CopyDockerfile(b.Source.DockerfilePath())
		}
		if b.StrictOwnership {
			finish += session.StrictOwnership
		}
		if err := b.complete(ctx); err != nil {
			return err
		}
		return session.WriteJob(w, b.Source.Dockerfile(), finish, b.sessionLogin(), engineOf(b.rung.Profile).Steps(b.Build))
	}}, progress.add)
	progress.end(err)
	if err == nil {
		b.warnOfLosses(sent)
	}
	return err
}

// remove deletes the pod, unless the user asked to keep it, and says how to where that fails.
func (b *build) remove(ctx context.Context, pod *builder.Pod, result error) {
	if b.left {
		return
	}
	if b.Keep && !b.refusedRung(result) {
		b.log.Infof("kept builder pod %s; delete it with: %s", pod, pod.DeleteCommand())
		return
	}
	if err := pod.Delete(ctx); err != nil {
		b.log.Warnf("%v; delete it with: %s", err, pod.DeleteCommand())
		return
	}
	b.log.Debugf("deleted builder pod %s (%v)", pod, result)
}

func (b *build) held(by string) {
	b.phase.set("wait for the cache volume")
	if b.CacheWait {
		b.log.Infof("waiting for the cache volume, which %s holds", by)
	}
}

func (b *build) pending(reason string) { b.log.Infof("waiting for the builder pod: %s", reason) }

// broken lets an upload be sent again, unless the right to send it is missing.
func (b *build) broken(ctx context.Context, err error) error {
	if denied := b.mayExec(ctx); denied != nil {
		return denied
	}
	b.log.Warnf("%v; sending it again", err)
	return nil
}
