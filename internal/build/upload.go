package build

import (
	"archive/tar"
	"context"

	"github.com/kubectl-img/kubectl-img/internal/progress"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// upload sends the context and the job. It returns when the pod has verified both.
func (r *run) upload(ctx context.Context, s *session.Session) error {
	r.phase.set(phaseLogin)
	if err := r.awaitLogin(ctx); err != nil {
		return err
	}
	if r.Build.ManyPlatforms() {
		r.Log.Infof("building for %s in one pod: no step runs programs of the image's platform", r.Build.Platform)
	}
	r.phase.set(phaseUpload)
	transfer := progress.NewTransfer(r.Progress, r.screen, r.terminal, r.Log)
	var sent []sentContext
	err := s.Upload(ctx, session.Payload{Once: r.Source.Once(), AfterCheck: r.current.unproven || len(r.engine().Needs(r.Build)) > 0, Write: func(w *tar.Writer) (err error) {
		if sent, err = r.writeContexts(ctx, w); err != nil {
			return err
		}
		// The logins need the Dockerfile, which may have come out of an archive only now.
		if err := r.completeLogins(ctx); err != nil {
			return err
		}
		return session.WriteJob(w, r.Source.Dockerfile(), r.finish(sent), r.sessionLogin(), r.Secrets, r.engine().Steps(r.Build))
	}}, transfer.Sent)
	transfer.End(err)
	if err == nil {
		r.warnOfLosses(sent)
	}
	return err
}

func (r *run) writeContexts(ctx context.Context, w *tar.Writer) ([]sentContext, error) {
	var sent []sentContext
	for _, c := range r.contexts() {
		sum, err := c.Source.WriteTar(ctx, w, session.Entry(c.Path))
		if err != nil {
			return nil, err
		}
		sent = append(sent, sentContext{c, sum})
	}
	return sent, nil
}

// finish returns the script that the pod runs over the contexts before the build.
func (r *run) finish(sent []sentContext) string {
	script := ""
	for _, c := range sent {
		script += string(c.ModeScript())
	}
	if r.Build.Remote == "" && r.Source.Dockerfile() == nil { // it is a link in an archive, which only the pod can follow
		script += session.CopyDockerfile(r.Source.DockerfilePath())
	}
	if r.StrictOwnership {
		script += session.StrictOwnership
	}
	return script
}
