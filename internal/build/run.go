package build

import (
	"context"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/internal/cluster"
	"github.com/kubectl-img/kubectl-img/internal/explain"
)

// Run carries the plan out. Whatever happens, it deletes the pod. Its error is explained.
func Run(ctx context.Context, p *Plan, proc cli.Process, c *cluster.Connection) error {
	return newRun(p, proc, c).start(ctx)
}

func (r *run) start(ctx context.Context) error {
	defer r.screen.Flush()
	ctx, cancel := context.WithTimeoutCause(ctx, r.Timeout, explain.ErrTimedOut)
	defer cancel()
	if err := r.checkSecrets(ctx); err != nil {
		return r.explain(err)
	}
	return r.explain(r.withLogin(ctx))
}

// withLogin builds while the registry logins are chosen in the background. A login that fails ends the run.
func (r *run) withLogin(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	r.startLogin(ctx, cancel)
	defer r.login.end()
	defer cancel(nil)
	err := r.tryProfiles(ctx)
	if cause := loginCause(ctx); err != nil && cause != nil {
		err = cause
	}
	return err
}
