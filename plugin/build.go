package plugin

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"path"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
	"github.com/kubectl-img/kubectl-img/internal/builder"
	"github.com/kubectl-img/kubectl-img/internal/session"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// patience is how long the other side of the story is waited for, when a stream and the pod's status end together.
const patience = 2 * time.Second

// build is one run of a plan.
type build struct {
	*Plan
	streams genericiooptions.IOStreams
	config  *rest.Config
	client  kubernetes.Interface
	log     *logrus.Logger
	output  *buildLog
	phase   phase
	login   *login
	rung    rung // what is being tried
	created bool // a pod may be stored
}

// run carries the plan out: start, send, follow, result. Whatever happens, the pod is deleted.
func (p *Plan) run(ctx context.Context, config genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) error {
	b := &build{Plan: p, streams: streams, log: newLogger(p, streams.ErrOut), output: newBuildLog(p, streams.ErrOut)}
	var err error
	if b.config, err = config.ToRESTConfig(); err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	if b.client, err = kubernetes.NewForConfig(b.config); err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
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
	err := b.descend(ctx)
	if refused := refusedLogin(ctx); err != nil && refused != nil {
		err = refused
	}
	refuse(nil)
	b.login.end()
	return err
}

// inPod is the life of the pod, from create to delete.
func (b *build) inPod(ctx context.Context) (err error) {
	b.phase.set("create the builder pod")
	pod, err := builder.Create(ctx, b.client, b.rung.Pod, podspec.Container)
	if pod != nil {
		b.created = true
		defer func() { b.remove(ctx, pod, err) }()
	}
	if err != nil {
		return err
	}
	b.log.Infof("created builder pod %s (profile %s)", pod, b.rung.Profile)
	b.phase.set(phaseStart)
	if err := b.await(ctx, pod); err != nil {
		return err
	}
	return b.converse(ctx, pod)
}

// await waits for the container, for no longer than --pod-timeout, and meanwhile looks at what will be sent.
func (b *build) await(ctx context.Context, pod *builder.Pod) error {
	ctx, cancel := context.WithTimeoutCause(ctx, b.PodTimeout, errTimedOut)
	defer cancel()
	var scan sync.WaitGroup
	defer scan.Wait()
	scan.Go(func() { b.warnOfSize(ctx) })
	start := time.Now()
	err := pod.Await(ctx, func(reason string) { b.log.Infof("waiting for the builder pod: %s", reason) })
	if err == nil {
		b.log.Debugf("builder pod ran after %s", time.Since(start).Round(time.Millisecond))
	}
	return err
}

// converse sends the context, follows the build and takes delivery of what it made. Of those who may end it, the pod's
// own end, the upload and the job's result, the job's result counts most.
func (b *build) converse(ctx context.Context, pod *builder.Pod) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	s := session.New(exec.Container{
		Config: b.config, Client: b.client, Namespace: b.Pod.Namespace, Pod: b.rung.Pod.Name, Name: podspec.Container,
	}, b.DetachGrace, session.Notes{Ready: b.cleared, Phase: b.phase.engine, Identity: b.identified, Broken: b.broken, Disconnected: b.disconnected})
	all.Go(func() { s.Follow(ctx, b.output) })
	ended, uploaded := make(chan error, 1), make(chan error, 1)
	all.Go(func() { ended <- b.ended(ctx, pod, s) })
	all.Go(func() { uploaded <- b.upload(ctx, s) })
	for {
		select {
		case err := <-uploaded:
			if err != nil {
				return b.firstCause(ctx, err, ended)
			}
			uploaded = nil
		case outcome := <-s.Result():
			err := outcome.Err
			if err == nil {
				err = b.deliver(ctx, s, outcome.Result)
			}
			if b.Keep {
				s.Release()
				_ = first(ended, patience)
			}
			return err
		case err := <-ended:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// ended waits for the pod's end and says what it means, unless the log's own end says it better.
func (b *build) ended(ctx context.Context, pod *builder.Pod, s *session.Session) error {
	end, err := pod.Ended(ctx)
	if err != nil {
		return err
	}
	if result, err := session.ParseResult(end.Message); err == nil && end.Code == 0 {
		// The build is done but its log was cut off; nothing can be fetched from a pod that has ended.
		select {
		case outcome := <-s.Result():
			result, err = outcome.Result, outcome.Err
		case <-time.After(patience):
		}
		if err == nil && b.Output == nil {
			err = b.publish(ctx, result)
		}
		return err
	} else if failed := (*session.JobError)(nil); errors.As(err, &failed) {
		return failed
	}
	return end
}

// firstCause prefers what broke a stream, a missing right or the pod's end, over the stream's own error.
func (b *build) firstCause(ctx context.Context, err error, ended <-chan error) error {
	if broken := (*session.UploadError)(nil); !errors.As(err, &broken) {
		return err
	}
	if denied := b.mayExec(ctx); denied != nil {
		return denied
	}
	if end := first(ended, patience); end != nil {
		return end
	}
	return err
}

// first is what comes out of c within limit, or nil.
func first(c <-chan error, limit time.Duration) error {
	select {
	case err := <-c:
		return err
	case <-time.After(limit):
		return nil
	}
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
	err := s.Upload(ctx, session.Payload{Once: b.Source.Once(), Held: b.rung.trial, Write: func(w *tar.Writer) (err error) {
		if sent, err = b.Source.WriteTar(ctx, w, session.Entry(b.Build.Context)); err != nil {
			return err
		}
		finish := string(sent.ModeScript())
		if b.Source.Dockerfile() == nil { // a link in an archive, known only to the pod
			finish += session.Copy(path.Join(b.Build.Context, b.Source.DockerfilePath()), b.Build.Dockerfile)
		}
		if err := b.complete(ctx); err != nil {
			return err
		}
		return session.WriteJob(w, b.Source.Dockerfile(), finish, b.sessionLogin(), img.Steps(b.Build))
	}}, progress.add)
	progress.end(err)
	if err == nil {
		b.warnOfLosses(sent)
	}
	return err
}

// remove deletes the pod, unless the user asked to keep it, and says how to where that fails.
func (b *build) remove(ctx context.Context, pod *builder.Pod, result error) {
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

func (b *build) broken(err error) { b.log.Warnf("%v; sending it again", err) }

func (b *build) disconnected(err error) {
	b.log.Warnf("lost the connection to the builder pod, resuming: %v", err)
}
